"""What the methods of `Model` take and return: sequences and variants in memory, and pandas tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api.data.columns import id_series, sequence_column
from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.errors import (
    SeqcnnError,
    UsageError,
    place,
    show,
)
from seqcnn.io.atomic import temporary_folder
from seqcnn.io.tsv import NA
from seqcnn.sequence.objects import pack_all, refuse_other_collections
from seqcnn.sequence.onehot import unpack

_TEXT = frozenset(
    {"id", "contig", "ref", "alt", "name", "sequence", "start", "reason", "changes"}
    | {"sample", "haplotype", "phase_set", "variants", "single_effects"}  # of haplotypes
    | {"ref_1", "alt_1", "ref_2", "alt_2", "motif_1", "motif_2", "strands"}  # of pairs
)
"""Columns that hold text even where it looks like numbers, or is NA."""

_TEXT_OR_MISSING = frozenset({"nearest", "parents"})  # of a batch
"""Columns that hold text even where it looks like numbers; NA is missing."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """Sequences in memory, and the label of each in the results."""

    items: Sequence[Any]
    """`str`, or Biopython `Seq` or `SeqRecord`."""
    index: pd.Index
    """Of rows, one per sequence: that of a Series or DataFrame, the ids of records, else 0, 1, ..."""
    names: pd.Index
    """Of other results: the column of ids of a DataFrame, as for `seqcnn.fit`, else the index."""


def in_memory(sequences: Any) -> Sequences:
    """Return the sequences of a list, an array, a Series or a DataFrame, with their labels.

    Raises
    ------
    SequenceError
        If a DataFrame has no column, or several, that may hold the sequences, or this is no collection.
    """
    names = None
    if isinstance(sequences, pd.DataFrame):
        column = sequence_column(sequences)
        names = id_series(sequences, column)
        sequences = sequences[column]
    refuse_other_collections(sequences)
    if isinstance(sequences, pd.Series):
        index = sequences.index
        return Sequences(sequences.tolist(), index, index if names is None else pd.Index(names))
    ids = [getattr(item, "id", None) for item in sequences] if isinstance(sequences, list | tuple) else []
    given = ids and None not in ids
    index = pd.Index(ids, name="id", dtype=object) if given else pd.RangeIndex(len(sequences))
    return Sequences(sequences, index, index)


def has_names(sequences: Any) -> bool:
    """Return whether sequences have names of their own, which are not numbers of rows."""
    if isinstance(sequences, str | Path):
        return True
    return not pd.api.types.is_integer_dtype(in_memory(sequences).names)


@contextmanager
def as_file(sequences: Any) -> Iterator[tuple[Path, pd.Index | None]]:
    """Yield the path of a file with the sequences, and their names; names are None if a path is given.

    In the file a sequence has its number, from 0, as its name.
    """
    if isinstance(sequences, str | Path):
        yield file_path(sequences), None
        return
    given = in_memory(sequences)
    with temporary_folder() as folder:
        path = folder / "sequences.fa"
        records = (f">{number}\n{unpack(bases)}\n" for number, bases in enumerate(pack_all(given.items)))
        path.write_text("".join(records), encoding="ascii", newline="\n")
        with named_in_errors(path, "sequences"):
            yield path, given.names


@contextmanager
def named_in_errors(path: Path, name: str) -> Iterator[None]:
    """Name the argument of the caller, not its temporary file, in errors."""
    try:
        yield
    except SeqcnnError as error:
        raise type(error)(str(error).replace(place(path), name)) from error


def file_path(path: str | Path) -> Path:
    """Return the path of a file; refuse a sequence in its place.

    Raises
    ------
    UsageError
        If `path` is empty, or reads as a sequence, and there is no such file.
    """
    if path == "":
        raise UsageError("sequences: the name of a file is empty")
    if isinstance(path, str) and set(path.upper()) <= set("ACGTUN") and not Path(path).exists():
        raise UsageError(f"{show(path)}: a sequence, not the name of a file; put it into a list")
    return Path(path)


def optional_path(path: str | Path | None) -> Path | None:
    """Return a path, or None."""
    return None if path is None else Path(path)


def genome_path(sequences: Any, genome: str | Path | None) -> Path | None:
    """Return the path of the genome of a BED file.

    Raises
    ------
    UsageError
        If the sequences are in memory, or there is no such file.
    """
    if genome is None:
        return None
    if not isinstance(sequences, str | Path):
        raise UsageError("genome: has the positions of a BED file; sequences in memory need none")
    if not (path := Path(genome)).is_file():
        raise UsageError(f"genome: {place(path)}: no such file")
    return path


def bed_format(sequences: Any, genome: str | Path | None, prefix: ChromosomePrefix | None) -> SequenceFormat:
    """Return how a BED file is read; refuse a genome, or a prefix, of sequences that are no file."""
    if prefix is not None and not isinstance(sequences, str | Path):
        raise UsageError("chromosome_prefix: belongs to the intervals of a BED file")
    return SequenceFormat(genome=genome_path(sequences, genome), chromosome_prefix=prefix)


def read_bedgraph(path: Path) -> pd.DataFrame:
    """Read a bedGraph that seqcnn wrote, whose contigs are text as it is, with the track's name."""
    columns, types = ["contig", "start", "end", "value"], {"start": int, "end": int, "value": float}
    table = pd.read_csv(
        path, sep="\t", names=columns, dtype=str, na_filter=False, quoting=csv.QUOTE_NONE,
        encoding_errors="surrogateescape",
    )  # fmt: skip
    return table.astype(types).assign(track=path.stem)


