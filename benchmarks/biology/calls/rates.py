"""False-positive rate and sensitivity of the calls of measured mutants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.biology.calls.measured import Called
from benchmarks.biology.calls.mutants import Z
from benchmarks.biology.page import table
from seqcnn.evaluation.evaluate import bootstrap_scores
from seqcnn.evaluation.resampling import N_RESAMPLES, mean_interval
from seqcnn.genome.variant.effects import CALLS

CLEAR = 4.0
"""Multiple of the noise above which a measured effect is clear."""

HEADS = (
    "alpha",
    "false-positive rate",
    f"sensitivity, beyond {Z:g} SD",
    f"sensitivity, beyond {CLEAR:g} SD",
    "sign of true positives right",
    "uncertain",
)

NOTE = """{n:,} mutants of {families} families; {true:.1%} of their measured effects are beyond the noise
(median SD {noise:.2f} log2 units).  r of held-out sequences, predicted against measured: {r:.3f}.
r of effects, predicted against measured: {pearson}, rho {spearman}.  {sign:.1%}
of the true effects have the predicted sign.  Area under the ROC curve of the absolute predicted effect, for
a true one: {auc:.3f} (0.5 by chance)."""


def section(called: Called) -> str:
    """Return the text and the table of one library."""
    effect, noise, predicted = (np.array(values) for values in _columns(called))
    groups = np.array([mutant.family for mutant in called.mutants])
    true = np.abs(effect) > Z * noise
    score = bootstrap_scores(
        effect, predicted, groups, seed=1, resamples=N_RESAMPLES, metrics=["pearson", "spearman"]
    )
    note = NOTE.format(
        n=len(effect), families=len(set(groups)), true=true.mean(), noise=np.median(noise),
        r=np.corrcoef(called.y, called.y_hat)[0, 1],
        pearson=_interval(**score["pearson"]), spearman=_interval(**score["spearman"]),
        sign=(np.sign(effect) == np.sign(predicted))[true].mean(),
        auc=roc_auc_score(true, np.abs(predicted)),
    )  # fmt: skip
    rows = []
    for alpha, texts in called.calls.items():
        is_effect = np.array(texts) == CALLS[0]
        sets = [(~true, is_effect), (true, is_effect), (np.abs(effect) > CLEAR * noise, is_effect)]
        sets.append((true & is_effect, np.sign(effect) == np.sign(predicted)))
        cells = [_fraction(value[rows_of], groups[rows_of]) for rows_of, value in sets]
        rows.append([f"{alpha:g}", *cells, f"{(np.array(texts) == CALLS[2]).mean():.3f}"])
    return f"{note}\n\n{table(HEADS, rows)}"


def _columns(called: Called) -> tuple[Sequence[float], ...]:
    """Return measured effects, their noise, and predicted effects."""
    return [m.effect for m in called.mutants], [m.noise for m in called.mutants], called.predicted


def _fraction(values: np.ndarray, groups: np.ndarray) -> str:
    """Return a fraction with its interval over families, and the number of mutants."""
    if not len(values):
        return "- (of 0)"
    bounds = mean_interval(values.astype(float), groups)
    text = f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
    return f"{values.mean():.3f}{text} of {len(values):,}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    """Return a score with its interval."""
    return f"{value:.3f} ({low:.3f} to {high:.3f})" if low is not None else f"{value:.3f}"
