"""Experiment -> the plain words at the top of the report."""

from __future__ import annotations

import numpy as np

from seqcnn.data.audit import verdict
from seqcnn.data.split.splits import PARTS
from seqcnn.evaluation.learning_curve import limit_of, would_more_help
from seqcnn.evaluation.score import Score
from seqcnn.plotting.formatting import percent, plural
from seqcnn.report.content.compare import difference
from seqcnn.report.content.coverage import coverage_sentence, too_narrow
from seqcnn.report.content.score_text import r_squared, r_squared_interval, score_text
from seqcnn.report.content.verdicts import FEWEST, control_verdict
from seqcnn.report.run.collect import Experiment, Member, validation_score

BASELINES = {
    "mean": "the mean of the training rows",
    "gc": "GC content alone",
    "ridge": "a linear model of k-mer counts",
    "boosting": "boosted trees on k-mer counts",
}
"""What the known baselines are, for a reader who is new to them."""


def sentences(experiment: Experiment) -> list[tuple[str, list[str]]]:
    """Return (heading, sentences) for a reader who knows neither the data nor statistics."""
    answers = [
        ("What was measured", _measured(experiment)),
        ("How good is it?", _best(experiment)),
        ("Can this be believed?", _believable(experiment)),
        ("Can it get better?", _ceilings(experiment)),
        ("Is deep learning worth it?", _depth(experiment)),
    ]
    if experiment.curve:
        answers.append(("Would more data help?", _more_data(experiment)))
    return answers


def conclusion(experiment: Experiment) -> list[str]:
    """Return the best model and its test scores, for people who look at the terminal only."""
    best = experiment.best
    scores = [(t, best.score("test", t, "pearson")) for t in experiment.targets]
    reached = ", ".join(f"{target} r = {score_text(score, 'pearson')}" for target, score in scores)
    lines = [f"best on validation rows: {best.label}; on test rows: {reached}"]
    if best.is_baseline and (deep := experiment.best_of(baseline=False)):
        lines.append(f"{best.label} is a comparator and cannot predict new sequences; {deep.label} can")
    return lines


def _measured(experiment: Experiment) -> list[str]:
    """Say what the data are."""
    data = experiment.dataset
    short, long = int(data.rows.insert_length.min()), int(data.rows.insert_length.max())
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


def _best(experiment: Experiment) -> list[str]:
    """Say what the best model explains, and how it was chosen."""
    best, names = experiment.best, experiment.dataset.target_names
    scores = {target: best.score("test", target, "pearson") for target in experiment.targets}
    text = []
    if shares := [
        f"{r_squared_interval(s)} for {target}" for target, s in scores.items() if s.value is not None
    ]:
        text.append(
            "Of the differences between sequences that it was not trained on, "
            f"{named(best)} explains {'; '.join(shares)}. "
            "This is r², the square of Pearson r; the brackets: what other such sequences would give."
        )
    for target, score in scores.items():
        if score.value is None:
            why = "Pearson r is not defined, because predictions or measurements are all equal"
            text.append(f"{target}: {why}.")
        elif score.low is not None and score.low <= 0:
            text.append(f"{target}: this may be nothing but chance.")
    among = plural(len(experiment.members), "scored fit")
    rule = "score" if validation_score(best, names) is not None else "error"
    text.append(f"It was chosen among {among} by its validation {rule}, never by its test score.")
    return text


def _believable(experiment: Experiment) -> list[str]:
    """Say how much of the test is new to the model, what the controls found, and which rows did what."""
    data, best = experiment.dataset, experiment.best
    text = [f"{verdict(data)}."]
    if "clean" in best.metrics:
        scores = {target: best.score("clean", target, "pearson") for target in experiment.targets}
        enough = {t: s for t, s in scores.items() if s.value is not None and s.n >= FEWEST}
        if shares := [f"{r_squared_interval(score)} for {target}" for target, score in enough.items()]:
            text.append(f"On the test sequences without such a relative it explains {'; '.join(shares)}.")
    text += control_verdict(experiment)
    for t, target in enumerate(experiment.targets):
        if too_narrow(experiment, t) and (said := coverage_sentence(experiment, t)):
            text.append(_about(experiment, target, said))
    train, val, test = (len(data.part(part)) for part in PARTS)
    text.append(
        f"{train:,} sequences taught the models, {val:,} chose between them, and {test:,} were kept aside "
        f"for the score. Split: {data.provenance['split']}."
    )
    return text


def _ceilings(experiment: Experiment) -> list[str]:
    """Say how far the best model is from what the noise of the measurement allows."""
    text = []
    for target in experiment.targets:
        if ceiling := experiment.best.ceiling("test", target):
            share = ceiling["reliability"]
            noise = (
                f"{percent(1 - share)} of the differences are noise of the measurement, as replicates tell"
            )
            reached = _against(experiment.best.score("test", target, "pearson"), ceiling["attainable_r"])
            text.append(_about(experiment, target, f"{noise}; {percent(share)} can be explained{reached}."))
    return text or [
        "No replicates were given: how much of the rest is noise of the measurement is not known."
    ]


def _against(score: Score, limit: float) -> str:
    """Compare a score with the ceiling."""
    if score.value is None:
        return ""
    if score.low is not None and score.low > limit:
        return ". The best model exceeds that, so look for rows that are alike in train and test"
    if score.high is not None and score.high >= limit:
        return ". The best model is there: only better measurements could show a better one"
    return f". The best model explains {percent((max(score.value, 0) / limit) ** 2)} of that"


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
    better = _better_on_test(experiment, target, base)
    words = f"{deep.label} explains {r_squared(a)}, {named(base)} {r_squared(b)}{better}"
    found = difference(experiment, t, deep, base)
    if a.value is None or b.value is None:
        words = (
            f"one of {deep.label} and {named(base)} predicts a constant, for which r is not defined{better}"
        )
    elif found.value is None or found.low is None or found.high is None:
        words = f"too few test sequences to tell: {words}"
    elif found.low <= 0 <= found.high:
        words = f"not clearly: {words}; the difference may be chance"
    else:
        words = f"{'yes' if found.value > 0 else 'no, the simpler model is better'}: {words}"
    return _about(experiment, target, f"{words}.")


def _better_on_test(experiment: Experiment, target: str, base: Member) -> str:
    """Name the comparator with a higher r on test rows than the one that validation rows chose, if any."""
    scores = [(m, m.score("test", target, "pearson")) for m in experiment.members if m.is_baseline]
    best, score = max(scores, key=lambda pair: -np.inf if pair[1].value is None else pair[1].value)
    share, base_share = (r_squared(s) for s in (score, base.score("test", target, "pearson")))
    if best is base or score.value is None or share == base_share:
        return ""
    return f" ({best.label} reaches {share} on the test rows)"


def _more_data(experiment: Experiment) -> list[str]:
    """Say what twice the training data would bring."""
    text = []
    for target in experiment.targets:
        limit = limit_of(experiment.best.ceiling("test", target))
        text.append(_about(experiment, target, would_more_help(experiment.curve or {}, target, limit=limit)))
    return text


def _about(experiment: Experiment, target: str, text: str) -> str:
    """Begin a sentence with its target, if there are several."""
    if len(experiment.targets) > 1:
        return f"For {target}, {text[0].lower()}{text[1:]}"
    return text[0].upper() + text[1:]


def named(member: Member) -> str:
    """Return a member's label, and what it is if it is a known baseline."""
    known = BASELINES.get(member.model) if member.is_baseline else None
    return f"{member.label} ({known})" if known else member.label
