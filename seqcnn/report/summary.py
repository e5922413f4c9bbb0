"""Experiment -> the plain words and the score cards at the top of the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqcnn.data.audit import verdict
from seqcnn.data.splits import PARTS
from seqcnn.report.collect import Experiment, Member, Score, validation_score
from seqcnn.report.compare import difference
from seqcnn.report.words import percent, plural, score_text, signed

BASELINES = {
    "mean": "the mean of the training rows",
    "gc": "GC content alone",
    "ridge": "a linear model of k-mer counts",
    "boosting": "boosted trees on k-mer counts",
}
"""What the known baselines are, for a reader who is new to them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of a score card, and its mark on the scale from 0 to 1."""

    kind: str
    """`best`, `other` or `ceiling`."""
    label: str
    text: str
    at: tuple[float, float, float] | None
    """Low, value and high on a scale of 0 to 100; None if undefined."""


@dataclass(frozen=True, slots=True)
class Card:
    """What was reached for one target on test rows."""

    target: str
    unit: str
    n: int
    marks: list[Mark]


def sentences(experiment: Experiment) -> list[tuple[str, list[str]]]:
    """Return (heading, sentences) for a reader who has never seen the data."""
    return [
        ("What was measured", _measured(experiment)),
        ("How it was split", _split(experiment)),
        ("Best model", _best(experiment)),
        ("Against the replicates", _ceilings(experiment)),
        ("What deep learning adds", _depth(experiment)),
    ]


def conclusion(experiment: Experiment) -> list[str]:
    """Return the best model and its test scores, for people who look at the terminal only."""
    best = experiment.best
    scores = [(t, best.score("test", t, "pearson")) for t in experiment.targets]
    reached = ", ".join(f"{target} r = {score_text(score, 'pearson')}" for target, score in scores)
    lines = [f"best on validation rows: {best.label}; on test rows: {reached}"]
    if best.is_baseline and (deep := experiment.best_of(baseline=False)):
        lines.append(f"{best.label} is a comparator and cannot predict new sequences; {deep.label} can")
    return lines


def cards(experiment: Experiment) -> list[Card]:
    """Return a score card a target."""
    units = dict(zip(experiment.dataset.target_names, experiment.dataset.units, strict=True))
    n = {target: experiment.best.score("test", target, "pearson").n for target in experiment.targets}
    return [
        Card(target, units[target], n[target], _marks(experiment, target)) for target in experiment.targets
    ]


def on_scale(score: Score) -> tuple[float, float, float] | None:
    """Return low, value and high of an r as positions from 0 to 100."""
    if score.value is None:
        return None
    bounds = (score.low, score.value, score.high)
    low, value, high = (round(100 * min(max(score.value if x is None else x, 0.0), 1.0), 2) for x in bounds)
    return low, value, high


def _marks(experiment: Experiment, target: str) -> list[Mark]:
    """Return the best model, the best comparator and the ceiling of one target."""
    shown = [("best", "best model", experiment.best)]
    if other := experiment.best_of(baseline=not experiment.best.is_baseline):
        shown.append(("other", "best without deep learning" if other.is_baseline else "best network", other))
    marks = []
    for kind, what, member in shown:
        score = member.score("test", target, "pearson")
        marks.append(Mark(kind, f"{what}: {member.label}", score_text(score, "pearson"), on_scale(score)))
    if ceiling := experiment.best.ceiling("test", target):
        r = ceiling["attainable_r"]
        marks.append(Mark("ceiling", "reachable at best, from replicates", f"{r:.2f}", (100 * r,) * 3))
    return marks


def _measured(experiment: Experiment) -> list[str]:
    """Say what the data are."""
    data = experiment.dataset
    short, long = int(data.rows.size.min()), int(data.rows.size.max())
    length = f"{short} bp" if short == long else f"{short} to {long} bp"
    pairs = zip(experiment.targets, data.units, strict=False)
    names = ", ".join(f"{name} ({unit})" if unit else name for name, unit in pairs)
    rest = len(data.target_names) - len(experiment.targets)
    names += f" and {rest} more, which metrics.json holds" if rest else ""
    what = (
        "one measurement each"
        if len(data.target_names) == 1
        else f"{len(data.target_names)} measurements each"
    )
    text = [f"{plural(len(data), 'DNA sequence')} of {length}, with {what}: {names}."]
    if missing := int((~np.isfinite(data.targets)).sum()):
        text.append(f"{plural(missing, 'measurement')} are missing and were left out.")
    return text


def _split(experiment: Experiment) -> list[str]:
    """Say which rows did what."""
    train, val, test = (len(experiment.dataset.part(part)) for part in PARTS)
    return [
        f"Split: {experiment.dataset.provenance['split']}.",
        f"{train:,} sequences taught the models (train), {val:,} chose between them (val), and {test:,} were "
        "kept aside for the score (test): no model was fitted to these or chosen by them.",
        f"{verdict(experiment.dataset)}.",
    ]


def _best(experiment: Experiment) -> list[str]:
    """Say which model is best, how it was chosen, and what it reaches."""
    best, names = experiment.best, experiment.dataset.target_names
    r = validation_score(best, names)
    mean = "mean Pearson r" if len(names) > 1 else "Pearson r"
    rule = f"by its validation score ({mean} {r:.2f})" if r is not None else "by its validation error"
    among = plural(len(experiment.members), "scored fit")
    text = [f"{named(best)}, chosen {rule} among {among}, never by its test score."]
    scores = {target: best.score("test", target, "pearson") for target in experiment.targets}
    reached = [
        f"r = {score_text(score, 'pearson')} for {target} (n = {score.n:,})"
        for target, score in scores.items()
        if score.value is not None
    ]
    if reached:
        text.append(f"On test sequences, predicted and measured correlate with {'; '.join(reached)}.")
        text.append("1 is perfect and 0 is chance; the brackets hold the 95% interval.")
    for target in (target for target, score in scores.items() if score.value is None):
        text.append(f"{target}: Pearson r is not defined, because predictions or measurements are all equal.")
    return text


def _ceilings(experiment: Experiment) -> list[str]:
    """Say how far the best model is from what the noise of the measurement allows."""
    text = []
    for target in experiment.targets:
        ceiling = experiment.best.ceiling("test", target)
        score = experiment.best.score("test", target, "pearson")
        if not ceiling:
            continue
        r, limit = ceiling["replicate_r"], ceiling["attainable_r"]
        noise = f"replicates agree with r = {r:.2f}, so noise keeps even a perfect model near r = {limit:.2f}"
        text.append(f"{target}: {noise}{_against(score, limit)}.")
    return text or [
        "No replicates were given: how much of the rest is noise of the measurement is not known."
    ]


def _against(score: Score, limit: float) -> str:
    """Compare a score with the ceiling."""
    if score.value is None:
        return ""
    if score.low is not None and score.low > limit:
        return "; the best model exceeds that, so look for rows that are alike in train and test"
    if score.high is not None and score.high >= limit:
        return "; the best model's interval includes that limit"
    return f"; the best model reaches {percent(score.value / limit)} of that"


def _depth(experiment: Experiment) -> list[str]:
    """Say what networks gain over the best comparator, both chosen on validation rows."""
    deep, base = experiment.best_of(baseline=False), experiment.best_of(baseline=True)
    if deep is None:
        return ["No network was trained in this run."]
    if base is None:
        return ["No comparator without deep learning was fitted, so this run cannot tell."]
    return [_compare(experiment, t, deep, base) for t in range(len(experiment.targets))]


def _compare(experiment: Experiment, t: int, deep: Member, base: Member) -> str:
    """Compare two members on the same resamples of the test rows of one target."""
    target = experiment.targets[t]
    a, b = (member.score("test", target, "pearson") for member in (deep, base))
    words = (
        f"{target}: {deep.label} reaches r = {score_text(a, 'pearson')}, "
        f"{named(base)} r = {score_text(b, 'pearson')}"
    )
    if a.value is None or b.value is None:
        return f"{words}. One of the two predicts a constant, for which r is not defined."
    found = difference(experiment, t, deep, base)
    if found.value is None or found.low is None or found.high is None:
        return f"{words}. Without intervals the two cannot be told apart with confidence."
    gain = signed(found.value, found.low, found.high)
    if found.low <= 0 <= found.high:
        return (
            f"{words}. The difference on the same rows, {gain}, may be 0: these data do not separate the two."
        )
    if found.value > 0:
        return f"{words}. Deep learning gains {gain} in r on the same rows."
    return f"{words}. The simpler model is better; the difference in r on the same rows is {gain}."


def named(member: Member) -> str:
    """Return a member's label, and what it is if it is a known baseline."""
    known = BASELINES.get(member.model) if member.is_baseline else None
    return f"{member.label} ({known})" if known else member.label
