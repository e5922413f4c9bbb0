"""Scores of the best model on strata of the test rows, and of all models on contrasts of them."""

from __future__ import annotations

import numpy as np

from seqcnn.errors import plural
from seqcnn.evaluation.score import score_of
from seqcnn.model.inference.coverage import FIFTHS
from seqcnn.plotting.formatting import UNDEFINED, count, fixed, number
from seqcnn.report.content.score_text import r_text, score_text, stratum_text
from seqcnn.report.content.tables import NOT_DEFINED, Cell, Column, Table, pearson_cells, score_cell
from seqcnn.report.run.members import Run

MIN_STRATUM_ROWS = 20
"""Rows of a stratum below which its r is neither shown nor judged."""

_CLEARLY_LOWER = 0.75  # widths of its interval below the overall r: about three standard errors
_LARGE_MEAN_ERROR = 0.5  # RMSEs of all test rows above which the mean error of a fifth is large


def stratum_tables(run: Run) -> list[Table]:
    """Return the scores of the best model on strata of the test rows, one table per target."""
    return [_table(run, t, target) for t, target in enumerate(run.targets) if run.strata[target]]


def contrast_tables(run: Run) -> list[Table]:
    """Return r of differences within clusters and between targets, of the best fit of each model."""
    rows = [
        [Cell(name), Cell(member.label), *pearson_cells(score_of(scores, "pearson"))]
        for name in run.best.contrasts
        for member in run.per_model()
        if (scores := member.contrasts.get(name))
    ]
    if not rows:
        return []
    columns = [Column("Difference", "text"), Column("Model", "text"), Column("Pearson r"), Column("n")]
    return [Table("contrast-scores", "Differences between test rows", columns, rows)]


def stratum_sentences(run: Run, target: str) -> list[str]:
    """Return where r of the best model is lowest, and whether predictions regress to the mean."""
    return [_lowest_r(run, target), *_regression_to_the_mean(run, target)]


def worst_stratum(run: Run, target: str) -> int | None:
    """Return the stratum of the lowest r, if that is clearly below the r of all test rows."""
    overall = run.best.score("test", target, "pearson").value
    if overall is None:
        return None
    worse: list[tuple[float, int]] = []
    pairs = zip(run.strata[target], run.best.strata[target], strict=True)
    for k, (stratum, scores) in enumerate(pairs):
        r = score_of(scores, "pearson")
        if stratum.is_measured or r.n < MIN_STRATUM_ROWS:
            continue
        if r.value is None or r.low is None or r.high is None:
            continue
        if r.high < overall and overall - r.value > _CLEARLY_LOWER * (r.high - r.low):
            worse.append((r.value, k))
    return min(worse)[1] if worse else None


def _table(run: Run, t: int, target: str) -> Table:
    """Return the table of one target."""
    best = run.best
    sd = float(np.std(run.dataset.targets[run.measured("test", t), t], dtype=np.float64))
    rows = []
    for stratum, scores in zip(run.strata[target], best.strata[target], strict=True):
        r, rmse, error = score_of(scores, "pearson"), score_of(scores, "rmse"), scores["mean_error"]
        cells = [Cell(stratum.by), Cell(stratum_text(stratum)), Cell(count(r.n), r.n)]
        cells += [score_cell(r, "pearson") if r.n >= MIN_STRATUM_ROWS else Cell(UNDEFINED)]
        rows.append([*cells, score_cell(rmse, "rmse"), Cell(fixed(error, sd), error)])
    columns = [Column("Stratified by", "text"), Column("Stratum", "text"), Column("n")]
    columns += [Column("Pearson r"), Column("RMSE", "number", "descending"), Column("Mean error")]
    return Table(
        f"strata-{t}",
        f"{target}: {best.label} by stratum of the test rows",
        columns,
        rows,
        marked=worst_stratum(run, target),
        dash=f"fewer than {MIN_STRATUM_ROWS} test rows, or {NOT_DEFINED}",
        notes=tuple(stratum_sentences(run, target)),
    )


def _lowest_r(run: Run, target: str) -> str:
    """Return where r is lowest, if it is clearly lower than on all test rows."""
    if (k := worst_stratum(run, target)) is None:
        judged = [len(s.rows) >= MIN_STRATUM_ROWS for s in run.strata[target] if not s.is_measured]
        if not any(judged):
            return f"r was not judged by stratum: none has {MIN_STRATUM_ROWS} test rows."
        few = judged.count(False)
        small = (
            f" Not judged, with fewer than {MIN_STRATUM_ROWS} rows: {few} of {len(judged)}." if few else ""
        )
        return f"In no stratum is r clearly lower than on all test rows.{small}"
    best, stratum, scores = run.best, run.strata[target][k], run.best.strata[target][k]
    r, rmse = (score_of(scores, metric) for metric in ("pearson", "rmse"))
    overall_r, overall_rmse = (best.score("test", target, metric) for metric in ("pearson", "rmse"))
    return (
        f"Clearly lower where {stratum.by} is {stratum_text(stratum)}: "
        f"r = {score_text(r, 'pearson')} on {plural(r.n, 'test row')}, against {r_text(overall_r)} on all; "
        f"RMSE {number(rmse.value)} against {number(overall_rmse.value)}."
    )


def _regression_to_the_mean(run: Run, target: str) -> list[str]:
    """Return how far the lowest and highest fifths of the measurements are predicted nearer to the mean."""
    rmse = run.best.score("test", target, "rmse").value
    pairs = zip(run.strata[target], run.best.strata[target], strict=True)
    mean_error = {s.name.split(":")[0]: scores["mean_error"] for s, scores in pairs if s.is_measured}
    if rmse is None or FIFTHS[0] not in mean_error:
        return []
    low, high = mean_error[FIFTHS[0]], -mean_error[FIFTHS[-1]]
    if min(low, high) <= _LARGE_MEAN_ERROR * rmse:
        return []
    return [
        "Predictions regress to the mean: the lowest fifth of the measurements is overpredicted by "
        f"{fixed(low, rmse)} on average, the highest underpredicted by {fixed(high, rmse)}."
    ]
