"""The files of one experiment -> sequences, a table with one row for each, and a plan for its columns.

Lab formats are recognised, and tell what a user would have to say else; what the user says wins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqcnn.data.assay.igvf_design import categories, joined, related, tidy
from seqcnn.data.assay.lab_tables import Measurements, element_loci, measurements
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.readers.bed import read_loci
from seqcnn.data.readers.in_memory import load_records
from seqcnn.data.readers.lab_formats import DESIGN, is_design
from seqcnn.data.readers.records import Record
from seqcnn.data.readers.sequences import is_bed, is_table, read_sequences, table_records
from seqcnn.data.readers.tables import Table, read_table
from seqcnn.data.similarity.loci import overlap_links
from seqcnn.errors import ConfigError, UsageError, show
from seqcnn.io.stream import STDIN
from seqcnn.io.tsv import NA

_REPLACED = re.compile(r"[\s\[\]]")
"""Letters of a designed name that MPRA pipelines write as '_'."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What the files of one experiment say."""

    records: list[Record]
    table: Table
    """Measurements and, beside them, the columns of a sequence design."""
    id_column: str
    plan: DataPlan
    """The user's, with what a lab format tells where the user says nothing."""
    described: frozenset[str]
    """Columns that describe sequences, and measure nothing."""
    related: np.ndarray
    """Pairs of records from one place or variant, int64 (E, 2)."""
    notes: list[str]


def read_experiment(inputs: Inputs, plan: DataPlan, *, changes: Counter[str]) -> Experiment:
    """Read the files of an experiment.

    Parameters
    ----------
    inputs
        The files; sequences and targets may be one table.
    plan
        What the user says of them.
    changes
        Counts of silent changes to the sequences, added to.

    Raises
    ------
    SequenceError, TableError
        If a file cannot be read.
    ConfigError, UsageError
        If the plan names a column twice, or both inputs are standard input.
    """
    _refuse_contradictions(inputs, plan)
    source = read_table(inputs.sequences) if is_table(inputs.sequences) else None
    records = _records(inputs, plan, source, changes=changes)
    design = tidy(source) if source and is_design(source.columns) else None
    same = inputs.targets == inputs.sequences
    measured = measurements(
        (design or source if same else None) or read_table(inputs.targets),
        plan.targets,
        id_column=plan.id or ("name" if design and same else None),
    )
    measured = _with_designed_names(measured, [record.name for record in records])
    table, told = measured.table, dict(measured.told)
    if design:
        table = table if same else joined(measured, design)
        own = () if same else measured.table.columns
        told["categories"] = categories(table, set(design.columns) - set(own))
    completed = _completed(plan, told)
    return Experiment(
        records=records,
        table=table,
        id_column=measured.id_column,
        plan=completed,
        described=frozenset(DESIGN if design else ()),
        related=_related(inputs, records, design, measured),
        notes=_notes(measured, design, plan, completed),
    )


def _refuse_contradictions(inputs: Inputs, plan: DataPlan) -> None:
    """Raise an error if a column is named twice, or standard input is."""
    for key, names in (("targets", plan.targets), ("categories", plan.categories)):
        if len(set(names)) < len(names):
            raise ConfigError(f"{key}: {', '.join(map(show, names))}; name each column once")
    if inputs.sequences == inputs.targets == STDIN:
        raise UsageError("standard input cannot be both the sequences and the targets; give a file for one")


def _records(inputs: Inputs, plan: DataPlan, source: Table | None, *, changes: Counter[str]) -> list[Record]:
    """Read the sequences, whose names must be unique."""
    if source is None:
        read = read_sequences(inputs.sequences, genome=inputs.genome, changes=changes)
    else:
        read = table_records(source, plan.sequence, id_column=plan.id, changes=changes)
    return load_records(read, inputs.sequences, inputs.genome)


def _with_designed_names(measured: Measurements, names: list[str]) -> Measurements:
    """Replace ids of a lab format that are names with '_' for what may not stand in a name."""
    if not measured.told:
        return measured
    counts = Counter(_REPLACED.sub("_", name) for name in names)
    written = {w: name for name in names if counts[w := _REPLACED.sub("_", name)] == 1}
    table, at = measured.table, measured.table.columns.index(measured.id_column)
    known = set(names)
    rows = [
        row if row[at] in known else [*row[:at], written.get(row[at], row[at]), *row[at + 1 :]]
        for row in table.rows
    ]
    return replace(measured, table=replace(table, rows=rows))


def _completed(plan: DataPlan, told: Mapping[str, Any]) -> DataPlan:
    """Return the plan with what a format tells where the user says nothing."""
    changes = {name: value for name, value in told.items() if value and not getattr(plan, name)}
    if plan.weight_by in ("weight", "counts"):
        changes |= {"weight_by": "counts"} if "weight" in changes else {}
    else:
        changes.pop("weight", None)
    missing = () if NA in plan.missing else (NA,)
    return replace(plan, missing=(*plan.missing, *missing), **changes) if told else plan


def _related(
    inputs: Inputs, records: list[Record], design: Table | None, measured: Measurements
) -> np.ndarray:
    """Link the records of one variant, or from places that overlap, as far as the files tell."""
    if is_bed(inputs.sequences):
        return overlap_links(read_loci(inputs.sequences))
    if design:
        return related(design)
    places = element_loci(measured)
    return overlap_links([places.get(record.name) for record in records])


def _notes(measured: Measurements, design: Table | None, plan: DataPlan, completed: DataPlan) -> list[str]:
    """Say in one line which formats were recognised, and what was taken from them."""
    read = [*measured.words, *([f"{design.name} is read as an IGVF sequence design"] if design else [])]
    taken = {
        "target": completed.targets if completed.targets != plan.targets else (),
        "replicates": [n for names in completed.replicates.values() for n in names if not plan.replicates],
        "weights by counts of": [completed.weight] if completed.weight and not plan.weight else [],
        "categories": completed.categories if completed.categories != plan.categories else (),
    }
    words = [f"{what} {', '.join(map(show, names))}" for what, names in taken.items() if names]
    formats = [f"{'; '.join(read)}; taken from there: {'; '.join(words) or 'nothing'}"] if read else []
    return [*measured.notes, *formats]
