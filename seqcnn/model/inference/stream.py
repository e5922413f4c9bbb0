"""A file of sequences -> batches of records and what models say of them; needs no torch itself."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np

from seqcnn.data.readers.fasta import count_repeated_names
from seqcnn.data.readers.records import Batch
from seqcnn.data.readers.sequences import read_batches
from seqcnn.errors import BundleError, SequenceError, UsageError, place, show
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.network.header import Header
from seqcnn.sequence.window import MAX_LENGTH, Rows

logger = logging.getLogger(__name__)

CHUNK = 4096
"""Records held in memory at a time."""

FIT = "cut it, or add the bases of the construct beside it"
"""What to do with a sequence of another length than those of the training."""


class Predictor(Protocol):
    """A model of a bundle or of an export."""

    header: Header

    def predict_members(self, rows: Rows) -> Predictions:
        """Predict rows that are laid out already, with what the model knows of its own uncertainty."""


def lay_out(header: Header, batch: Batch, path: object = "sequences") -> Rows:
    """Lay records into a model's windows.

    Raises
    ------
    SequenceError
        If a record has a length that the model was never trained on; `path` is its file.
    """
    layout = header.layout
    longer = (batch.size > layout.length) & (not layout.crop)
    for i in np.flatnonzero((batch.size < header.min_length) | longer):
        where = f"{place(path)}, line {batch.line[i]}: record {show(batch.names[i])}"
        found, bounds = f"{where} has {batch.size[i]} bp", header.lengths
        raise SequenceError(f"{found}; the model was trained on sequences of {bounds}; {FIT}")
    return layout.rows_of_slices(batch.bases, batch.start, batch.size)


def predict_stream(
    models: Sequence[Predictor], path: Path, genome: Path | None = None
) -> Iterator[tuple[Batch, list[Predictions]]]:
    """Yield records and what each model says of them, chunk by chunk, in the order of the file.

    Memory does not grow with the file.  Silent changes of the input are logged once at the end.
    """
    refuse_mixed(models)
    longest = min(m.header.layout.length for m in models)
    limit = MAX_LENGTH if any(m.header.layout.crop for m in models) else longest
    changes: Counter[str] = Counter()
    batches = read_batches(path, CHUNK, changes=changes, genome=genome, max_length=limit)
    ahead: deque[tuple[Batch, Future[list[Predictions]]]] = deque()
    with ThreadPoolExecutor(1) as networks:  # these compute while records are read and written
        for batch in count_repeated_names(batches, changes=changes):
            changes[f"sequences cropped to {longest} bp"] += int((batch.size > longest).sum())
            rows = [lay_out(model.header, batch, path) for model in models]
            ahead.append((batch, networks.submit(_estimate, models, rows)))
            if len(ahead) > 1:
                yield _result(ahead)
        while ahead:
            yield _result(ahead)
    for what, count in changes.items():
        if count:
            logger.warning("%s: %d %s", place(path), count, what)


def _estimate(models: Sequence[Predictor], rows: Sequence[Rows]) -> list[Predictions]:
    """Let each model predict its rows."""
    return [model.predict_members(part) for model, part in zip(models, rows, strict=True)]


def _result(ahead: deque[tuple[Batch, Future[list[Predictions]]]]) -> tuple[Batch, list[Predictions]]:
    """Take the first batch, and wait for what the models say of it."""
    batch, found = ahead.popleft()
    return batch, found.result()


def refuse_mixed(models: Sequence[Predictor]) -> None:
    """Raise `BundleError` for an ensemble whose members predict different targets."""
    if not models:
        raise UsageError("no model given; name a bundle with --model")
    first = models[0].header
    for model in models[1:]:
        if (model.header.targets, model.header.units) != (first.targets, first.units):
            found, expected = (show(", ".join(header.targets)) for header in (model.header, first))
            raise BundleError(
                f"models of an ensemble predict different targets or units: {found}; expected {expected}"
            )
