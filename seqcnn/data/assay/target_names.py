"""Names and units of targets: the only column of numbers if none is named, and refusal of unusable names.

A table of predictions has a column per target, and more of the same name with an ending of `ENDINGS`.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from seqcnn.data.assay.columns import Columns
from seqcnn.data.readers.tables import MISSING, Table, grouping_hint, is_other_number, missing_options
from seqcnn.errors import (
    MAX_LISTED,
    ConfigError,
    TableError,
    UsageError,
    did_you_mean,
    has_control,
    listed,
    plural,
    refuse_control,
    show,
    show_ascii,
)
from seqcnn.io.tsv import is_number
from seqcnn.schema import MAX_TEXT

ID_COLUMN = "id"
"""Column of a table of predictions with the names of the sequences."""

OOD_COLUMN = "out_of_distribution"
"""Column that flags out-of-distribution sequences, yes or no."""

ENDINGS = ("_sd", "_low", "_high")
"""Endings of the columns with the SD of a prediction and the bounds of its interval."""

MAX_TARGETS = 10_000
"""Largest number of targets of a model."""

NO_MEASUREMENTS = "no column holds measurements; give a table that has them"
"""Remedy for a table without a column of numbers."""

_REPLICATE = re.compile(r"(^|[^a-z])r(ep(licate)?)?[ ._-]?[0-9]+$", re.IGNORECASE)
"""Pattern of the name of a column of one replicate, such as rep1, y_r2 or Replicate 3."""


def mean_name(replicates: Sequence[str]) -> str:
    """Return the name, without a comma, of a target that is the mean of these columns."""
    return f"mean of {' and '.join(replicates)}"


def check_targets(names: Sequence[str], units: Sequence[str], where: str) -> None:
    """Raise `TableError` for names or units that a model's header or its results cannot hold.

    Parameters
    ----------
    names, units
        Name and unit of each target; the unit may be ''.
    where
        Name of their table in messages.
    """
    refuse_control(names, f"{where}: column", TableError)
    if len(names) > MAX_TARGETS:
        raise TableError(f"{where}: {len(names):,} targets; at most {MAX_TARGETS:,} are expected")
    for name, unit in zip(names, units, strict=True):
        if not name.strip():
            raise TableError(f"{where}: a blank name among {listed([show(n, 40) for n in names])}; name each")
        if max(len(name), len(unit)) > MAX_TEXT:
            raise TableError(
                f"{where}: target {show(name, 40)}: a name of {len(name):,} and a unit of {len(unit):,} "
                f"characters; at most {MAX_TEXT:,} are expected of each; shorten it"
            )
        if has_control(unit):
            fault = f"control character in the unit {show(unit, 40)}"
            raise TableError(f"{where}: target {show(name, 40)}: {fault}; remove it")
    if repeated := [show(name, 40) for name, count in Counter(names).items() if count > 1]:
        raise TableError(f"{where}: several targets are named {listed(repeated)}; rename them")
    _refuse_result_columns(names, where)


def _refuse_result_columns(names: Sequence[str], where: str) -> None:
    """Raise `TableError` for a target that is named like another column of a table of predictions."""
    others = {f"{name}{ending}": f"target {show(name, 40)}" for name in names for ending in ENDINGS}
    others |= {ID_COLUMN: "the ids", OOD_COLUMN: "out-of-distribution sequences"}
    if clash := next((name for name in names if name in others), None):
        raise TableError(
            f"{where}: target {show(clash, 40)}: tables of predictions have a column of this name for "
            f"{others[clash]}; rename the target"
        )


_WITH_ERROR = re.compile(r"[0-9]\s*(\u00b1|\+/-|\+-)\s*[0-9]")
"""A measurement with its error, such as -4.1 ± 0.1."""


def units_of(names: Sequence[str], units: Mapping[str, str]) -> list[str]:
    """Return the unit of each target, '' for those without.

    Raises
    ------
    ConfigError
        If there is a unit of something that is not a target.
    """
    if unknown := [name for name in units if name not in names]:
        known = listed([show(name, 40) for name in names])
        hint = did_you_mean(unknown[0], names)
        raise ConfigError(f"units: {show(unknown[0], 40)} is not a target; targets are {known}{hint}")
    return [units.get(name, "") for name in names]


def only_target(columns: Columns, used: Collection[str | None]) -> str:
    """Return the only column of numbers that is neither `used` nor that of the ids.

    Raises
    ------
    UsageError
        If there is not just one.  A column with blank cells, with other cells such as `n.d.`, or with decimal
        commas may be the target too, so that it is refused with their number or the first of them.
    """
    table, missing = columns.table, columns.missing
    candidates = {n: i for i, n in enumerate(table.columns) if n not in used and n != columns.id_column}
    numeric = {name: i for name, i in candidates.items() if table.is_numeric(i, missing)}
    gaps = (*missing, "")
    gapped = {n: i for n, i in candidates.items() if n not in numeric and table.is_numeric(i, gaps)}
    blank = {name: sum(cell == "" for cell in table.cells(i)) for name, i in gapped.items()}
    almost = {n: r for n, i in candidates.items() if n not in blank and (r := table.other_cells(i, gaps))}
    texts = {n: i for n, i in candidates.items() if n not in numeric and n not in blank}
    commas = dict.fromkeys(n for n, i in texts.items() if table.has_decimal_commas(i))
    others = {n: i for n, i in texts.items() if n not in almost and n not in commas}
    notation = _other_notation(table, others) if len(numeric) < 2 else ""
    if len(numeric) == 1 and not (blank or almost or commas or notation):
        return _name_of_target(table, next(iter(numeric)))
    shown = [show(name) for name in numeric]
    shown += [f"{show(name)} ({plural(number, 'blank cell')})" for name, number in blank.items()]
    kind = "columns of numbers" if shown else "columns, none of numbers only"
    choices = listed(shown or [show(name) for name in table.columns])
    notes = _others(table, almost, columns.id_column)
    if commas:
        notes += f"; if commas are decimal separators in {listed(list(map(show, commas)))}, pass --decimal ,"
        notes += grouping_hint(table.first_with_comma(next(iter(commas))))
    remedy = _remedy([*numeric, *blank])
    if notation and shown:
        notes += f"; {notation}"
    elif not (shown or almost or commas):
        remedy = notation or NO_MEASUREMENTS
    raise UsageError(f"{table.name}: which column is the target? {kind}: {choices}{notes}; {remedy}")


def _name_of_target(table: Table, name: str) -> str:
    """Return a name of a column, or raise `UsageError` for a number: the table may have no header."""
    if is_number(name):
        remedy = "add a line of column names if the table has none, or name the column with --target"
        raise UsageError(f"{table.name}: the column of the target is called {show(name)}, a number; {remedy}")
    return name


def _remedy(numeric: Sequence[str]) -> str:
    """Return how one of these columns of numbers, or of others, is chosen."""
    if any(map(is_number, numeric)):
        return "some names are numbers: does the first line hold the names of the columns?"
    several = ", repeated for several" if len(numeric) > 1 else ""
    return f"name it with --target{several}{_replicates(numeric)}"


def _other_notation(table: Table, candidates: Mapping[str, int]) -> str:
    """Return what to do with the first column of numbers in another notation, such as 3,409.1, or ''."""
    for name, i in candidates.items():
        cells = [cell for cell in table.cells(i) if cell.strip() not in ("", *MISSING)]
        other = [cell for cell in cells if is_other_number(cell) and not is_number(cell)]
        if other and 2 * len(other) >= len(cells):
            example = f"{show(name, 40)} has numbers such as {show_ascii(other[0], 40)}"
            remedy = "write them with a decimal point and no thousands separator or percent sign"
            return f"{example}; {remedy}{grouping_hint(other[0].strip())}"
        with_error = [cell for cell in cells if _WITH_ERROR.search(cell)]
        if with_error and 2 * len(with_error) >= len(cells):
            example = f"{show(name, 40)} has cells such as {show_ascii(with_error[0], 40)}"
            return f"{example}; write value and error into two columns"
    return ""


def _others(table: Table, almost: Mapping[str, list[int]], id_column: str) -> str:
    """Return a text on the first cells that are no numbers in columns of numbers, and the remedy."""
    faults: list[str] = []
    texts: dict[str, None] = {}
    ids = table.text(id_column)
    for name, rows in islice(almost.items(), MAX_LISTED):
        cells = table.text(name)
        where = f"line {table.lines[rows[0]]}, id {show(ids[rows[0]], 40)}"
        faults.append(
            f"{show(name, 40)}: {where}: {show_ascii(cells[rows[0]], 40)} ({plural(len(rows), 'cell')})"
        )
        texts |= dict.fromkeys(cells[row] for row in rows)
    if not faults:
        return ""
    where = f"; not numbers in {listed(faults, len(almost))}"
    if notations := [show(text, 40) for text in texts if is_other_number(text)]:
        where += f"; write {notations[0]} as a number such as -1.5 or 2e-3"
    words = [text for text in texts if not is_other_number(text)]
    return f"{where}; if these mean 'not measured', pass {missing_options(words)}" if words else where


def _replicates(numeric: Sequence[str]) -> str:
    """Return the options that make columns of replicates targets; '' if they are not named so.

    Columns of different names without their number, such as dna_rep1 and rna_rep1, are of different targets.
    """
    if len(numeric) < 2 or not all(map(_REPLICATE.search, numeric)) or any("," in name for name in numeric):
        return ""
    columns: dict[str, list[str]] = {}
    for name in numeric:
        columns.setdefault(_REPLICATE.sub("", name), []).append(name)
    if len(columns) == 1:
        return f", or predict the mean of replicates with --replicates {shlex.quote(','.join(numeric))}"
    if "" in columns or min(map(len, columns.values())) < 2:
        return ""
    texts = [f"{name}={','.join(own)}" for name, own in columns.items()]
    options = " ".join(f"--replicates {shlex.quote(text)}" for text in texts)
    return f", or predict the mean of the replicates of each with {options}"
