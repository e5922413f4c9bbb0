"""Experiment -> the tables that test its scores: controls, cross-validation, and strata of the test rows."""

from __future__ import annotations

import numpy as np

from seqcnn.evaluation.score import Score, score_of
from seqcnn.plotting.formatting import UNDEFINED, count, fixed
from seqcnn.report.content.score_cards import on_scale
from seqcnn.report.content.score_text import score_text, stratum_text
from seqcnn.report.content.summary import named
from seqcnn.report.content.tables import NOT_DEFINED, Cell, Column, Table
from seqcnn.report.content.verdicts import (
    FEWEST,
    control_score,
    control_sentences,
    controlled,
    fold_sentences,
    stratum_sentences,
    worst_stratum,
)
from seqcnn.report.run.collect import Experiment
from seqcnn.report.run.validate import CONTROLS

_CONTROL_LABELS = {
    "shuffled_bases": "the same model, the bases of each test sequence shuffled",
    "shuffled_dinucleotides": "the same model, the bases shuffled with their neighbours kept",
    "shuffled_targets": "trained and tested anew on shuffled measurements",
}

_SIMPLE = ("gc", "ridge", "boosting")


def control_tables(experiment: Experiment) -> list[Table]:
    """Return the model, the simple models and the controls side by side, a table a target."""
    if experiment.controls is None:
        return []
    return [_controls(experiment, t, target) for t, target in enumerate(experiment.targets)]


def fold_tables(experiment: Experiment) -> list[Table]:
    """Return the scores of the cross-validated models, a table a target."""
    targets = enumerate(experiment.targets)
    return [_folds(experiment, t, target) for t, target in targets] if experiment.folds else []


def _folds(experiment: Experiment, t: int, target: str) -> Table:
    """Return the table of one target."""
    rows = []
    for folds in experiment.folds:
        label, r, n = _row(folds["model"], score_of(folds["scores"][target], "pearson"))
        each = [fold[target]["pearson"] for fold in folds["by_fold"] if fold[target]["pearson"] is not None]
        mean = float(np.mean(each)) if each else None
        sd = float(np.std(each, ddof=1)) if len(each) > 1 else None
        over = [Cell(UNDEFINED if x is None else f"{x:.3f}", x) for x in (mean, sd)]
        rows.append([label, r, *over, Cell(count(folds["folds"]), folds["folds"]), n])
    columns = [Column("Model", "text"), Column("r over all rows", "number", "descending")]
    columns += [Column("Mean of folds", "number", "descending"), Column("SD of folds")]
    columns += [Column("Folds"), Column("n")]
    caption = f"{target}: every row predicted by a model that saw nothing of its cluster"
    return Table(f"folds-{t}", caption, columns, rows, notes=tuple(fold_sentences(experiment, target)))


def stratum_tables(experiment: Experiment) -> list[Table]:
    """Return the scores of the best model on strata of the test rows, a table a target."""
    targets = enumerate(experiment.targets)
    return [_strata(experiment, t, target) for t, target in targets if experiment.strata[target]]


def _strata(experiment: Experiment, t: int, target: str) -> Table:
    """Return the table of one target."""
    best = experiment.best
    scale = float(np.std(experiment.dataset.targets[experiment.measured("test", t), t], dtype=np.float64))
    rows = []
    for stratum, found in zip(experiment.strata[target], best.strata[target], strict=True):
        r, rmse, error = score_of(found, "pearson"), score_of(found, "rmse"), found["mean_error"]
        cells = [Cell(stratum.by), Cell(stratum_text(stratum)), Cell(count(r.n), r.n)]
        shown = Cell(score_text(r, "pearson"), r.value, on_scale(r)) if r.n >= FEWEST else Cell(UNDEFINED)
        cells += [shown, Cell(score_text(rmse, "rmse"), rmse.value)]
        rows.append([*cells, Cell(fixed(error, scale), error)])
    columns = [Column("By", "text"), Column("Test rows", "text"), Column("n")]
    columns += [Column("Pearson r"), Column("RMSE", "number", "descending"), Column("Mean error")]
    return Table(
        f"strata-{t}",
        f"{target}: {best.label} on parts of the test rows",
        columns,
        rows,
        marked=worst_stratum(experiment, target),
        dash=f"fewer than {FEWEST} test rows, or {NOT_DEFINED}",
        notes=tuple(stratum_sentences(experiment, target)),
    )


def _controls(experiment: Experiment, t: int, target: str) -> Table:
    """Return the table of one target."""
    model = controlled(experiment)
    rows = [_row(f"{model.label}: as it is", model.score("test", target, "pearson"))]
    for name in _SIMPLE:
        if member := experiment.member(name, "fit"):
            rows.append(_row(named(member), member.score("test", target, "pearson")))
    rows += [_row(_CONTROL_LABELS[name], control_score(experiment, name, target)) for name in CONTROLS]
    columns = [Column("What is scored", "text"), Column("Pearson r", "number", "descending"), Column("n")]
    caption = f"{target}: controls of {model.label} on test rows"
    ceiling = model.ceiling("test", target)
    return Table(
        f"controls-{t}",
        caption,
        columns,
        rows,
        marked=0,
        ceiling=100 * ceiling["attainable_r"] if ceiling else None,
        notes=tuple(control_sentences(experiment, target)),
    )


def _row(label: str, score: Score) -> list[Cell]:
    """Return one row of a table of scores."""
    return [
        Cell(label),
        Cell(score_text(score, "pearson"), score.value, on_scale(score)),
        Cell(count(score.n), score.n),
    ]
