"""Controls: the score with shuffled measurements, with shuffled sequences, and of simple baselines."""

from __future__ import annotations

from seqcnn.evaluation.score import Score, score_of, too_few_rows
from seqcnn.report.content.score_text import r_text, score_text
from seqcnn.report.content.tables import Cell, Column, Table, named, pearson_cells
from seqcnn.report.run.members import Member, Run
from seqcnn.report.run.validate import CONTROLS

CONTROL_LABELS = {
    "shuffled_bases": "test sequences shuffled",
    "shuffled_dinucleotides": "test sequences shuffled, dinucleotide counts preserved",
    "shuffled_targets": "trained and tested on shuffled measurements",
}
"""Control -> its row in the table."""

SIMPLE_BASELINES = ("gc", "ridge", "boosting")
"""Baselines beside the controls, if they were fitted."""

_AGAIN = "repeat the controls with a model of another seed"
_MAX_UNDETECTED = 0.2  # upper bound of r with shuffled measurements above which the control shows little
_SIMILAR_SCORE = 0.9  # fraction of the model's r above which a baseline is nearly as good


def control_tables(run: Run) -> list[Table]:
    """Return the model, simple baselines and controls side by side, one table per target."""
    if run.controls is None:
        return []
    return [_table(run, t, target) for t, target in enumerate(run.targets)]


def control_sentences(run: Run, target: str) -> list[str]:
    """Return what the controls of one target show."""
    if run.controls is None:
        return []
    score = controlled_member(run).score("test", target, "pearson")
    bases, dinucleotides = (
        control_score(run, control, target) for control in ("shuffled_bases", "shuffled_dinucleotides")
    )
    return [
        shuffled_targets_sentence(control_score(run, "shuffled_targets", target)),
        *_base_order(score, bases, dinucleotides),
        *_gc_content(score, run.member("gc", "fit"), target),
    ]


def control_summary(run: Run) -> list[str]:
    """Return one sentence on the control with shuffled measurements; none if it was not run."""
    if run.controls is None:
        return []
    scores = {target: control_score(run, "shuffled_targets", target) for target in run.targets}
    if names := [target for target, score in scores.items() if indicates_leakage(score)]:
        what = f"a model trained on shuffled measurements predicts them ({', '.join(names)})"
        return [f"Do NOT trust the scores: {what}, which indicates leakage in the pipeline."]
    if names := [target for target, score in scores.items() if score.low is not None and score.low > 0]:
        what = f"predicts them slightly ({', '.join(names)})"
        return [f"A model trained on shuffled measurements {what}: see the controls."]
    if names := [target for target, score in scores.items() if score.high is not None and score.high < 0]:
        what = f"r is below 0 ({', '.join(names)}), where an interval that includes 0 is expected"
        return [f"The control with shuffled measurements shows nothing: {what}; see the controls."]
    if any(too_few_rows(score.n) for score in scores.values()):
        return []
    if any(score.value is not None and score.low is None for score in scores.values()):
        return []
    highs = {target: score.high for target, score in scores.items() if score.high is not None}
    if unclear := {target: high for target, high in highs.items() if high > _MAX_UNDETECTED}:
        what = f"r up to {max(unclear.values()):.2f} is not excluded ({', '.join(unclear)})"
        return [f"A model trained on shuffled measurements does not clearly predict them, but {what}."]
    return ["A model trained on shuffled measurements does not predict them, as expected."]


def controlled_member(run: Run) -> Member:
    """Return the member that the controls are of; the best one without controls."""
    names = run.controls or {}
    return run.member(names.get("model", ""), names.get("member", "")) or run.best


def control_score(run: Run, control: str, target: str) -> Score:
    """Return Pearson r of one control."""
    return score_of((run.controls or {})["controls"][control][target], "pearson")


