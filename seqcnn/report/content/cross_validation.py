"""Cross-validation: scores over all rows and per fold, against the score on the test set."""

from __future__ import annotations

import numpy as np

from seqcnn.data.split.splits import UNTESTED
from seqcnn.errors import counted
from seqcnn.evaluation.score import score_of
from seqcnn.plotting.formatting import UNDEFINED, count
from seqcnn.report.content.score_text import r_text, score_text
from seqcnn.report.content.tables import Cell, Column, Table, pearson_cells
from seqcnn.report.run.members import Run


def fold_tables(run: Run) -> list[Table]:
    """Return the scores of the cross-validated models, one table per target."""
    return [_table(run, t, target) for t, target in enumerate(run.targets)] if run.folds else []


def fold_sentences(run: Run, target: str) -> list[str]:
    """Return, for each cross-validated model, how the test set compares with all rows."""
    sentences = []
    for folds in run.folds:
        r = score_of(folds["scores"][target], "pearson")
        member = next((m for m in run.members if m.model == folds["model"]), None)
        test = member.score("test", target, "pearson") if member else None
        if test is None or r.value is None or test.low is None or test.high is None:
            continue
        scores = f"r = {score_text(test, 'pearson')} on the test set and {r_text(r)} over all folds"
        if round(r.value, 2) < round(test.low, 2):
            verdict = "below that interval: rely on the lower score"
        elif round(r.value, 2) > round(test.high, 2):
            verdict = "above that interval"
        else:
            verdict = "within that interval"
        sentences.append(f"{folds['model']}: {scores}, {verdict}.")
    return sentences


def _leakage(run: Run) -> list[str]:
    """Return the verdict on leakage between folds, and the rows without a prediction, of each model."""
    verdicts = [f"{folds['model']}: {folds['verdict']}." for folds in run.folds]
    return verdicts + [
        f"{folds['model']}: {counted(folds['untested'], 'rows are')} tested by no fold: {UNTESTED}."
        for folds in run.folds
        if folds["untested"]
    ]


def _table(run: Run, t: int, target: str) -> Table:
    """Return the table of one target."""
    rows = []
    for folds in run.folds:
        r, n = pearson_cells(score_of(folds["scores"][target], "pearson"))
        by_fold = [fold[target]["pearson"] for fold in folds["by_fold"]]
        defined = [value for value in by_fold if value is not None]
        mean = float(np.mean(defined)) if defined else None
        sd = float(np.std(defined, ddof=1)) if len(defined) > 1 else None
        numbers = [Cell(UNDEFINED if x is None else f"{x:.3f}", x) for x in (mean, sd)]
        rows.append([Cell(folds["model"]), r, *numbers, Cell(count(folds["folds"]), folds["folds"]), n])
    columns = [Column("Model", "text"), Column("r over all rows", "number", "descending")]
    columns += [Column("Mean of folds", "number", "descending"), Column("SD of folds")]
    columns += [Column("Folds"), Column("n")]
    caption = f"{target}: out-of-fold predictions, by models that were not trained on the row's cluster"
    return Table(f"folds-{t}", caption, columns, rows, notes=(*fold_sentences(run, target), *_leakage(run)))
