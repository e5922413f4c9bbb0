"""Experiment -> the tables that say how far its scores can be believed: comparisons, seeds, leakage."""

from __future__ import annotations

import numpy as np

from seqcnn.data.audit import count_by_identity, leakage_mask, most_similar_pairs
from seqcnn.evaluation.multiple_testing import holm
from seqcnn.plotting.formatting import UNDEFINED, count, percent
from seqcnn.report.content.compare import Difference, differences, spreads
from seqcnn.report.content.coverage import MIDDLE, best_calibrated, calibration, coverage_sentence, inside
from seqcnn.report.content.score_cards import on_scale
from seqcnn.report.content.score_text import difference_text, score_text, stratum_text
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.run.collect import Experiment, Member

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Levels of prediction intervals whose coverage is shown."""

THIRDS = ("low", "middle", "high")
"""Thirds of the predictions."""


def comparison_tables(experiment: Experiment) -> list[Table]:
    """Return every model against the best one on the same rows, and the spread over seeds, by target."""
    found = []
    for t, target in enumerate(experiment.targets):
        found.append(_against_best(experiment, t, target))
        found += _spread(experiment, t, target)
    return found


def coverage_tables(experiment: Experiment) -> list[Table]:
    """Return how many test measurements lie in the prediction intervals of each network, by target."""
    targets = enumerate(experiment.targets)
    return [table for t, target in targets for table in _coverage(experiment, t, target)]


def coverage_by_stratum(experiment: Experiment) -> list[Table]:
    """Return how many measurements of each stratum lie in the intervals of the best network, by target."""
    targets = enumerate(experiment.targets)
    return [table for t, target in targets for table in _stratum_coverage(experiment, t, target)]


def _coverage(experiment: Experiment, t: int, target: str) -> list[Table]:
    """Return the table of one target, if a network is calibrated for it."""
    n = len(experiment.measured("test", t))
    members = [m for m in experiment.members if calibration(m, target) and n >= len(THIRDS)]
    rows = []
    for member in members:
        shares = _shares(experiment, member, t)
        cells = [Cell(UNDEFINED if share is None else percent(share), share) for share in shares]
        rows.append([Cell(member.label), *cells])
    columns = [Column("Model", "text"), *(Column(f"{level:.0%}") for level in LEVELS)]
    columns += [Column(f"{MIDDLE:.0%}, {third} third") for third in THIRDS]
    caption = f"{target}: part of the {n:,} test measurements inside the prediction interval of each level"
    dash = "too few validation rows for that level"
    said = coverage_sentence(experiment, t)
    notes = (said,) if said else ()
    return [Table(f"coverage-{t}", caption, columns, rows, dash=dash, notes=notes)] if rows else []


def _shares(experiment: Experiment, member: Member, t: int) -> list[float | None]:
    """Return coverage at every level, then at one level in each third of the predictions."""
    at = experiment.measured("test", t)
    held = {level: inside(experiment, member, t=t, at=at, level=level) for level in LEVELS}
    thirds = np.array_split(np.argsort(member.y_hat[at, t], kind="stable"), len(THIRDS))
    middle = held[MIDDLE]
    parts = [*held.values(), *(None if middle is None else middle[third] for third in thirds)]
    return [None if part is None else float(part.mean()) for part in parts]


def _stratum_coverage(experiment: Experiment, t: int, target: str) -> list[Table]:
    """Return the table of one target, if a network is calibrated for it."""
    if (member := best_calibrated(experiment, target)) is None:
        return []
    rows = []
    for stratum in experiment.strata[target]:
        held = inside(experiment, member, t=t, at=stratum.rows, level=MIDDLE)
        if held is None:
            return []
        share, n = float(held.mean()), len(held)
        names = [Cell(stratum.by), Cell(stratum_text(stratum))]
        rows.append([*names, Cell(count(n), n), Cell(percent(share), share)])
    columns = [Column("By", "text"), Column("Test rows", "text"), Column("n")]
    columns += [Column(f"In the {MIDDLE:.0%} interval")]
    caption = f"{target}: test measurements inside the {MIDDLE:.0%} interval of {member.label}, part by part"
    return [Table(f"coverage-strata-{t}", caption, columns, rows)] if rows else []


def leakage_tables(experiment: Experiment) -> list[Table]:
    """Return how alike test and training rows are, the scores apart, and the most similar pairs."""
    data = experiment.dataset
    if not leakage_mask(data).any():
        return []
    total = len(data.part("test"))
    levels = [
        [Cell(f"at least {percent(level)}", level), Cell(count(n), n), Cell(percent(n / total), n / total)]
        for level, n in count_by_identity(data)
    ]
    columns = [Column("Identity with the nearest training row", "text"), Column("Test rows"), Column("Share")]
    caption = f"Test rows by their most similar training row, n = {total:,}"
    pairs = [[Cell(a), Cell(b), Cell(percent(i), i)] for a, b, i in most_similar_pairs(data)]
    heads = [Column("Test row", "text"), Column("Training row", "text"), Column("Identity")]
    apart = [_apart(experiment, t, target) for t, target in enumerate(experiment.targets)]
    return [
        Table("leakage", caption, columns, levels),
        *apart,
        Table("pairs", f"The {len(pairs)} most similar pairs of a test and a training row", heads, pairs),
    ]


def _against_best(experiment: Experiment, t: int, target: str) -> Table:
    """Return one table of differences to the best model."""
    best, others = experiment.best, experiment.members[1:]
    gaps = differences(experiment, t, others, best)
    adjusted = holm([gap.p for gap in gaps])
    ceiling = best.ceiling("test", target)
    columns = [Column("Model", "text"), Column("r minus that of the best", "number", "descending")]
    columns += [Column("p, adjusted")]
    columns += [Column("Explainable variance explained", "number", "descending")] if ceiling else []
    rows = [[Cell(best.label), Cell("the best", 0.0), Cell(UNDEFINED)]]
    for member, gap, p in zip(others, gaps, adjusted, strict=True):
        rows.append([Cell(member.label), _gap(gap), Cell(UNDEFINED if p is None else _p_text(p), p)])
    for row, member in zip(rows, experiment.members, strict=True) if ceiling else ():
        r = member.score("test", target, "pearson").value
        share = None if r is None or ceiling is None else max(r, 0) ** 2 / ceiling["reliability"]
        row.append(Cell(UNDEFINED if share is None else percent(share), share))
    caption = f"{target}: every model against {best.label} on the same resamples of test clusters"
    return Table(f"against-best-{t}", caption, columns, rows, marked=0)


def _gap(gap: Difference) -> Cell:
    """Say a difference in r."""
    if gap.value is None or gap.low is None or gap.high is None:
        return Cell(UNDEFINED, gap.value)
    return Cell(difference_text(gap.value, gap.low, gap.high), gap.value)


def _p_text(p: float) -> str:
    """Say a p value of a bootstrap of 1,000 resamples."""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _spread(experiment: Experiment, t: int, target: str) -> list[Table]:
    """Return the table of means and spreads over seeds, if a model has several."""
    rows = [
        [
            Cell(s.model),
            Cell(count(s.seeds), s.seeds),
            Cell(f"{s.mean:.3f}", s.mean),
            Cell(f"{s.sd:.3f}", s.sd),
        ]
        for s in spreads(experiment, target)
    ]
    columns = [Column("Model", "text"), Column("Seeds"), Column("Mean r"), Column("SD over seeds")]
    caption = f"{target}: spread of r over seeds, apart from the uncertainty of the sample"
    return [Table(f"seeds-{t}", caption, columns, rows)] if rows else []


def _apart(experiment: Experiment, t: int, target: str) -> Table:
    """Return one table of r on test rows with and without a relative in training."""
    parts = {"leaked": "with a relative", "clean": "without"}
    sizes = {part: experiment.best.score(part, target, "pearson").n for part in parts}
    columns = [Column("Model", "text")]
    columns += [
        Column(f"{words}, n = {sizes[part]:,}", "number", "descending") for part, words in parts.items()
    ]
    rows = []
    for member in experiment.members:
        scores = [member.score(part, target, "pearson") for part in parts]
        rows.append(
            [Cell(member.label), *(Cell(score_text(s, "pearson"), s.value, on_scale(s)) for s in scores)]
        )
    caption = f"{target}: Pearson r on test rows with and without a relative in training"
    return Table(f"apart-{t}", caption, columns, rows, marked=0)
