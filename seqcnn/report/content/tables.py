"""Tables of the report: cells that the page's template lays out; scores, errors, cost, data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.data.split.splits import PARTS
from seqcnn.evaluation.score import Score
from seqcnn.evaluation.strata import gc_fraction
from seqcnn.model.metrics import METRICS
from seqcnn.plotting.formatting import UNDEFINED, count, duration, file_size, fixed, percent
from seqcnn.report.content.score_cards import scale_positions
from seqcnn.report.content.score_text import score_text
from seqcnn.report.run.members import Member, Run
from seqcnn.sequence.onehot import unpack

MAX_ERRORS = 20
"""Rows of the table of the largest errors."""

END_BASES = 24
"""Bases shown from either end of a long sequence."""

BASELINES = {
    "mean": "mean of the training rows",
    "gc": "GC content alone",
    "ridge": "linear model of k-mer counts",
    "boosting": "gradient boosting on k-mer counts",
}
"""Name of a baseline -> its description."""

NOT_DEFINED = "not defined, such as r of a model that predicts a constant, or of fewer than 5 rows"
NOT_RECORDED = (
    "not recorded, or does not apply: an ensemble is the mean of its seeds, a baseline has no network"
)


@dataclass(frozen=True, slots=True)
class Column:
    """Header of a column."""

    label: str
    kind: str = "number"
    """`text`, `number` or `sequence`."""
    first: str = "ascending"
    """Sort order of the first click."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell, and the number it sorts by (text sorts by itself)."""

    text: str
    value: float | None = None
    bar: tuple[float, float, float] | None = None
    """Low, value and high on a scale from `Table.start` to 100, drawn below the text."""
    picture: str | None = None
    """SVG below the text, without any text of the user."""
    bounds: tuple[float, float] | None = None
    """Interval of the value, for the file of the table."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is sorted by a click on a column header."""

    name: str
    """Anchor, of letters, digits and hyphens."""
    caption: str
    columns: list[Column]
    rows: list[list[Cell]]
    marked: int | None = None
    """The highlighted row."""
    ceiling: float | None = None
    """Position of the noise ceiling on the bars, 0 to 100."""
    dash: str = NOT_DEFINED
    """Meaning of a dash."""
    notes: tuple[str, ...] = ()
    """Sentences below the table."""

    @property
    def start(self) -> float:
        """Left end of the bars: 0, or the lowest end of an interval below it."""
        return min([0.0, *(cell.bar[0] for row in self.rows for cell in row if cell.bar)])

    @property
    def has_undefined(self) -> bool:
        """Whether a cell is a dash that needs an explanation."""
        return any(cell.text == UNDEFINED for row in self.rows for cell in row)


def score_tables(run: Run, part: str) -> list[Table]:
    """Return all models x all metrics on one part of the split, one table per target."""
    return [_scores(run, part, t, target) for t, target in enumerate(run.targets)]


def error_tables(run: Run) -> list[Table]:
    """Return the test rows with the largest errors of the best model, one table per target."""
    return [_errors(run, t, target) for t, target in enumerate(run.targets)]


def cost_table(run: Run) -> Table:
    """Return time and size of every fit."""
    columns = [Column("Model", "text"), Column("Time"), Column("Parameters"), Column("Bundle")]
    columns += [Column("Epochs"), Column("Best epoch"), Column("Device", "text"), Column("Threads")]
    rows = [_cost(member) for member in run.members]
    return Table("cost", "Time to fit and size of every model", columns, rows, dash=NOT_RECORDED)


def data_table(run: Run) -> Table:
    """Return count and distribution of the measurements in each part of the split."""
    heads = ("Measured", "Mean", "SD", "Min", "Median", "Max")
    columns = [Column("Target", "text"), Column("Part", "text"), *(Column(head) for head in heads)]
    rows = []
    for t, target in enumerate(run.targets):
        sd = float(np.nanstd(run.dataset.targets[:, t], dtype=np.float64))
        for part in PARTS:
            y = run.dataset.targets[run.measured(part, t), t].astype(np.float64)
            numbers = (
                [float(f(y)) for f in (np.mean, np.std, np.min, np.median, np.max)] if len(y) else [None] * 5
            )
            cells = [Cell(UNDEFINED if x is None else fixed(x, sd), x) for x in numbers]
            rows.append([Cell(target), Cell(part), Cell(count(len(y)), len(y)), *cells])
    return Table("data", "Measurements in each part of the split", columns, rows)


