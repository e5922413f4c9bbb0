"""Experiment -> the tables of the report, as plain cells that the page's template lays out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqcnn.data.split.splits import PARTS
from seqcnn.evaluation.strata import gc_fraction
from seqcnn.model.metrics import METRICS
from seqcnn.plotting.formatting import UNDEFINED, count, duration, file_size, fixed, percent
from seqcnn.report.content.score_cards import on_scale
from seqcnn.report.content.score_text import score_text
from seqcnn.report.run.collect import Experiment, Member
from seqcnn.sequence.onehot import unpack

WORST = 20
"""Rows of the table of the largest errors."""

EXCERPT = 24
"""Bases shown from either end of a long sequence."""

NOT_DEFINED = "not defined, such as r of a model that predicts a constant"
NOT_RECORDED = (
    "not recorded, or does not apply: an ensemble is the mean of its seeds, a baseline has no network"
)


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a column."""

    label: str
    kind: str = "number"
    """`text`, `number` or `sequence`."""
    first: str = "ascending"
    """Order of the first click."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, and the number it sorts by (text sorts by itself)."""

    text: str
    value: float | None = None
    bar: tuple[float, float, float] | None = None
    """Low, value and high on a scale of 0 to 100, drawn below the text."""
    picture: str | None = None
    """SVG below the text; it holds no word of a user."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that sorts when the head of a column is pressed."""

    name: str
    """Its anchor, made of letters, digits and hyphens."""
    caption: str
    columns: list[Column]
    rows: list[list[Cell]]
    marked: int | None = None
    """The row that is set off."""
    ceiling: float | None = None
    """Where the bars show the ceiling, 0 to 100."""
    dash: str = NOT_DEFINED
    """What a dash means in it."""
    notes: tuple[str, ...] = ()
    """Sentences below it: what it says."""

    @property
    def has_undefined(self) -> bool:
        """Whether a cell is a dash that needs an explanation."""
        return any(cell.text == UNDEFINED for row in self.rows for cell in row)


def score_tables(experiment: Experiment, part: str) -> list[Table]:
    """Return all models x all metrics on one part of the split, a table a target."""
    return [_scores(experiment, part, t, target) for t, target in enumerate(experiment.targets)]


def worst_tables(experiment: Experiment) -> list[Table]:
    """Return the test rows that the best model misses by most, a table a target."""
    return [_worst(experiment, t, target) for t, target in enumerate(experiment.targets)]


def cost_table(experiment: Experiment) -> Table:
    """Return time and size of every fit."""
    columns = [Column("Model", "text"), Column("Time"), Column("Parameters"), Column("Bundle")]
    columns += [Column("Epochs"), Column("Best epoch"), Column("Device", "text"), Column("Threads")]
    rows = [_cost(member) for member in experiment.members]
    return Table("cost", "Time to fit and size of every model", columns, rows, dash=NOT_RECORDED)


def data_table(experiment: Experiment) -> Table:
    """Return numbers and spread of the measurements in each part of the split."""
    heads = ("Measured", "Mean", "SD", "Min", "Median", "Max")
    columns = [Column("Target", "text"), Column("Part", "text"), *(Column(head) for head in heads)]
    rows = []
    for t, target in enumerate(experiment.targets):
        spread = float(np.nanstd(experiment.dataset.targets[:, t], dtype=np.float64))
        for part in PARTS:
            y = experiment.dataset.targets[experiment.measured(part, t), t].astype(np.float64)
            numbers = (
                [float(f(y)) for f in (np.mean, np.std, np.min, np.median, np.max)] if len(y) else [None] * 5
            )
            cells = [Cell(UNDEFINED if x is None else fixed(x, spread), x) for x in numbers]
            rows.append([Cell(target), Cell(part), Cell(count(len(y)), len(y)), *cells])
    return Table("data", "Measurements in each part of the split", columns, rows)