def shuffled_targets_sentence(score: Score) -> str:
    """Return whether a model trained on shuffled measurements scores above chance."""
    if few := too_few_rows(score.n):
        return f"Trained on shuffled measurements, r is {few}."
    if score.value is None:
        return "Trained on shuffled measurements, the model predicts a constant, as expected."
    r = f"Trained on shuffled measurements, r = {score_text(score, 'pearson')}"
    if score.low is None:
        return f"{r}: too few sequences to judge."
    if score.high is not None and score.high < 0:
        below = f"the interval excludes 0, with only {score.n:,} test rows; r near 0 is expected"
        return f"{r}: {below}. Nothing can be concluded: {_AGAIN}, or with more test rows."
    if score.low <= 0:
        return f"{r}: {_includes_0(score)}."
    if indicates_leakage(score):
        return f"{r} is clearly above 0: this indicates leakage in the pipeline; do NOT trust the scores."
    return (
        f"{r} is above 0, which happens by chance in 1 of 40 runs: {_AGAIN}, "
        "and do not trust the scores if r is above 0 again."
    )


def _includes_0(score: Score) -> str:
    """Return what an interval that includes 0 shows: little, if it is wide."""
    if score.high is not None and score.high > _MAX_UNDETECTED:
        return f"the interval includes 0, but r up to {score.high:.2f} is not excluded, so this shows little"
    return "the interval includes 0, as expected"


def indicates_leakage(score: Score) -> bool:
    """Return whether r with shuffled measurements is above 0 by at least twice half its interval."""
    if score.low is None or score.high is None:
        return False
    return score.low > (score.high - score.low) / 2


def _table(run: Run, t: int, target: str) -> Table:
    """Return the table of one target."""
    model = controlled_member(run)
    rows = [_row(f"{model.label}: unchanged", model.score("test", target, "pearson"))]
    for name in SIMPLE_BASELINES:
        if member := run.member(name, "fit"):
            rows.append(_row(named(member), member.score("test", target, "pearson")))
    rows += [_row(CONTROL_LABELS[name], control_score(run, name, target)) for name in CONTROLS]
    columns = [Column("Model or control", "text"), Column("Pearson r", "number", "descending"), Column("n")]
    ceiling = model.ceiling("test", target)
    return Table(
        f"controls-{t}",
        f"{target}: controls of {model.label} on test rows",
        columns,
        rows,
        marked=0,
        ceiling=100 * ceiling["attainable_r"] if ceiling else None,
        notes=tuple(control_sentences(run, target)),
    )


def _row(label: str, score: Score) -> list[Cell]:
    """Return one row of the table."""
    return [Cell(label), *pearson_cells(score)]


def _base_order(score: Score, bases: Score, dinucleotides: Score) -> list[str]:
    """Return how far r falls when the bases of each test sequence are shuffled.

    One of the two shuffles is enough: each keeps the composition, so the order has an effect if r falls.
    """
    if score.value is None or bases.value is None:
        return []
    kept = "" if dinucleotides.value is None else f" ({r_text(dinucleotides)} with dinucleotides preserved)"
    highs = [shuffled.high for shuffled in (bases, dinucleotides) if shuffled.high is not None]
    if highs and score.low is not None and min(highs) < score.low:
        fall = f"r falls from {r_text(score)} to {r_text(bases)}{kept}"
        return [f"Base order matters: with shuffled test sequences {fall}."]
    change = f"r is {r_text(bases)} instead of {r_text(score)}{kept}"
    return [f"No clear effect of base order: with shuffled test sequences {change}."]


def _gc_content(score: Score, baseline: Member | None, target: str) -> list[str]:
    """Return the score of GC content alone, if that baseline was fitted."""
    gc = baseline.score("test", target, "pearson") if baseline else None
    if gc is None or gc.value is None or score.value is None:
        return []
    if gc.value >= score.value:
        return [f"GC content alone is at least as good: r = {r_text(gc)} against {r_text(score)}."]
    if gc.value >= _SIMILAR_SCORE * score.value:
        return [f"GC content alone is nearly as good: r = {r_text(gc)}."]
    return [f"GC content alone reaches r = {r_text(gc)}."]