def named(member: Member) -> str:
    """Return the label of a member, with a description if it is a known baseline."""
    known = BASELINES.get(member.model) if member.is_baseline else None
    return f"{member.label} ({known})" if known else member.label


def score_cell(score: Score, metric: str) -> Cell:
    """Return the cell of a score with its interval; that of Pearson r has a bar."""
    bar = scale_positions(score) if metric == "pearson" else None
    bounds = None if score.low is None or score.high is None else (score.low, score.high)
    return Cell(score_text(score, metric), score.value, bar, bounds=bounds)


def pearson_cells(score: Score) -> list[Cell]:
    """Return the cells of Pearson r and of n."""
    return [score_cell(score, "pearson"), Cell(count(score.n), score.n)]


def _scores(run: Run, part: str, t: int, target: str) -> Table:
    """Return one table of scores."""
    order = {True: ("↑", "descending"), False: ("↓", "ascending")}
    columns = [Column("Model", "text")]
    for metric in METRICS.values():
        arrow, first = order[metric.higher_is_better]
        columns.append(Column(f"{metric.label} {arrow}", "number", first))
    split = run.dataset.provenance["split"]
    n = run.best.score(part, target, "pearson").n
    ceiling = run.best.ceiling(part, target)
    return Table(
        name=f"scores-{part}-{t}",
        caption=f"{target}: {part} rows, n = {n:,}; split {split}",
        columns=columns,
        rows=[[Cell(m.label), *_score_cells(m, part, target)] for m in run.members],
        marked=0,
        ceiling=100 * ceiling["attainable_r"] if ceiling else None,
    )


def _score_cells(member: Member, part: str, target: str) -> list[Cell]:
    """Return one cell per metric."""
    return [score_cell(member.score(part, target, name), name) for name in METRICS]


def _errors(run: Run, t: int, target: str) -> Table:
    """Return one table of the largest errors."""
    data, best = run.dataset, run.best
    test = run.measured("test", t)
    y, y_hat = data.targets[test, t].astype(np.float64), best.y_hat[test, t]
    largest = np.argsort(-np.abs(y_hat - y), kind="stable")[:MAX_ERRORS]
    rows = []
    for i, gc in zip(largest, gc_fraction(data, test[largest]), strict=True):
        start, length = (int(column[test[i]]) for column in (data.rows.start, data.rows.insert_length))
        numbers = [float(value) for value in (y[i], y_hat[i], y_hat[i] - y[i])]
        cells = [Cell(fixed(value, float(y.std())), value) for value in numbers]
        cells += [Cell(percent(gc), float(gc)), Cell(count(length), length)]
        sequence = unpack(data.rows.bases[test[i : i + 1]][0, start : start + length].tobytes())
        rows.append([Cell(data.ids[test[i]]), *cells, Cell(_excerpt(sequence))])
    heads = ("Measured", "Predicted", "Error", "GC", "Length, bp")
    columns = [
        Column("Sequence", "text"),
        *(Column(head) for head in heads),
        Column("Bases, 5' to 3'", "sequence"),
    ]
    caption = f"{target}: the {len(rows)} largest errors of {best.label} among {len(test):,} test rows"
    return Table(f"errors-{t}", caption, columns, rows)


def _excerpt(sequence: str) -> str:
    """Return a sequence, a long one without its middle."""
    return (
        sequence
        if len(sequence) <= 2 * END_BASES + 3
        else f"{sequence[:END_BASES]}...{sequence[-END_BASES:]}"
    )


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
    """Return the number that a cell sorts by."""
    return float(value) if isinstance(value, (int, float)) else None
