"""Records of any source of sequences: FASTA, a table with a sequence column, or BED + genome."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from seqcnn.data.readers.fasta import read_fasta, read_fasta_batches
from seqcnn.data.readers.fasta_errors import MOSTLY_AMBIGUOUS, TOO_LONG, count_changes
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.genome.bed import read_intervals
from seqcnn.data.readers.genome.bed_lines import is_place
from seqcnn.data.readers.id_cut import cut_batches
from seqcnn.data.readers.lab_formats import is_design
from seqcnn.data.readers.records import Batch, Record, batches_of, resized
from seqcnn.data.readers.table_file import read_table
from seqcnn.data.readers.tables import ID_COLUMNS, Decimal, Table, is_other_number
from seqcnn.errors import SequenceError, TableError, UsageError, counted, listed, refuse_control, show
from seqcnn.io.stream import source_name
from seqcnn.io.tsv import is_number
from seqcnn.sequence.objects import BLANKS, SEQUENCE_COLUMNS, is_mostly_dna
from seqcnn.sequence.onehot import is_missing, pack
from seqcnn.sequence.window import MAX_LENGTH

logger = logging.getLogger(__name__)

BATCH = 1 << 12
"""Number of records of tables that are read together."""

MAX_BLANK_ROWS = 0.1
"""Largest share of rows of a table of sequences that are skipped as they have neither id nor sequence."""

_MIN_LETTERS = 8  # of cells that are DNA in a column of any name

_PARTS = re.compile("barcode|primer|adapt[eo]r|umi|(^|[^a-z])(bc|tag)([^a-z]|$)", re.IGNORECASE)
"""Names of columns with DNA that is not what was measured."""


def log_changes(path: Path, changes: Counter[str]) -> None:
    """Log each change of the sequences of a file and its count as a warning."""
    for change, count in changes.items():
        if count:
            logger.warning("%s: %s", source_name(path), counted(count, change))


def read_sequences(
    path: Path,
    *,
    changes: Counter[str],
    form: SequenceFormat | None = None,
    max_length: int = MAX_LENGTH,
) -> Iterator[Record]:
    """Yield the records of a sequence source, in its order.

    Parameters
    ----------
    path
        FASTA ('-' is standard input), table or BED, see `file_kind`.
    changes
        Counts of changes to the sequences; updated.
    form
        How a table is written, its columns, and the genome of a BED file.
    max_length
        Longest accepted sequence, in bp.

    Raises
    ------
    SequenceError
        If a sequence is not DNA, too long or empty, or has no name.
    UsageError
        If there is no such file, no genome for a BED file, or an option of another kind of file.
    """
    form = form or SequenceFormat()
    if form.id_until is not None:
        batches = read_batches(path, None, changes=changes, form=form, max_length=max_length)
        return (record for batch in batches for record in batch.records())
    kind = form.kind(path)
    if kind == "bed":
        if form.genome is None:
            raise UsageError(f"{source_name(path)}: a BED file needs its genome; give --genome")
        prefix = form.chromosome_prefix
        return read_intervals(path, form.genome, max_length=max_length, changes=changes, prefix=prefix)
    if kind == "table":
        return _read_table_sequences(path, form, max_length=max_length, changes=changes)
    return read_fasta(path, max_length=max_length, changes=changes)


def read_batches(
    path: Path,
    n: int | None,
    *,
    changes: Counter[str],
    form: SequenceFormat | None = None,
    max_length: int = MAX_LENGTH,
) -> Iterator[Batch]:
    """Yield batches of `n` records of a sequence source, see `read_sequences`; the last may be smaller.

    Without `n` they have the sizes in which the source is read; only these are small if records are long.
    """
    form = form or SequenceFormat()
    if form.kind(path) != "fasta":
        records = read_sequences(
            path, changes=changes, form=replace(form, id_until=None), max_length=max_length
        )
        batches = batches_of(records, n or BATCH)
    else:
        batches = read_fasta_batches(path, max_length=max_length, changes=changes)
        batches = batches if n is None else resized(batches, n)
    if form.id_until is None:
        return batches
    return cut_batches(batches, form.id_until, where=source_name(path), changes=changes)


def _read_table_sequences(
    path: Path, form: SequenceFormat, *, max_length: int, changes: Counter[str]
) -> Iterator[Record]:
    """Read a table and yield its records; log the choice of the column of sequences."""
    named = tuple(name for name in (form.sequence, form.id) if name is not None)
    table = read_table(path, replace(form, named=named))
    column, notes = sequence_column(table, form.sequence)
    table, naming = with_ids(with_place_ids(table), column) if form.id is None else (table, [])
    for note in notes + naming:
        logger.warning("%s", note)
    table = without_blank_rows(table, column, form.id)
    id_column = None if form.id is None else table.id_column(form.id)[0]
    yield from table_records(table, column, id_column=id_column, max_length=max_length, changes=changes)


def sequence_column(table: Table, name: str | None = None) -> tuple[str, list[str]]:
    """Return the column that holds the sequences, and notes on the choice.

    It is `name`, the column `sequence`, the only one whose name, in any case, is in `SEQUENCE_COLUMNS` and
    whose cells are mostly DNA, or the only one of DNA, unless it is called like barcodes or primers.

    Raises
    ------
    TableError
        If there is no such column, or several; the message names the columns of DNA.
    """
    if name is not None or "sequence" in table.columns:
        table.text(name or "sequence", remedy="; name the column of sequences with --sequence-column")
        return name or "sequence", []
    named = [column for column in table.columns if column.lower() in SEQUENCE_COLUMNS]
    candidates = [column for column in named if _is_mostly_dna(table, column)]
    dna = [column for column in table.columns if _is_mostly_dna(table, column, _MIN_LETTERS)]
    if not candidates and len(dna) == 1 and not _PARTS.search(dna[0]):
        candidates = dna
    if len(candidates) == 1:
        others = [show(column) for column in named if column not in candidates]
        note = f"{table.name}: sequences are read from column {show(candidates[0])}"
        return candidates[0], [note + (f"; {listed(others)} holds no DNA" if others else "")]
    if candidates:
        fault = f"columns {listed(list(map(show, candidates)))} may hold the sequences"
    else:
        what = f"column {show(named[0])} holds no DNA" if named else "no column 'sequence'"
        known = f"; known: {listed([show(column, 40) for column in table.columns])}"
        fault = what + (f"; DNA is in {listed(list(map(show, dna)))}" if dna else known)
    raise TableError(f"{table.name}: {fault}; name the column of sequences with --sequence-column")


def _is_mostly_dna(table: Table, column: str, letters: int = 1) -> bool:
    """Return whether most cells of a column are DNA of some letters."""
    index = table.columns.index(column)
    return is_mostly_dna(table.cells(index), letters)


def ids_first(table: Table, sequence: str) -> Table:
    """Return a table of sequences of which `Table.id_column` finds the ids.

    The column of the sequences may be called like one of ids; then the only other such column comes first.
    """
    others = [name for name in table.columns if name.lower() in ID_COLUMNS and name != sequence]
    if "id" in table.columns or len(others) != 1:
        return table
    return _with_first(table, others[0])


def without_blank_rows(table: Table, sequence: str, id_column: str | None) -> Table:
    """Return a table of sequences without rows of neither id nor sequence, such as means; warn of them.

    All rows are kept if more than `MAX_BLANK_ROWS` of them are so: merged cells are blank below the first.
    """
    names = {sequence, id_column or table.id_column(None)[0]} & set(table.columns)
    indices = [table.columns.index(name) for name in names]
    columns = zip(*map(table.cells, indices), strict=True)
    blank = {n for n, cells in enumerate(columns) if not any(map(str.strip, cells))}
    if not 0 < len(blank) <= MAX_BLANK_ROWS * len(table.rows):
        return table
    first = f"line {table.lines[min(blank)]}, {show(' '.join(filter(None, table.rows[min(blank)])), 40)}"
    count = counted(len(blank), "rows are skipped: no id and no sequence")
    logger.warning("%s: %s, such as %s", table.name, count, first)
    kept = [n for n in range(len(table.rows)) if n not in blank]
    return replace(table, rows=[table.rows[n] for n in kept], lines=[table.lines[n] for n in kept])


def _with_first(table: Table, column: str) -> Table:
    """Return the table with one column before the others."""
    order = sorted(range(len(table.columns)), key=lambda i: table.columns[i] != column)
    rows = [[row[i] for i in order] for row in table.rows]
    return replace(table, columns=[table.columns[i] for i in order], rows=rows)


def _is_unique_text(table: Table, index: int) -> bool:
    """Return whether a column holds a different text in each row, neither numbers nor DNA."""
    cells = [cell.strip() for cell in table.cells(index)]
    if not all(cells) or len(set(cells)) < len(cells) or is_mostly_dna(cells, _MIN_LETTERS):
        return False
    return not any(is_number(cell) or is_other_number(cell) for cell in cells)


def with_place_ids(table: Table) -> Table:
    """Return a table with a column `id`, chrom:start-end, if it begins with places and has no ids."""
    if not is_place(table.columns) or any(name.lower() in ID_COLUMNS for name in table.columns):
        return table
    rows = [["{}:{}-{}".format(*row), *row] for row in table.rows]
    logger.warning("%s: no column 'id'; ids are places, such as %s", table.name, show(rows[0][0], 40))
    return replace(table, columns=["id", *table.columns], rows=rows)


def with_ids(table: Table, sequence: str) -> tuple[Table, list[str]]:
    """Return a table of sequences with a column `id`, `line_2`, ..., if it has no ids; and a note on it.

    It has none if the column that `Table.id_column` chooses is that of the sequences, or holds fractions
    and is not called like ids; then the only column of unique texts has them.
    """
    table = ids_first(table, sequence)
    chosen = table.id_column(None)[0]
    if chosen.lower() in ID_COLUMNS or (chosen != sequence and not _holds_fractions(table, chosen)):
        return table, []
    texts = [name for i, name in enumerate(table.columns) if name != sequence and _is_unique_text(table, i)]
    if len(texts) == 1:
        return _with_first(table, texts[0]), []
    rows = [[f"line_{line}", *row] for line, row in zip(table.lines, table.rows, strict=True)]
    note = f"{table.name}: no column of ids: rows are called line_{table.lines[0]}, ...; name one with --id"
    return replace(table, columns=["id", *table.columns], rows=rows), [note]


def _holds_fractions(table: Table, column: str) -> bool:
    """Return whether a column holds numbers, with a point or a comma as the decimal separator of some."""
    index = table.columns.index(column)
    numeric = any(replace(table, decimal=decimal).is_numeric(index) for decimal in get_args(Decimal))
    return numeric and any("." in cell or "," in cell for cell in table.cells(index))


def table_records(
    table: Table,
    column: str,
    *,
    id_column: str | None = None,
    max_length: int = MAX_LENGTH,
    changes: Counter[str],
) -> Iterator[Record]:
    """Yield the records of a table with a sequence column.

    Arguments and errors are those of `read_sequences`.  An `id_column` that the table does not have is
    ignored; by default it is that of `Table.id_column`, and for a sequence design `name`.
    """
    given = id_column if id_column in table.columns else None
    names = table.text(given or ("name" if is_design(table.columns) else table.id_column(None)[0]))
    letters_of_rows = table.text(column)
    _refuse_missing(table, names, letters_of_rows)
    _count_minus_strands(table, changes)
    cells = zip(table.lines, names, letters_of_rows, strict=True)
    for number, (line, name, letters) in enumerate(cells, start=1):
        where = f"{table.name}, line {line}"
        if not name.strip():
            raise SequenceError(f"{where}: no id; every sequence needs a name")
        refuse_control(name, where, SequenceError)
        yield Record(name, _packed(letters, f"{where}: {show(name)}", max_length, changes), line, number)


def _count_minus_strands(table: Table, changes: Counter[str]) -> None:
    """Count the rows of the minus strand: a sequence is read as it is written, never reversed."""
    for column in (name for name in table.columns if name.strip().lower() == "strand"):
        if minus := sum(cell.strip() == "-" for cell in table.text(column)):
            changes[f"rows have - in column {show(column)}, and are read as they are written"] += minus


def _refuse_missing(table: Table, names: Sequence[str], cells: Sequence[str]) -> None:
    """Raise `SequenceError` for rows without a sequence: a blank cell, or a word such as NA."""
    faults = [
        f"line {line}: {show(name, 40)}: {show(cell) if cell.strip() else 'empty sequence'}"
        for line, name, cell in zip(table.lines, names, cells, strict=True)
        if not cell.strip() or is_missing(cell.encode("utf-8", "replace"))
    ]
    if faults:
        raise SequenceError(f"{table.name}, {listed(faults)}; remove the rows without a sequence")


def _packed(letters: str, where: str, max_length: int, changes: Counter[str]) -> bytes:
    """Pack one cell, and count the changes."""
    if (joined := re.sub(BLANKS, "", letters)) != letters:
        changes["sequences have blanks, which are removed"] += 1
        letters = joined
    if len(letters) > max_length:
        raise SequenceError(f"{where}: {len(letters)} bp; at most {max_length} bp are expected; {TOO_LONG}")
    try:
        packed = pack(letters)
    except SequenceError as error:
        raise SequenceError(f"{where}: {error}") from error
    if 2 * count_changes(letters.encode(), packed, changes) > len(packed):
        changes[MOSTLY_AMBIGUOUS] += 1
    return packed
