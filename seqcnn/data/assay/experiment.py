"""Read the files of one experiment: sequences, a table of measurements, and the plan of its columns.

Lab formats are recognised and complete the plan; what the user gives takes precedence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.assay.columns import unmatched_notes
from seqcnn.data.assay.ids import ids_of_contigs, matched_ids
from seqcnn.data.assay.input_files import read_input_table, read_records, read_source, sequences_kind
from seqcnn.data.assay.lab.igvf_design import categories, joined, related_links, tidy
from seqcnn.data.assay.lab.measured import Measurements
from seqcnn.data.assay.lab.tables import element_loci, measurements
from seqcnn.data.assay.long_form import Aggregated, aggregate_rows
from seqcnn.data.assay.pivot import pivot_rows, repeated_remedy
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.readers.file_kind import Kind
from seqcnn.data.readers.genome.bed import PLACE, read_loci
from seqcnn.data.readers.genome.bed_lines import is_place
from seqcnn.data.readers.id_cut import uncut_notes
from seqcnn.data.readers.lab_formats import DESIGN, is_design
from seqcnn.data.readers.records import Records
from seqcnn.data.readers.tables import Table
from seqcnn.data.similarity.loci import overlap_links
from seqcnn.errors import ConfigError, TableError, UsageError, counted, show
from seqcnn.io.stream import STDIN, read_blocks, source_name
from seqcnn.io.tsv import NA

_REPLACED = re.compile(r"[\s\[\]]")
"""Characters of a designed name that MPRA pipelines replace by '_'."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """The content of the files of one experiment."""

    records: Records
    table: Table
    """Measurements and, beside them, the columns of a sequence design."""
    id_column: str
    plan: DataPlan
    """The user's plan, completed by the lab format."""
    annotations: frozenset[str]
    """Columns that annotate sequences; never targets."""
    related: np.ndarray
    """Pairs of records from one locus or of one variant, int64 (E, 2)."""
    notes: list[str]
    intervals: bool
    """Whether the sequences are intervals of a BED file."""


def read_experiment(inputs: Inputs, plan: DataPlan, *, changes: Counter[str]) -> Experiment:
    """Read the files of an experiment.

    Parameters
    ----------
    inputs
        The files; sequences and targets may be one table.
    plan
        The user's plan.
    changes
        Counts of changes to the sequences; updated.

    Raises
    ------
    SequenceError, TableError
        If a file cannot be read.
    ConfigError, UsageError
        If the plan names a column twice, or both inputs are standard input.
    """
    kind = sequences_kind(inputs, plan)
    _refuse_contradictions(inputs, plan, kind)
    same = inputs.is_one_table(plan.sheets)
    source, column, choice = read_source(inputs, plan, changes) if kind == "table" else (None, "", [])
    rows = _one_row_per_id(inputs, plan, source if same else None, column, changes=changes)
    source, plan = (rows.table if same and source else source), rows.plan
    records = read_records(inputs, plan, source, column, changes=changes)
    design = tidy(source) if source and is_design(source.columns) else None
    measured = _measured(rows, design if same else None, records)
    table, defaults = measured.table, dict(measured.defaults)
    if design:
        table = table if same else joined(measured, design)
        own = () if same else measured.table.columns
        defaults["categories"] = categories(table, set(design.columns) - set(own))
    completed = _completed(plan, defaults)
    return Experiment(
        records=records,
        table=table,
        id_column=measured.id_column,
        plan=completed,
        annotations=frozenset(DESIGN if design else ()) | _annotations(kind, column, table, same=same),
        related=_bed_links(inputs, plan) if kind == "bed" else _related(records, design, measured),
        notes=[
            *(*choice, *rows.notes, *uncut_notes(plan.id_until, changes)),
            *_notes(measured, design, plan, completed),
        ],
        intervals=kind == "bed",
    )


def _annotations(kind: Kind, column: str, table: Table, *, same: bool) -> set[str]:
    """Return the columns of the sequences, or of their places, in a table that holds measurements too."""
    places = set(table.columns[1:4]) if is_place(table.columns[1:]) else set()
    if not same:
        return places
    return places | (set(PLACE) if kind == "bed" else {column})


def _one_row_per_id(
    inputs: Inputs, plan: DataPlan, source: Table | None, column: str, *, changes: Counter[str]
) -> Aggregated:
    """Return the measurements, aggregated if the plan says so; `source` is their table if it was read."""
    table = source or read_input_table("targets", inputs, plan, changes)
    unmatched = unmatched_notes(table, plan.missing)
    if not (plan.aggregate or plan.pivot):
        if source:
            ids = source.id_column(plan.id)[0]
            source.unique(ids, remedy=partial(repeated_remedy, source, ids))
        return Aggregated(table, plan, plan.id, unmatched)
    sequence = column if source else None
    if plan.pivot:
        rows = pivot_rows(table, plan, plan.pivot, sequence=sequence)
    else:
        rows = aggregate_rows(table, plan, plan.aggregate or "mean", sequence=sequence)
    rows = replace(rows, notes=[*rows.notes, *unmatched])
    return replace(rows, plan=replace(rows.plan, id=rows.id_column)) if source else rows


def _measured(rows: Aggregated, design: Table | None, records: Records) -> Measurements:
    """Return the measurements, which may be columns of the design, with the names of the sequences."""
    id_column = rows.id_column or ("name" if design else None)
    measured = measurements(design or rows.table, rows.plan.targets, id_column=id_column)
    names, ids = records.names, measured.table.text(measured.id_column)
    if rows.plan.chromosome_prefix:  # an option of intervals only
        ids = ids_of_contigs(ids, set(names))
        measured = _with_ids(measured, ids, "ids are names of intervals with another prefix of the contig")
    if by := rows.plan.match_ids:
        ids = matched_ids(ids, names, by, measured.table.name)
        measured = _with_ids(measured, ids, f"ids are matched to names of sequences by --match-ids {by}")
    return _with_designed_names(measured, names)