def configurations(experiment: Experiment) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (model, its settings and versions) from the headers of the bundles, one fit a model."""
    found: dict[str, list[tuple[str, str]]] = {}
    for member in experiment.members:
        if member.header and member.model not in found:
            found[member.model] = [(key, _plain(value)) for key, value in _settings(member)]
    return list(found.items())


def _scores(experiment: Experiment, part: str, t: int, target: str) -> Table:
    """Return one table of scores."""
    order = {True: ("↑", "descending"), False: ("↓", "ascending")}
    columns = [Column("Model", "text")]
    for metric in METRICS.values():
        arrow, first = order[metric.higher_is_better]
        columns.append(Column(f"{metric.label} {arrow}", "number", first))
    split = experiment.dataset.provenance["split"]
    n = experiment.best.score(part, target, "pearson").n
    ceiling = experiment.best.ceiling(part, target)
    return Table(
        name=f"scores-{part}-{t}",
        caption=f"{target}: {part} rows, n = {n:,}; split {split}",
        columns=columns,
        rows=[[Cell(m.label), *_score_cells(m, part, target)] for m in experiment.members],
        marked=0,
        ceiling=100 * ceiling["attainable_r"] if ceiling else None,
    )


def _score_cells(member: Member, part: str, target: str) -> list[Cell]:
    """Return a cell a metric; the first one is drawn too."""
    scores = {name: member.score(part, target, name) for name in METRICS}
    return [
        Cell(score_text(score, name), score.value, on_scale(score) if name == "pearson" else None)
        for name, score in scores.items()
    ]


def _worst(experiment: Experiment, t: int, target: str) -> Table:
    """Return one table of the largest errors."""
    data, best = experiment.dataset, experiment.best
    at = experiment.measured("test", t)
    y, y_hat = data.targets[at, t].astype(np.float64), best.y_hat[at, t]
    largest = np.argsort(-np.abs(y_hat - y), kind="stable")[:WORST]
    rows = []
    for i, gc in zip(largest, gc_fraction(data, at[largest]), strict=True):
        start, length = (int(column[at[i]]) for column in (data.rows.start, data.rows.insert_length))
        numbers = [float(value) for value in (y[i], y_hat[i], y_hat[i] - y[i])]
        cells = [Cell(fixed(value, float(y.std())), value) for value in numbers]
        cells += [Cell(percent(gc), float(gc)), Cell(count(length), length)]
        sequence = unpack(data.rows.bases[at[i], start : start + length].tobytes())
        rows.append([Cell(data.ids[at[i]]), *cells, Cell(_excerpt(sequence))])
    heads = ("Measured", "Predicted", "Error", "GC", "Length, bp")
    columns = [
        Column("Sequence", "text"),
        *(Column(head) for head in heads),
        Column("Bases, 5' to 3'", "sequence"),
    ]
    caption = f"{target}: the {len(rows)} largest errors of {best.label} among {len(at):,} test rows"
    return Table(f"worst-{t}", caption, columns, rows)


def _excerpt(sequence: str) -> str:
    """Cut the middle out of a long sequence."""
    return sequence if len(sequence) <= 2 * EXCERPT + 3 else f"{sequence[:EXCERPT]}...{sequence[-EXCERPT:]}"


def _cost(member: Member) -> list[Cell]:
    """Return one row of the table of times and sizes."""
    run = member.run
    cells = [Cell(member.label), Cell(duration(run.get("seconds")), _numeric(run.get("seconds")))]
    cells += [Cell(count(run.get("parameters")), _numeric(run.get("parameters")))]
    cells += [Cell(file_size(member.bundle_bytes), _numeric(member.bundle_bytes))]
    cells += [Cell(count(run.get(key)), _numeric(run.get(key))) for key in ("epochs", "best_epoch")]
    threads = run.get("threads")
    return [*cells, Cell(str(run.get("device", UNDEFINED))), Cell(count(threads), _numeric(threads))]


def _numeric(value: object) -> float | None:
    """Return a number to sort by."""
    return float(value) if isinstance(value, (int, float)) else None


def _settings(member: Member) -> list[tuple[str, Any]]:
    """Return what a bundle's header says, in the order in which a reader asks."""
    header = member.header.model_dump(mode="json") if member.header else {}
    names = ("encoder", "args", "link", "strand", "training", "layout", "base_order", "targets", "units")
    more = ("split", "split_sizes", "training_sha256", "inputs", "threads", "seqcnn_version", "torch_version")
    return [("bundle", f"{member.model}/{member.name}"), *((name, header[name]) for name in (*names, *more))]


def _plain(value: object) -> str:
    """Say a setting in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_plain(item)}" for key, item in value.items()) or "defaults"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)
