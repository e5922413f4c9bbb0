"""Any source of sequences -> records: FASTA, a table with a sequence column, or BED + genome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from seqcnn.data.fasta import MAX_LENGTH, Record, read_fasta
from seqcnn.data.fasta_faults import count_changes
from seqcnn.data.intervals import read_intervals
from seqcnn.data.onehot import pack
from seqcnn.data.tables import read_table
from seqcnn.errors import SequenceError, UsageError, place, show


def is_table(path: Path) -> bool:
    """Tell a table from a FASTA or BED by its name: .csv, .tsv or .txt, possibly .gz."""
    return Path(path.name.removesuffix(".gz")).suffix.lower() in (".csv", ".tsv", ".txt")


def is_bed(path: Path) -> bool:
    """Tell a BED file by its name: .bed, possibly .gz."""
    return path.name.removesuffix(".gz").lower().endswith(".bed")


def read_sequences(
    path: Path,
    sequence_column: str = "sequence",
    *,
    changes: Counter[str],
    genome: Path | None = None,
    max_length: int = MAX_LENGTH,
) -> Iterator[Record]:
    """Yield the records of a sequence source, in its order.

    Parameters
    ----------
    path
        FASTA ('-' is standard input), table or BED, told apart by the name.
    sequence_column
        The table's column of sequences.
    changes
        Counts of silent changes, added to.
    genome
        The FASTA that a BED file's positions are of.
    max_length
        The longest sequence that is read, in bp.
    """
    if is_bed(path):
        if genome is None:
            raise UsageError(
                f"{place(path)}: a BED file needs the genome that its positions are of; give --genome"
            )
        return read_intervals(path, genome, max_length=max_length, changes=changes)
    if is_table(path):
        return _read_table_sequences(path, sequence_column, max_length=max_length, changes=changes)
    return read_fasta(path, max_length=max_length, changes=changes)


def _read_table_sequences(
    path: Path, column: str, *, max_length: int, changes: Counter[str]
) -> Iterator[Record]:
    """Yield the sequence column of a table."""
    table = read_table(path)
    names = table.text(table.id_column(None)[0])
    for number, (name, letters) in enumerate(zip(names, table.text(column), strict=True), start=1):
        line = table.lines[number - 1]
        where = f"{place(path)}, line {line}: {show(name)}"
        if len(letters) > max_length:
            raise SequenceError(f"{where}: {len(letters)} bp; at most {max_length} bp are expected")
        try:
            packed = pack(letters)
        except SequenceError as error:
            raise SequenceError(f"{where}: {error}") from error
        count_changes(letters.encode(), packed, changes)
        yield Record(name, packed, line, number)