def _refuse_contradictions(inputs: Inputs, plan: DataPlan, kind: Kind) -> None:
    """Raise an error if a column, or standard input, is named twice, or there are no measurements."""
    replicates = ((f"replicates of {show(name)}", names) for name, names in plan.replicates.items())
    for key, names in (("targets", plan.targets), ("categories", plan.categories), *replicates):
        if len(set(names)) < len(names):
            raise ConfigError(f"{key}: {', '.join(map(show, names))}; name each column once")
    if plan.replicate_column and not plan.aggregate:
        raise UsageError("--replicate-column needs --aggregate mean, or median")
    if plan.replicate_column and plan.replicates:
        raise UsageError("--replicates and --replicate-column: expected one of them")
    if plan.replicates and plan.pivot:
        raise UsageError(
            "--replicates and --pivot: expected one of them; --replicate-column goes with --pivot"
        )
    if plan.match_ids and inputs.is_one_table(plan.sheets):
        raise UsageError("--match-ids: belongs to a table beside the file of sequences; there is one file")
    if inputs.sequences == inputs.targets == STDIN:
        raise UsageError("standard input cannot be both the sequences and the targets; give a file for one")
    if kind == "bed" and (inputs.sequences == STDIN or inputs.sequences.is_fifo()):
        raise UsageError("a BED file is read twice, which a stream does not allow; give the name of a file")
    if kind == "fasta" and inputs.sequences == inputs.targets:
        _refuse_no_table(inputs.sequences)


def _refuse_no_table(path: Path) -> None:
    """Raise the error for a file in the place of a table of sequences and measurements."""
    expected, where = "a table of sequences and measurements", source_name(path)
    if path.is_fifo():
        raise UsageError(f"{where}: a pipe; give {expected} as a file, or as standard input with the name -")
    if path != STDIN:
        start = next(read_blocks(path, expected=expected, fault=TableError), b"")
        if not start.lstrip().startswith(b">"):
            raise TableError(f"{where}: no columns found; expected {expected}")
    raise UsageError(f"{where}: a FASTA file holds no measurements; give their table as second argument")


def _with_designed_names(measured: Measurements, names: Sequence[str]) -> Measurements:
    """Replace ids of a lab format, in which some characters are '_', by the names of the sequences."""
    if not measured.defaults:
        return measured
    counts = Counter(_REPLACED.sub("_", name) for name in names)
    written = {w: name for name in names if counts[w := _REPLACED.sub("_", name)] == 1}
    table, i = measured.table, measured.table.columns.index(measured.id_column)
    designed = set(names)
    rows = [
        row if row[i] in designed else [*row[:i], written.get(row[i], row[i]), *row[i + 1 :]]
        for row in table.rows
    ]
    return replace(measured, table=replace(table, rows=rows))


def _with_ids(measured: Measurements, ids: list[str], what: str) -> Measurements:
    """Replace the ids by others of the same rows; note how many of them change, in words."""
    table, i = measured.table, measured.table.columns.index(measured.id_column)
    pairs = [(row[i], name) for row, name in zip(table.rows, ids, strict=True) if row[i] != name]
    if not pairs:
        return measured
    rows = [[*row[:i], name, *row[i + 1 :]] for row, name in zip(table.rows, ids, strict=True)]
    example = " -> ".join(map(show, pairs[0]))
    notes = (*measured.notes, f"{table.name}: {counted(len(pairs), what)}, such as {example}")
    return replace(measured, table=replace(table, rows=rows), notes=notes)


def _completed(plan: DataPlan, defaults: Mapping[str, Any]) -> DataPlan:
    """Return the plan with the defaults of a lab format for fields that the user left empty."""
    changes = {name: value for name, value in defaults.items() if value and not getattr(plan, name)}
    if plan.weight_by in ("weight", "counts"):
        changes |= {"weight_by": "counts"} if "weight" in changes else {}
    else:
        changes.pop("weight", None)
    missing = () if NA in plan.missing else (NA,)
    return replace(plan, missing=(*plan.missing, *missing), **changes) if defaults else plan


def _bed_links(inputs: Inputs, plan: DataPlan) -> np.ndarray:
    """Link the records of overlapping intervals of a BED file."""
    return overlap_links(read_loci(inputs.sequences, plan.chromosome_prefix))


def _related(records: Records, design: Table | None, measured: Measurements) -> np.ndarray:
    """Link the records of one variant, or from overlapping loci, where a lab format holds these."""
    if design:
        return related_links(design)
    loci = element_loci(measured)
    return overlap_links([loci.get(name) for name in records.names] if loci else [])


def _notes(measured: Measurements, design: Table | None, plan: DataPlan, completed: DataPlan) -> list[str]:
    """Return notes, one of them on the recognised formats and what was taken from them."""
    formats = [*measured.formats, *([f"{design.name} is read as an IGVF sequence design"] if design else [])]
    taken = {
        "target": completed.targets if completed.targets != plan.targets else (),
        "replicates": [n for names in completed.replicates.values() for n in names if not plan.replicates],
        "weights by counts of": [completed.weight] if completed.weight and not plan.weight else [],
        "categories": completed.categories if completed.categories != plan.categories else (),
    }
    fields = [f"{field} {', '.join(map(show, names))}" for field, names in taken.items() if names]
    note = f"{'; '.join(formats)}; taken from there: {'; '.join(fields) or 'nothing'}"
    return [*measured.notes, *([note] if formats else [])]
