"""The sentences at the top of the report."""

from __future__ import annotations

import numpy as np

from seqcnn.data.assay.noise_ceiling import no_ceiling_reason, scored_replicates
from seqcnn.data.audit import verdict
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import counted, plural
from seqcnn.evaluation.learning_curve import max_r, more_data_verdict
from seqcnn.evaluation.score import Score, too_few_rows
from seqcnn.plotting.formatting import percent
from seqcnn.report.content.comparison import difference
from seqcnn.report.content.controls import control_summary
from seqcnn.report.content.coverage import coverage_sentence, too_narrow
from seqcnn.report.content.leakage import source_sentences
from seqcnn.report.content.score_text import r_squared, r_squared_interval, scale_note, score_text
from seqcnn.report.content.strata import MIN_STRATUM_ROWS
from seqcnn.report.content.tables import named
from seqcnn.report.run.collect import validation_score
from seqcnn.report.run.members import Member, Run


def summary(run: Run) -> list[tuple[str, list[str]]]:
    """Return (heading, sentences) for a reader who knows neither the data nor statistics."""
    answers = [
        ("What was measured", _data(run)),
        ("How good are the predictions?", _performance(run)),
        ("Can the score be trusted?", _validity(run)),
        ("How far is the noise ceiling?", _noise_ceilings(run)),
        ("Is deep learning better than the baselines?", _network_against_baseline(run)),
    ]
    if run.curve:
        answers.append(("Would more data help?", _more_data(run)))
    return answers


def conclusion(run: Run) -> list[str]:
    """Return the best model and its test scores, for the terminal."""
    best = run.best
    scores = [(t, best.score("test", t, "pearson")) for t in run.targets]
    r = ", ".join(f"{target} r = {score_text(score, 'pearson')}" for target, score in scores)
    lines = [f"best validation score: {best.label}; on test rows: {r}"]
    lines += [_better(run, target) for target in run.targets if run.best_for(target) not in (best, None)]
    if best.is_baseline and not best.header and (network := run.best_of(baseline=False)):
        lines.append(
            f"{best.label} is a baseline and has no bundle to predict new sequences with; {network.label} has"
        )
    return lines


def _better(run: Run, target: str) -> str:
    """Return which model is better than the best over all targets for one of them."""
    members = [member for member in (run.best_for(target), run.best) if member]
    r = [score_text(member.score("val", target, "pearson"), "pearson") for member in members]
    better = f"{members[0].label} is better on validation rows, r = {r[0]}"
    return f"{target}: {better}, than {run.best.label}, {r[1]}"


def _data(run: Run) -> list[str]:
    """Return the number and length of sequences and the measurements."""
    data = run.dataset
    short, long = int(data.rows.insert_length.min()), int(data.rows.insert_length.max())
    length = f"{short} bp" if short == long else f"{short} to {long} bp"
    pairs = zip(run.targets, data.units, strict=False)
    names = ", ".join(f"{name} ({unit})" if unit else name for name, unit in pairs)
    rest = len(data.target_names) - len(run.targets)
    names += f" and {rest} more, which metrics.json holds" if rest else ""
    count = len(data.target_names)
    measurements = "one measurement each" if count == 1 else f"{count} measurements each"
    sentences = [f"{plural(len(data), 'DNA sequence')} of {length}, with {measurements}: {names}."]
    if missing := int((~np.isfinite(data.targets)).sum()):
        sentences.append(f"{counted(missing, 'measurements are')} missing and left out.")
    return sentences


def _performance(run: Run) -> list[str]:
    """Return the explained variance of the best model, and how it was selected."""
    best = run.best
    scores = {target: best.score("test", target, "pearson") for target in run.targets}
    sentences = []
    defined = {target: score for target, score in scores.items() if score.value is not None}
    if shares := [
        f"{r_squared_interval(s)} of the variance of {target}{_scale_note(best, 'test', target)}"
        for target, s in defined.items()
    ]:
        sentences.append(
            f"On the test set, {named(best)} explains {'; '.join(shares)}. "
            "This is r², the square of Pearson r, with its 95% interval."
        )
    for target, score in scores.items():
        if score.value is None:
            few = too_few_rows(score.n)
            why = few or "not defined, because predictions or measurements are constant"
            sentences.append(f"{target}: Pearson r is {why}.")
        elif score.low is not None and score.low <= 0:
            sentences.append(f"{target}: the interval of r includes 0, so the score may be due to chance.")
    fits = plural(len(run.members), "scored fit")
    rule = "score" if validation_score(best, run.dataset.target_names) is not None else "error"
    sentences.append(f"It was selected among {fits} by its validation {rule}, not by its test score.")
    return sentences


