"""Experiment -> sentences that say whether its scores can be believed, for a reader without statistics."""

from __future__ import annotations

from seqcnn.evaluation.score import Score, score_of
from seqcnn.evaluation.strata import FIFTHS
from seqcnn.plotting.formatting import fixed, number, plural
from seqcnn.report.content.score_text import r_text, score_text, stratum_text
from seqcnn.report.run.collect import Experiment, Member

FEWEST = 20
"""Rows of a stratum from which on its r is shown and judged."""

_NEARLY = 0.9  # part of a model's r from which on a simpler model is nearly as good
_CLEARLY = 0.75  # widths of its interval by which r of a stratum is clearly lower: three standard errors
_PULLED = 0.5  # RMSEs of all test rows from which on the mean error of a fifth is large


def controlled(experiment: Experiment) -> Member:
    """Return the member that was controlled; the best one without controls."""
    named = experiment.controls or {}
    return experiment.member(named.get("model", ""), named.get("member", "")) or experiment.best


def control_score(experiment: Experiment, control: str, target: str) -> Score:
    """Return Pearson r of one control."""
    return score_of((experiment.controls or {})["controls"][control][target], "pearson")


def control_sentences(experiment: Experiment, target: str) -> list[str]:
    """Say what the controls of one target mean."""
    if experiment.controls is None:
        return []
    whole = controlled(experiment).score("test", target, "pearson")
    text = [shuffled_measurements(control_score(experiment, "shuffled_targets", target))]
    bases, pairs = (
        control_score(experiment, control, target) for control in ("shuffled_bases", "shuffled_dinucleotides")
    )
    text += _order_of_bases(whole, bases, pairs)
    text += _gc_alone(whole, experiment.member("gc", "fit"), target)
    return text


def control_verdict(experiment: Experiment) -> list[str]:
    """Say in one short sentence what came of shuffled measurements, nothing if that was not tried."""
    if experiment.controls is None:
        return []
    scores = {t: control_score(experiment, "shuffled_targets", t) for t in experiment.targets}
    if names := [target for target, score in scores.items() if leaks(score)]:
        what = f"even shuffled measurements are predicted ({', '.join(names)})"
        return [f"Do NOT trust the scores: {what}, so something in this pipeline leaks."]
    if names := [target for target, score in scores.items() if score.low is not None and score.low > 0]:
        return [f"Shuffled measurements are predicted a little ({', '.join(names)}): see the controls."]
    if any(score.value is not None and score.low is None for score in scores.values()):
        return []
    return ["Shuffled measurements cannot be predicted, as it must be."]


def shuffled_measurements(score: Score) -> str:
    """Say whether a model that was taught shuffled measurements knows nothing, as it must."""
    if score.value is None:
        return "With shuffled measurements the model predicts a constant: nothing, as it must be."
    r = f"r = {score_text(score, 'pearson')}"
    if score.low is None:
        return f"With shuffled measurements {r}: too few sequences to judge."
    if score.low <= 0:
        return f"With shuffled measurements {r}: chance, as it must be."
    if leaks(score):
        return (
            f"With shuffled measurements {r} does NOT include 0: "
            "something in this pipeline leaks, do not trust the scores."
        )
    return (
        f"With shuffled measurements {r} does not include 0, which happens by chance in 1 of 40 runs: "
        "run the controls with another seed, and do not trust the scores if it happens again."
    )


def leaks(score: Score) -> bool:
    """Tell whether r with shuffled measurements is above 0 beyond chance: by twice half its interval."""
    if score.low is None or score.high is None:
        return False
    return score.low > (score.high - score.low) / 2


def fold_sentences(experiment: Experiment, target: str) -> list[str]:
    """Say for each cross-validated model whether the test rows are like all others."""
    text = []
    for folds in experiment.folds:
        r = score_of(folds["scores"][target], "pearson")
        member = next((m for m in experiment.members if m.model == folds["model"]), None)
        test = member.score("test", target, "pearson") if member else None
        if test is None or r.value is None or test.low is None or test.high is None:
            continue
        words = f"r = {score_text(test, 'pearson')} on test rows and {r_text(r)} over all rows"
        if round(r.value, 2) < round(test.low, 2):
            words += ", which is less: the test rows were easier than the rest, believe the lower number"
        elif round(r.value, 2) > round(test.high, 2):
            words += ", which is more: the test rows were harder than the rest, or of another kind"
        else:
            words += ", inside that interval: the test rows are like the rest"
        text.append(f"{folds['model']}: {words}.")
    return text


