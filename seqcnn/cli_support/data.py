"""Options that describe how sequences and targets are read, and the dataset that they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqcnn.cli_support.options import (
    Callback,
    File,
    Option,
    Whole,
    add_options,
    chromosome_prefix,
    decimal,
    encoding,
    features,
    genome,
    id_column,
    id_until,
    option,
    sequence_column,
    sheet,
)
from seqcnn.errors import UsageError, show

if TYPE_CHECKING:
    from seqcnn.data.assay.plan import DataPlan, Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOptions:
    """Values of the options of `data_options`; None or () if an option is not given."""

    data_config: Path | None = None
    columns: tuple[str, ...] = ()
    id: str | None = None
    id_until: str | None = None
    match_ids: str | None = None
    sequence: str | None = None
    units: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    replicates: tuple[str, ...] = ()
    aggregate: str | None = None
    replicate_column: str | None = None
    pivot: str | None = None
    split: str | None = None
    group: str | None = None
    categories: tuple[str, ...] = ()
    weight: str | None = None
    weight_by: str | None = None
    transform: str | None = None
    missing: tuple[str, ...] = ()
    align: str | None = None
    length: int | None = None
    flank5: str | None = None
    flank3: str | None = None
    genome: Path | None = None
    features: Path | None = None
    chromosome_prefix: str | None = None
    memory: str | None = None


_OPTIONS = (
    option("--data-config", type=File, help="Pipeline configuration (YAML) whose `data` section is used."),
    option("--target", "columns", multiple=True, help="Target column; repeat it for several."),
    id_column,
    id_until,
    option(
        "--match-ids",
        type=click.Choice(["version", "case", "zeros"]),
        help="Ignore a version suffix such as .1, case, or leading zeros where ids of the table are matched "
        "to those of the sequences, which stay as they are.  [default: ids must be equal]",
    ),
    sequence_column,
    option("--unit", "units", multiple=True, metavar="TARGET=UNIT", help="Unit of a target; repeatable."),
    sheet,
    decimal,
    option(
        "--thousands",
        type=click.Choice([",", ".", "'", "blank"]),
        help="Separator of thousands of numbers, such as 5,413.  [default: none]",
    ),
    encoding,
    option(
        "--replicates",
        multiple=True,
        metavar="[TARGET=]A,B",
        help="Replicate columns of a target; repeatable.  A target that is no column is their mean.",
    ),
    option(
        "--aggregate",
        type=click.Choice(["mean", "median"]),
        help="Aggregate the rows of an id: barcodes, or --replicate-column.  [default: one row per id]",
    ),
    option("--replicate-column", help="Column with the replicate of each row; needs --aggregate."),
    option(
        "--pivot",
        metavar="COLUMN",
        help="Column of conditions, such as cell types, of a table with a row for each: each of its values "
        "makes a target of --target.",
    ),
    option("--split", help="Column of train / val / test.  [default: random clusters]"),
    option("--group", help="Column; rows of equal values stay in the same part of the split."),
    option("--category", "categories", multiple=True, help="Column to score by value; repeatable."),
    option("--weight", help="Column of loss weights, or of what --weight-by names."),
    option(
        "--weight-by",
        type=click.Choice(["sd", "counts", "replicates", "none"]),
        help="Meaning of --weight; `replicates` weights by --replicates, `none` weights all rows equally.",
    ),
    option(
        "--transform",
        type=click.Choice(["log2", "log10", "log1p", "rank-normal", "none"]),
        help="Transform of the targets, which `predict` inverts.  [default: none]",
    ),
    option(
        "--missing",
        multiple=True,
        help="Text or number of missing cells, or `common` for N/A, nan, n.d., -, #DIV/0! and the like; "
        "repeatable.  [default: NA]",
    ),
    option("--align", type=click.Choice(["left", "right", "center"]), help="Alignment of shorter sequences."),
    option("--length", type=Whole(1), help="Window size, bp.  [default: the longest sequence]"),
    option("--flank5", help="Construct sequence 5' of the insert."),
    option("--flank3", help="Construct sequence 3' of the insert."),
    genome,
    chromosome_prefix,
    features,
    option(
        "--memory",
        metavar="SIZE",
        help="Memory to use, such as 8GB or 500MB; with less, sequences are compared in more passes, with "
        "the same result.  [default: half of the free memory]",
    ),
)

_TABLE_OPTIONS = (sequence_column, id_column, id_until, sheet, decimal, encoding)
_TABLE_NAMES = ("sequence", "id", "id_until", "decimal", "encoding")
_PREDICTION_OPTIONS = _TABLE_OPTIONS[1:]
_SEQUENCE_OPTIONS = (*_TABLE_OPTIONS, genome, chromosome_prefix)
_SEQUENCE_NAMES = (*_TABLE_NAMES, "genome", "chromosome_prefix")

_SAME = [
    *(
        "id",
        "id_until",
        "match_ids",
        "sequence",
        "sheets",
        "decimal",
        "thousands",
        "encoding",
        "chromosome_prefix",
        "aggregate",
    ),
    *(
        "replicate_column",
        "pivot",
        "group",
        "categories",
        "weight",
        "weight_by",
        "transform",
        "align",
        "length",
        "flank5",
        "flank3",
        "memory",
    ),
]
"""Options that the plan has under the same name."""


def data_options(callback: Callback) -> Callback:
    """Add the options that describe the data, and pass them as one `DataOptions` named `data`."""

    @wraps(callback)
    def collected(**parameters: Any) -> Any:
        """Collect the data options in one `DataOptions`, and call the command."""
        data = DataOptions(**{field.name: parameters.pop(field.name) for field in fields(DataOptions)})
        return callback(data=data, **parameters)

    return add_options(collected, _OPTIONS)


def sequence_options(callback: Callback) -> Callback:
    """Add the options of files of sequences, and pass them as one `SequenceFormat` named `form`."""
    return _with_form(callback, _SEQUENCE_OPTIONS, _SEQUENCE_NAMES)


def table_options(callback: Callback) -> Callback:
    """Add the options of tables of sequences only, and pass them as one `SequenceFormat` named `form`."""
    return _with_form(callback, _TABLE_OPTIONS, _TABLE_NAMES)


def prediction_options(callback: Callback) -> Callback:
    """Add the options of tables of predictions, and pass them as one `SequenceFormat` named `form`."""
    return _with_form(callback, _PREDICTION_OPTIONS, _TABLE_NAMES[1:])


def _with_form(callback: Callback, options: Sequence[Option], names: Sequence[str]) -> Callback:
    """Add options, and pass those of these names as one `SequenceFormat` named `form`."""

    @wraps(callback)
    def collected(**parameters: Any) -> Any:
        """Collect the options in one `SequenceFormat`, and call the command."""
        from seqcnn.data.readers.file_kind import SequenceFormat

        sheets = parameters.pop("sheets")
        if len(sheets) > 1:
            raise UsageError(f"--sheet: {len(sheets)} sheets named; one table is read, name one sheet")
        values = {name: parameters.pop(name) for name in names}
        given = {name: value for name, value in values.items() if value is not None}
        form = SequenceFormat(sheet=next(iter(sheets), None), **given)
        return callback(form=form, **parameters)

    return add_options(collected, options)


def data_plan(options: DataOptions) -> DataPlan:
    """Return the plan of the `data` section of a configuration, with the options in place of its entries."""
    from seqcnn.config.pipeline import load_pipeline
    from seqcnn.data.assay.plan import DataPlan

    plan = load_pipeline(options.data_config).data if options.data_config else DataPlan()
    given = {name: value for name in _SAME if (value := getattr(options, name)) not in (None, ())}
    targets = options.columns or plan.targets
    units = {name: unit for name, unit in plan.units.items() if name in targets or not options.columns}
    changes: dict[str, Any] = {
        "targets": targets,
        "units": units,
        "missing": (*plan.missing, *options.missing),
    }
    if options.split:
        changes["split"] = replace(plan.split, method="column", column=options.split)
    if options.units:
        changes["units"] = {**changes["units"], **target_units(options.units)}
    if options.replicates:
        replicates = target_replicates(options.replicates, targets)
        changes |= {"targets": targets or tuple(replicates), "replicates": replicates}
    return replace(plan, **changes, **given)


def target_replicates(texts: tuple[str, ...], targets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return target -> columns of its replicates, of texts such as `r1,r2` or `activity=r1,r2`."""
    from seqcnn.data.assay.target_names import mean_name

    replicates: dict[str, tuple[str, ...]] = {}
    for text in texts:
        target, _, names = text.rpartition("=")
        columns = tuple(name.strip() for name in names.split(","))
        if not target and len(targets) > 1:
            expected = f"--replicates {show(targets[0])}={names}, and so for each of {len(targets)} targets"
            raise UsageError(f"--replicates {show(text)}: replicates of which target? Expected {expected}")
        target = target.strip() or next(iter(targets), mean_name(columns))
        if target in replicates:
            raise UsageError(f"--replicates: target {show(target)} is there twice; name its columns once")
        replicates[target] = columns
    return replicates


def target_units(texts: tuple[str, ...]) -> dict[str, str]:
    """Return target -> unit of texts such as `activity=log2`."""
    for text in texts:
        if not all(part.strip() for part in text.partition("=")):
            raise UsageError(f"--unit {show(text)}: expected a target and its unit, such as y=log2")
    pairs = [(target, unit) for target, _, unit in (text.partition("=") for text in texts)]
    if repeated := [target for target, count in Counter(target for target, _ in pairs).items() if count > 1]:
        raise UsageError(f"--unit: target {show(repeated[0])} is there twice; give one unit for each target")
    return dict(pairs)


def inputs_of(sequences: Path, targets: Path | None, options: DataOptions) -> Inputs:
    """Return the input files; `targets` is None if one table has sequences and targets."""
    from seqcnn.data.assay.plan import Inputs

    return Inputs(sequences, targets or sequences, options.genome, options.features)