def _validity(run: Run) -> list[str]:
    """Return what is known of leakage, controls and coverage, and the sizes of the split."""
    data, best = run.dataset, run.best
    sentences = [f"{verdict(data)}.", *source_sentences(run)]
    if "clean" in best.metrics:
        scores = {target: best.score("clean", target, "pearson") for target in run.targets}
        enough = {t: s for t, s in scores.items() if s.value is not None and s.n >= MIN_STRATUM_ROWS}
        if shares := [
            f"{r_squared_interval(score)} for {target}{_scale_note(best, 'clean', target)}"
            for target, score in enough.items()
        ]:
            text = "On test sequences that share nothing with training sequences, the best model explains"
            sentences.append(f"{text} {'; '.join(shares)}.")
    sentences += control_summary(run)
    for t, target in enumerate(run.targets):
        if too_narrow(run, t) and (sentence := coverage_sentence(run, t)):
            sentences.append(_about(run, target, sentence))
    train, val, test = (len(data.part(part)) for part in PARTS)
    kept = len(data.part("calibration")) if data.has_calibration_rows else 0
    use = f" ({val - kept:,} choose the model, {kept:,} only calibrate its intervals)" if kept else ""
    sentences.append(
        f"{train:,} training, {val:,} validation{use} and {test:,} test sequences. "
        f"Split: {data.provenance['split']}."
    )
    return sentences


def _noise_ceilings(run: Run) -> list[str]:
    """Return how far the best model is from the noise ceiling of each target."""
    sentences = []
    for t, target in enumerate(run.targets):
        ceiling, score = run.best.ceiling("test", target), run.best.score("test", target, "pearson")
        if ceiling:
            share, n = ceiling["reliability"], ceiling.get("n", score.n)
            rows = f" of {n:,.0f} of the {score.n:,} test rows" if n < score.n else ""
            noise = (
                f"{percent(1 - share)} of the variance is measurement noise, estimated from replicates{rows}"
            )
            reached = _against_ceiling(score, ceiling["attainable_r"], _scale_note(run.best, "test", target))
            sentences.append(_about(run, target, f"{noise}; {percent(share)} can be explained{reached}."))
        elif np.isfinite(run.dataset.replicates[:, t]).any():
            reason = no_ceiling_reason(scored_replicates(run.dataset, run.dataset.part("test"), t))
            sentences += [_about(run, target, f"Not known: {reason}, among the test rows.")] if reason else []
    return sentences or ["Not known: the dataset has no replicates to estimate measurement noise from."]


def _scale_note(member: Member, part: str, target: str) -> str:
    """Return whether the scale of a member's predictions is wrong, as the end of a share of variance."""
    return scale_note(*(member.score(part, target, metric) for metric in ("pearson", "r2")))


def _against_ceiling(score: Score, limit: float, note: str) -> str:
    """Return the relation of a score to the noise ceiling, as the end of a sentence."""
    if score.value is None:
        return ""
    if score.low is not None and score.low > limit:
        return ". The best model exceeds this: check for similar sequences in training and test rows"
    if score.high is not None and score.high >= limit:
        return ". The interval of the best model includes this noise ceiling"
    return f". The best model explains {percent((max(score.value, 0) / limit) ** 2)} of that{note}"


def _network_against_baseline(run: Run) -> list[str]:
    """Return the gain of the best network over the best baseline, both chosen on validation rows."""
    network, baseline = run.best_of(baseline=False), run.best_of(baseline=True)
    if network is None:
        return ["No network was trained in this run."]
    if baseline is None:
        return ["Not known: no baseline was fitted in this run."]
    return [_compare(run, t, network, baseline) for t in range(len(run.targets))]


def _compare(run: Run, t: int, network: Member, baseline: Member) -> str:
    """Compare two members on the same resamples of the test rows of one target."""
    target = run.targets[t]
    a, b = (member.score("test", target, "pearson") for member in (network, baseline))
    better = _better_on_test(run, target, baseline)
    notes = [_scale_note(member, "test", target) for member in (network, baseline)]
    shares = f"{network.label} explains {r_squared(a)}{notes[0]}, "
    shares += f"{named(baseline)} {r_squared(b)}{notes[1]}{better}"
    gain = difference(run, t, network, baseline)
    if few := too_few_rows(a.n):
        text = f"not known: r is {few}"
    elif a.value is None or b.value is None:
        text = (
            f"one of {network.label} and {named(baseline)} predicts a constant, "
            f"for which r is not defined{better}"
        )
    elif gain.value is None or gain.low is None or gain.high is None:
        text = f"too few test clusters to compare: {shares}"
    elif gain.low <= 0 <= gain.high:
        text = f"not clearly: {shares}; the 95% interval of the difference includes 0"
    else:
        text = f"{'yes' if gain.value > 0 else 'no, the baseline is better'}: {shares}"
    return _about(run, target, f"{text}.")


def _better_on_test(run: Run, target: str, baseline: Member) -> str:
    """Return the baseline with a higher test r than the one chosen on validation rows, if any."""
    scores = [(m, m.score("test", target, "pearson")) for m in run.members if m.is_baseline]
    best, score = max(scores, key=lambda pair: -np.inf if pair[1].value is None else pair[1].value)
    share, chosen = r_squared(score), r_squared(baseline.score("test", target, "pearson"))
    if best is baseline or score.value is None or share == chosen:
        return ""
    return f" ({best.label} reaches {share} on the test set)"


def _more_data(run: Run) -> list[str]:
    """Return the predicted gain with twice the training data."""
    sentences = []
    for target in run.targets:
        limit = max_r(run.best.ceiling("test", target))
        sentences.append(_about(run, target, more_data_verdict(run.curve or {}, target, limit=limit)))
    return sentences


def _about(run: Run, target: str, text: str) -> str:
    """Begin a sentence with its target, if there are several."""
    if len(run.targets) > 1:
        return f"For {target}, {text[0].lower()}{text[1:]}"
    return text[0].upper() + text[1:]