def worst_stratum(experiment: Experiment, target: str) -> int | None:
    """Return the stratum of the lowest r, if that is clearly below the r of all test rows."""
    whole = experiment.best.score("test", target, "pearson").value
    if whole is None:
        return None
    worse: list[tuple[float, int]] = []
    pairs = zip(experiment.strata[target], experiment.best.strata[target], strict=True)
    for k, (stratum, found) in enumerate(pairs):
        r = score_of(found, "pearson")
        if stratum.is_measured or r.n < FEWEST or r.value is None or r.low is None or r.high is None:
            continue
        if r.high < whole and whole - r.value > _CLEARLY * (r.high - r.low):
            worse.append((r.value, k))
    return min(worse)[1] if worse else None


def stratum_sentences(experiment: Experiment, target: str) -> list[str]:
    """Say where the best model is worst, and whether it pulls extremes to the middle."""
    return [_worst_by_r(experiment, target), *_pulled(experiment, target)]


def _worst_by_r(experiment: Experiment, target: str) -> str:
    """Say where r is lowest, if it is clearly lower than of all test rows."""
    if (k := worst_stratum(experiment, target)) is None:
        return "By r, no part is clearly worse."
    best, stratum, found = experiment.best, experiment.strata[target][k], experiment.best.strata[target][k]
    r, rmse = (score_of(found, metric) for metric in ("pearson", "rmse"))
    whole, error = (best.score("test", target, metric) for metric in ("pearson", "rmse"))
    return (
        f"Clearly worse than the whole where {stratum.by} is {stratum_text(stratum)}: "
        f"r = {score_text(r, 'pearson')} on {plural(r.n, 'test row')}, against {r_text(whole)} on all; "
        f"RMSE {number(rmse.value)} against {number(error.value)}."
    )


def _pulled(experiment: Experiment, target: str) -> list[str]:
    """Say how far the lowest and highest fifths of the measurements are predicted nearer to the middle."""
    whole = experiment.best.score("test", target, "rmse").value
    pairs = zip(experiment.strata[target], experiment.best.strata[target], strict=True)
    fifth = {s.name.split(":")[0]: found["mean_error"] for s, found in pairs if s.is_measured}
    if whole is None or FIFTHS[0] not in fifth:
        return []
    low, high = fifth[FIFTHS[0]], -fifth[FIFTHS[-1]]
    if min(low, high) <= _PULLED * whole:
        return []
    far = f"{fixed(low, whole)} and {fixed(high, whole)}"
    return [f"The lowest and highest measurements are pulled to the middle, by about {far}."]


def _order_of_bases(whole: Score, bases: Score, pairs: Score) -> list[str]:
    """Say what is left of r with the bases of each sequence shuffled."""
    if whole.value is None or bases.value is None:
        return []
    kept = "" if pairs.value is None else f"; with their neighbours kept, it is {r_text(pairs)}"
    if bases.high is not None and whole.low is not None and bases.high < whole.low:
        return [
            "The order of the bases matters: with the bases of each sequence shuffled, "
            f"r falls from {r_text(whole)} to {r_text(bases)}{kept}."
        ]
    return [
        "The order of the bases hardly matters: with the bases of each sequence shuffled, "
        f"r is {r_text(bases)} instead of {r_text(whole)}{kept}. The model sees little but composition."
    ]


def _gc_alone(whole: Score, gc: Member | None, target: str) -> list[str]:
    """Say how far GC content alone comes, if it was fitted."""
    score = gc.score("test", target, "pearson") if gc else None
    if score is None or score.value is None or whole.value is None:
        return []
    if score.value >= _NEARLY * whole.value:
        return [f"A model of GC content alone is nearly as good: r = {r_text(score)}."]
    return [f"GC content alone reaches r = {r_text(score)}."]
