"""A file of sequences -> batches of records and their predictions; needs no torch itself."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from seqcnn.data.features.feature_file import FeatureFile, open_features
from seqcnn.data.readers.fasta import count_repeated_names
from seqcnn.data.readers.fasta_errors import TOO_LONG
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.records import Batch
from seqcnn.data.readers.sequences import log_changes, read_batches
from seqcnn.data.readers.shards.sharded import sharded_batches
from seqcnn.errors import BundleError, SequenceError, UsageError, place, show
from seqcnn.io.shard.part import Part
from seqcnn.io.stream import source_name
from seqcnn.model.inference.original_scale import target_difference
from seqcnn.model.inference.predictions import Predictions, mask_ambiguous, too_ambiguous
from seqcnn.model.network.header import Header, without_sequences
from seqcnn.model.network.imported_from import UNTRAINED
from seqcnn.sequence.window import MAX_LENGTH, Rows

CHUNK = 4096
"""Records held in memory at a time."""

TOO_SHORT = "add the bases of the construct beside it, or remove it from the file"
"""Remedy for a sequence that is shorter than those of the training."""

NOT_PREDICTED = "sequences have no prediction (NA), as more than a tenth of each is ambiguous, such as N"

NOT_FINITE = "sequences have no prediction (NA), as the model computes no finite number for them"


class Predictor(Protocol):
    """A model of a bundle or of an export."""

    header: Header

    def predict_members(self, rows: Rows) -> Predictions:
        """Predict rows with every member of the model, and flag out-of-distribution ones."""


def lay_out(header: Header, batch: Batch, path: Path | None = None) -> Rows:
    """Lay records into a model's windows.

    Raises
    ------
    SequenceError
        If the model was not trained on a record's length; `path` is the file of the records, None if they
        are in memory.
    """
    layout = header.layout
    longer = (batch.size > layout.length) & (not layout.crop)
    for i in np.flatnonzero((batch.size < header.min_length) | longer):
        where = batch.names[i]
        if path is not None:
            # of a shard with an index the line is not known
            place = f", line {batch.line[i]}: record" if batch.line[i] else f": record {batch.number + i}"
            where = f"{source_name(path)}{place} {show(where)}"
        found, bounds = f"{where} has {batch.size[i]} bp", header.lengths
        remedy = TOO_LONG if longer[i] else TOO_SHORT
        takes = "takes" if header.encoder in UNTRAINED else "was trained on"
        raise SequenceError(f"{found}; the model {takes} sequences of {bounds}; {remedy}")
    return layout.rows_of_slices(batch.bases, batch.start, batch.size)


def predict_stream(
    models: Sequence[Predictor], path: Path, form: SequenceFormat | None = None, *, part: Part | None = None
) -> Iterator[tuple[Batch, list[Predictions]]]:
    """Yield records and the predictions of each model, chunk by chunk, in the order of the file.

    Memory does not grow with the file.  Silent changes of the input are logged once at the end; with a `part`
    only the records of its shard are predicted, and the changes are counts of the part, too.
    """
    refuse_mixed(models)
    longest = min(m.header.layout.length for m in models)
    changes: Counter[str] = Counter()  # of the file
    own: Counter[str] = Counter()  # of the records that are predicted
    batches = _batches(models, path, form, changes=changes, part=part)
    ahead: deque[tuple[Batch, Rows, Future[list[Predictions]]]] = deque()
    # networks predict while records are read and written
    with _features(models, form) as features, ThreadPoolExecutor(1) as networks:
        for batch in batches:
            own[f"sequences cropped to {longest} bp"] += int((batch.size > longest).sum())
            rows = [lay_out(model.header, batch, path) for model in models]
            if features:
                of_batch = features.of(batch.names)
                rows = [replace(part, features=of_batch) for part in rows]
            ahead.append((batch, rows[0], networks.submit(_estimate, models, rows)))
            if len(ahead) > 1:
                yield _result(ahead, own)
        while ahead:
            yield _result(ahead, own)
    log_part_changes(path, changes, own, part=part)


def log_part_changes(path: Path, changes: Counter[str], own: Counter[str], *, part: Part | None) -> None:
    """Log changes of the sequences of a file, and those of the sequences of a part, which records both."""
    log_changes(path, changes + own)
    if part and part.has_index:
        changes, own = Counter(), changes + own
    if part:
        part.counts.update(file=path.name, changes=+changes, own_changes=+own)


def _batches(
    models: Sequence[Predictor],
    path: Path,
    form: SequenceFormat | None,
    *,
    changes: Counter[str],
    part: Part | None,
) -> Iterator[Batch]:
    """Yield the records of a file, or of a part of it; count repeated names."""
    longest = min(m.header.layout.length for m in models)
    limit = MAX_LENGTH if any(m.header.layout.crop for m in models) else longest
    if part:
        return sharded_batches(path, CHUNK, part, changes=changes, form=form, max_length=limit)
    batches = read_batches(path, CHUNK, changes=changes, form=form, max_length=limit)
    return count_repeated_names(batches, changes=changes)


def _features(
    models: Sequence[Predictor], form: SequenceFormat | None
) -> AbstractContextManager[FeatureFile | None]:
    """Open the file of features; raise an error if it is missing or if no model takes it."""
    path = form.features if form else None
    taking = [model.header for model in models if model.header.feature_shape]
    if taking and path is None:
        raise BundleError(without_sequences(taking[0]))
    if path is None:
        return nullcontext()
    if not taking:
        raise UsageError(f"--features {place(path)}: the model takes sequences; remove the option")
    return open_features(path)


def _estimate(models: Sequence[Predictor], rows: Sequence[Rows]) -> list[Predictions]:
    """Predict the rows of each model."""
    pairs = zip(models, rows, strict=True)
    return [mask_ambiguous(model.predict_members(part), part) for model, part in pairs]


def _result(
    ahead: deque[tuple[Batch, Rows, Future[list[Predictions]]]], changes: Counter[str]
) -> tuple[Batch, list[Predictions]]:
    """Return the first batch and its predictions, waiting for them; count those that are NaN."""
    batch, rows, future = ahead.popleft()
    predictions = future.result()
    missing = np.logical_or.reduce([np.isnan(part.members).any(axis=(0, 2)) for part in predictions])
    ambiguous = too_ambiguous(rows)
    changes[NOT_PREDICTED] += int((missing & ambiguous).sum())
    changes[NOT_FINITE] += int((missing & ~ambiguous).sum())
    return batch, predictions


def refuse_mixed(models: Sequence[Predictor]) -> None:
    """Raise `BundleError` for an ensemble whose members predict different targets."""
    if not models:
        raise UsageError("no model given; name a bundle with --model")
    first = models[0].header
    for model in models[1:]:
        if fault := target_difference(model.header, first):
            raise BundleError(f"models of an ensemble predict different {fault}")
