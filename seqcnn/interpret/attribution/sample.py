"""Read a dataset or a sequence file as rows in the window of a model, optionally a random sample."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from torch import Tensor

from seqcnn.data.dataset import load_dataset
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.records import Batch, Record
from seqcnn.data.readers.sequences import log_changes, read_sequences
from seqcnn.data.readers.shards.sharded import indexed_records
from seqcnn.errors import BundleError, SequenceError, UsageError, place, plural
from seqcnn.io.shard.part import Part
from seqcnn.io.stream import is_hdf5, source_name
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.window import Rows

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """Sequences in the window of a model."""

    ids: list[str]
    rows: Rows

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, selected: np.ndarray) -> Sample:
        """Return some of the sequences."""
        return Sample([self.ids[i] for i in selected], self.rows.take(selected))


def read_sample(
    path: Path,
    model: LoadedModel,
    *,
    number: int | None = None,
    seed: int = 1,
    part: str | None = None,
    form: SequenceFormat | None = None,
) -> Sample:
    """Read sequences for a model: all, or a random sample of `number`, in their order.

    Parameters
    ----------
    path
        A dataset (.h5), FASTA, table or BED.
    model
        A model; a dataset must have the same layout.
    part
        Part of a dataset, such as `test`; None is all of it.
    form
        How a file of sequences is read.

    Raises
    ------
    BundleError
        If the dataset has another layout than the model.
    UsageError
        If a part is given for a file that is not a dataset.
    SequenceError
        If the file holds no sequence, or one that the model cannot predict.
    """
    if part and not is_dataset(path):
        raise UsageError(f"{source_name(path)}: not a dataset (.h5): it has no {part} rows")
    form = form or SequenceFormat()
    if is_dataset(path):
        form.refuse_unused(path, "dataset")
    sample = _of_dataset(path, model, part) if is_dataset(path) else _of_file(path, model, form)
    if not len(sample):
        raise SequenceError(f"{source_name(path)}: no sequences; expected at least one")
    return sample.take(sampled_rows(len(sample), number, seed))


def read_first(
    path: Path,
    model: LoadedModel,
    *,
    number: int,
    seed: int = 1,
    part: str | None = None,
    form: SequenceFormat | None = None,
) -> Sample:
    """Read the first `number` records of a file, or a random sample of a dataset; see `read_sample`."""
    if part or is_dataset(path):
        return read_sample(path, model, number=number, seed=seed, part=part, form=form)
    records, _ = first_records(path, model, number, form)
    return Sample([record.name for record in records], model.lay_out(Batch.of(records), path))


def first_records(
    path: Path,
    model: LoadedModel,
    number: int,
    form: SequenceFormat | None = None,
    *,
    part: Part | None = None,
    block: int = 1,
) -> tuple[list[Record], int]:
    """Read the first records of a file, or a part of them; a warning says if there are more.

    Parameters
    ----------
    path, model
        As of `read_sample`.
    number
        Maximum number of records, of all parts together.
    form
        How the file is read.
    part
        The part; with an index only its records are read.
    block
        Number of records that are in one part.

    Returns
    -------
    The records, and the number of records of the file before them.
    """
    limit = model.header.layout.max_input_length
    changes: Counter[str] = Counter()
    if part and part.has_index:
        total, begin, records = indexed_records(
            path, part.shard, number, block=block, form=form, max_length=limit, changes=changes
        )
    else:
        records = list(islice(read_sequences(path, changes=changes, form=form, max_length=limit), number + 1))
        total = len(records)
        begin, end = part.shard.bounds(min(total, number), block=block) if part else (0, number)
        records = records[begin:end]
    if not total:
        raise SequenceError(f"{source_name(path)}: no sequences; expected at least one")
    log_changes(path, changes)
    if total > number:
        first = plural(number, "sequence")
        logger.warning("%s: using the first %s; see --max-sequences", source_name(path), first)
    return records, begin


def is_dataset(path: Path) -> bool:
    """Return whether a file is a dataset, by its suffix."""
    return is_hdf5(path)


def sampled_rows(n: int, number: int | None, seed: int) -> np.ndarray:
    """Return `number` random rows of n, or all, in ascending order."""
    if number is None or number >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).permutation(n)[:number])


def one_hot_rows(model: LoadedModel, rows: Rows) -> Tensor:
    """Return rows as a one-hot batch (N, 4, L), as the model encodes ambiguous bases."""
    return rows.one_hot(model.header.layout.ambiguity)


def _of_dataset(path: Path, model: LoadedModel, part: str | None) -> Sample:
    """Read all rows of a dataset, or of a part of it."""
    dataset = load_dataset(path)
    if dataset.layout != model.header.layout:
        raise BundleError(f"{place(path)}: has another layout than the data that the model was trained on")
    sample = Sample(list(dataset.ids), dataset.rows)
    return sample.take(dataset.part(part)) if part else sample


def _of_file(path: Path, model: LoadedModel, form: SequenceFormat) -> Sample:
    """Read all records of a file."""
    limit = model.header.layout.max_input_length
    changes: Counter[str] = Counter()
    records = list(read_sequences(path, changes=changes, form=form, max_length=limit))
    log_changes(path, changes)
    return Sample([record.name for record in records], model.lay_out(Batch.of(records), path))