def read_frame(path: Path, index: pd.Index | None = None, column: str = "id") -> pd.DataFrame:
    """Read a table that seqcnn wrote.

    Parameters
    ----------
    path
        The file.
    index
        Labels of the sequences, whose numbers are in `column`; None leaves the column as it is.
    column
        Column of the sequences' names.

    Returns
    -------
    Columns of numbers as numbers, NaN where missing, also in columns of text apart from names; and columns of
    yes and no as truth values, which are nullable (`boolean`) if some are missing.
    """
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding_errors="surrogateescape")
    for name in [name for name in table.columns if name not in _TEXT]:
        missing = table[name] == NA
        words = set(table[name])
        if words <= {"yes", "no", NA} and (words - {NA} or name == OOD_COLUMN):
            truth = (table[name] == "yes").astype("boolean").mask(missing)
            table[name] = truth if missing.any() else truth.astype(bool)
            continue
        numbers = pd.to_numeric(table[name].mask(missing), errors="coerce")
        is_number = numbers.isna().eq(missing).all() and name not in _TEXT_OR_MISSING
        table[name] = numbers if is_number else table[name].mask(missing)
    if index is not None:
        table[column] = index[table[column].to_numpy(int)]
    return table


@contextmanager
def output_folder(output: str | Path | None) -> Iterator[Path]:
    """Yield the folder for results: the caller's, which must be new or empty, or a temporary one.

    Raises
    ------
    UsageError
        If the caller's folder holds files.
    """
    if output is None:
        with temporary_folder() as folder:
            yield folder / "results"
        return
    chosen = Path(output)
    if chosen.is_dir() and any(chosen.iterdir()):
        raise UsageError(f"{place(chosen)}: holds files; name another folder for `output`")
    yield chosen


def prediction_frame(
    targets: Sequence[str], mean: np.ndarray, columns: dict[str, np.ndarray | None], index: pd.Index
) -> pd.DataFrame:
    """Return predictions as `seqcnn predict` writes them: of each target its mean, then the other `columns`.

    Parameters
    ----------
    targets
        Names of the T targets.
    mean
        Predictions (n, T).
    columns
        Ending of a column's name, such as `_sd`, -> its values (n, T); None is left out.
    index
        Labels of the n sequences.
    """
    values = {"": mean, **{ending: array for ending, array in columns.items() if array is not None}}
    named = {f"{target}{e}": array[:, t] for t, target in enumerate(targets) for e, array in values.items()}
    return pd.DataFrame(named, index=index)
