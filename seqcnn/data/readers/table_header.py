"""What stands around the rows of a table: titles, the names of the columns, row names, and footnotes.

A row is its line and its cells; the first one holds the names of the columns.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from seqcnn.columns.cells import Row, Rows
from seqcnn.data.readers.tables import COMMON_MISSING, ID_COLUMNS, Table, is_other_number
from seqcnn.errors import TableError, counted, listed, show
from seqcnn.io.tsv import is_number
from seqcnn.sequence.objects import SEQUENCE_COLUMNS, is_mostly_dna

logger = logging.getLogger(__name__)

MAX_LINES_SEARCHED = 20
"""Lines in which a header that holds the columns that the user names is searched."""

_MAX_TITLES = 3  # rows above the header
_MAX_FOOTNOTES = 10  # rows below the table

_MIN_DNA = 10  # letters of DNA that are no name of a column

_MEASURED = re.compile(r"-[0-9]*\.[0-9]+|[0-9]*\.[0-9]{3,}")
"""Numbers that are no name of a column, such as a dose: negative with decimals, or with three decimals."""


_UNIT = re.compile(r"[(\[].*[)\]]|units?|bp|nt|dna|text|-+", re.IGNORECASE)
"""Cell of a row of units in a column of ids or other texts."""


def without_comments(lines: Iterator[tuple[int, str]], where: str) -> list[tuple[int, str]]:
    """Return the first line that is neither blank nor a comment, which begins with `#`; warn of comments.

    The last comment may be the header, as in `#id	activity`: it has as many cells as the line below, which
    holds a number or DNA.  Then both lines are returned, the header without `#`.  A VCF is left as it is.
    """
    comments = []
    for number, line in lines:
        if not line.startswith("#") or line.startswith("##fileformat=VCF"):
            if line.strip():
                break
        else:
            comments.append((number, line))
    else:
        return []
    first = [(number, line)]
    if comments and _is_header(comments[-1][1], line):
        number, line = comments.pop()
        first.insert(0, (number, line.removeprefix("#")))
        logger.warning("%s: line %d, %s, is the header, without '#'", where, number, show(line, 40))
    if comments:
        number, line = comments[0]
        count = counted(len(comments), "comments are above the header and skipped")
        logger.warning("%s: %s, such as line %d, %s", where, count, number, show(line, 40))
    return first


def _is_header(comment: str, below: str) -> bool:
    """Return whether a comment has as many cells as the line below, and this one a number or DNA."""
    delimiter = next((letter for letter in "\t;," if letter in comment), None)
    cells = below.split(delimiter) if delimiter else []
    data = any(_holds_number(cell) or is_mostly_dna([cell], _MIN_DNA) for cell in cells)
    return data and len(cells) == len(comment.split(delimiter))


def _holds_number(cell: str) -> bool:
    """Return whether a cell is a number, also with a decimal comma, separators or a percent sign."""
    return is_number(cell.strip()) or is_other_number(cell)


def with_one_header(rows: Sequence[Row], where: str) -> Sequence[Row]:
    """Return rows with one row of names of columns in the place of two; warn of it.

    Above names that are repeated, such as rep1 and rep2, merged cells hold names of groups, such as HepG2,
    which are blank in all but their first column: the names become HepG2_rep1, HepG2_rep2.
    """
    titles = next((n for n, (_, cells) in enumerate(rows[: _MAX_TITLES + 1]) if not _is_title(cells)), 0)
    below = [cells for _, cells in rows[titles + 1 : titles + 12]]
    if not below:
        return rows
    line, names = rows[titles + 1][0], [cell.strip() for cell in below[0]]
    joined = _joined_names([cell.strip() for cell in rows[titles][1]], names)
    repeated = [i for i, name in enumerate(joined) if name != names[i]]
    measured = any(_holds_number(cells[i]) for cells in below[1:] for i in repeated if i < len(cells))
    examples = [show(joined[i], 40) for i in repeated if names[i]]
    if not (measured and examples) or len(set(joined)) < len(joined):
        return rows
    example = examples[0]
    logger.warning("%s: line %d and the one above it name the columns: joined, as %s", where, line, example)
    return _above([*rows[:titles], (line, joined)], rows[titles + 2 :])


def _joined_names(groups: list[str], names: list[str]) -> list[str]:
    """Return names with their groups before them; [] if these are not rows of groups and names.

    A group has a repeated name.  The last one ends there, and others where the next one begins.
    """
    counts = Counter(names)
    starts = [i for i, group in enumerate(groups) if group]
    has_blank = any(group and not after for group, after in pairwise(groups))
    texts = len(groups) == len(names) and all(
        group or name for group, name in zip(groups, names, strict=False)
    )
    if not texts or not has_blank or len(starts) < 2 or any(map(is_number, [*groups, *names])):
        return []
    joined = [name or group for name, group in zip(names, groups, strict=True)]
    for start, end in pairwise([*starts, len(names)]):
        repeated = [i for i in range(start, end) if names[i] and counts[names[i]] > 1]
        last = max(repeated, default=start - 1) if end == len(names) else end - 1
        for i in range(start, last + 1) if repeated else ():
            joined[i] = f"{groups[start]}_{names[i]}"
    return joined


def from_named_columns(rows: Sequence[Row], named: Sequence[str], where: str) -> Sequence[Row]:
    """Return rows from the first one that holds all columns that the user names, and no number."""
    for count, (line, cells) in enumerate(rows[:MAX_LINES_SEARCHED] if named else []):
        names = {cell.strip() for cell in cells}
        if names.issuperset(named) and not any(map(is_number, names)):
            if count:
                columns = ", ".join(show(name, 40) for name in named)
                rows_above = counted(count, "rows are skipped above it")
                logger.warning("%s: line %d, with %s, is the header: %s", where, line, columns, rows_above)
            return rows[count:]
    return rows


def without_titles(rows: Sequence[Row], where: str) -> Sequence[Row]:
    """Return rows without titles above the header, of which each has one cell; warn of them.

    The row below must have several cells, and no number, as the names of columns.
    """
    for count in range(1, min(_MAX_TITLES, len(rows) - 1) + 1):
        *titles, (_, names) = rows[: count + 1]
        filled = [cell for cell in names if cell.strip()]
        if not all(_is_title(cells) for _, cells in titles):
            break
        if len(filled) > 1 and not any(map(is_number, filled)):
            for line, cells in titles:
                text = next(cell for cell in cells if cell.strip())
                logger.warning("%s: line %d, %s, is above the header: skipped", where, line, show(text, 40))
            return rows[count:]
    return rows


def _is_title(cells: list[str]) -> bool:
    """Return whether a row has a single cell, which is no name of a column of sequences or ids."""
    filled = [cell.strip().lower() for cell in cells if cell.strip()]
    return len(filled) == 1 and filled[0] not in (*ID_COLUMNS, *SEQUENCE_COLUMNS)


def without_footnotes(rows: Sequence[Row], where: str) -> Sequence[Row]:
    """Return rows without footnotes below the table, each a single cell of several words; warn of them.

    Nothing is left out if ids have several words, or if the row above has a single cell, too.
    """
    last = len(rows)
    while last > 2 and len(rows) - last < _MAX_FOOTNOTES and _is_footnote(rows[last - 1][1]):
        last -= 1
    if last == len(rows) or len(_filled(rows[last - 1][1])) < 2:
        return rows
    if any(" " in cells[0].strip() for _, cells in rows[1:last] if cells):
        return rows
    for line, cells in rows[last:]:
        text = next(cell for cell in cells if cell.strip())
        logger.warning("%s: line %d, %s, is below the table: skipped", where, line, show(text, 40))
    return rows[:last]


def _is_footnote(cells: list[str]) -> bool:
    """Return whether a row has a single cell, with several words."""
    filled = _filled(cells)
    return len(filled) == 1 and " " in filled[0]


def _filled(cells: list[str]) -> list[str]:
    """Return the cells that are not blank, stripped."""
    return [cell.strip() for cell in cells if cell.strip()]


def with_tidy_names(rows: Sequence[Row], where: str) -> Sequence[Row]:
    """Return rows with names of columns without blanks around them; warn of those."""
    if not rows:
        return rows
    line, columns = rows[0]
    names = [column.strip() for column in columns]
    changed = [show(column, 40) for column, name in zip(columns, names, strict=True) if column != name]
    if changed:
        logger.warning("%s: blanks around the names of columns are removed: %s", where, listed(changed))
    return _above([(line, names)], rows[1:])


def without_empty_columns(rows: Sequence[Row], where: str) -> Sequence[Row]:
    """Return rows without columns at the end that have neither name nor cells; warn of them."""
    if not rows:
        return rows
    columns = rows[0][1]
    if not columns or columns[-1]:
        return rows
    width = max((i for _, cells in rows for i, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    if not 0 < width < len(columns):
        return rows
    logger.warning("%s: %s", where, counted(len(columns) - width, "empty columns at the end are left out"))
    return [(line, cells[:width]) for line, cells in rows]


def refuse_data_as_header(rows: Sequence[Row], named: Sequence[str], where: str) -> None:
    """Raise `TableError` if the first row is one of the table: it holds DNA, or a measured number.

    Columns that the user names are not judged.
    """
    line, columns = rows[0] if rows else (0, [])
    for number, name in enumerate(columns):
        dna, measured = is_mostly_dna([name], _MIN_DNA), _MEASURED.fullmatch(name)
        cells = [row[number] for _, row in rows[1:] if number < len(row)] if dna or measured else []
        is_dna = dna and is_mostly_dna(cells, _MIN_DNA)
        is_measured = measured and any(map(is_number, cells))
        if name not in named and (is_dna or is_measured):
            what = "DNA" if is_dna else "a number"
            fault = f"{show(name, 40)} is {what}: there are no column names"
            raise TableError(
                f"{where}, line {line}: {fault}; add a line such as id,sequence,activity above it"
            )


def without_units(table: Table) -> Table:
    """Return a table without a row of units below the header; warn of it.

    It has text, and no number, where all other rows have numbers, and elsewhere nothing but words such as
    `unit` or texts in brackets.
    """
    if len(table.rows) < 2:
        return table
    first, rest = table.rows[0], replace(table, rows=table.rows[1:])
    texts = [i for i, cell in enumerate(first) if cell.strip() and not _UNIT.fullmatch(cell.strip())]
    brackets = [i for i, cell in enumerate(first) if cell.strip() and i not in texts]
    has_number = any(replace(table, rows=[first]).is_numeric(i) for i in texts)
    if has_number or not all(rest.is_numeric(i, COMMON_MISSING) for i in texts):
        return table
    units = texts + [i for i in brackets if rest.is_numeric(i, COMMON_MISSING)]
    if not any(first[i].strip() not in COMMON_MISSING for i in units):
        return table
    row = show(" ".join(cell.strip() for cell in first if cell.strip()), 40)
    logger.warning("%s: line %d, %s, is a row of units: skipped", table.name, table.lines[0], row)
    return replace(rest, lines=table.lines[1:])


def _above(first: list[Row], rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows below some others."""
    return first + rows if isinstance(rows, Rows) else [*first, *rows]


def has_row_names(columns: list[str], rows: Sequence[list[str]]) -> bool:
    """Return whether rows begin with a name that the header has no column for, as R's write.table does."""
    if not rows or any(column.lower() in ("", *ID_COLUMNS) for column in columns):
        return False
    named = all(len(row) == len(columns) + 1 and row[0].strip() for row in rows)
    return named and any(row[-1] for row in rows)
