"""Leakage: similarity of test and training rows, and scores with and without similar training rows."""

from __future__ import annotations

from seqcnn.data.audit import count_by_identity, leakage_mask, most_similar_pairs
from seqcnn.plotting.formatting import count, percent
from seqcnn.report.content.score_cards import scale_positions
from seqcnn.report.content.score_text import score_text
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.run.collect import Run

SUBSETS = {"leaked": "with a similar training row", "clean": "without"}
"""Subset of the test rows in metrics.json -> its name in the table."""


def leakage_tables(run: Run) -> list[Table]:
    """Return test rows by identity, scores by leakage, and the most similar pairs; nothing if none leaks."""
    data = run.dataset
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
    return [
        Table("leakage", caption, columns, levels),
        *(_scores_by_leakage(run, t, target) for t, target in enumerate(run.targets)),
        Table("pairs", f"The {len(pairs)} most similar pairs of a test and a training row", heads, pairs),
    ]


def _scores_by_leakage(run: Run, t: int, target: str) -> Table:
    """Return r on test rows with and without a similar training row."""
    n = {subset: run.best.score(subset, target, "pearson").n for subset in SUBSETS}
    columns = [Column("Model", "text")]
    columns += [
        Column(f"{label}, n = {n[subset]:,}", "number", "descending") for subset, label in SUBSETS.items()
    ]
    rows = []
    for member in run.members:
        scores = [member.score(subset, target, "pearson") for subset in SUBSETS]
        cells = [Cell(score_text(s, "pearson"), s.value, scale_positions(s)) for s in scores]
        rows.append([Cell(member.label), *cells])
    caption = f"{target}: Pearson r on test rows with and without a similar training row"
    return Table(f"scores-by-leakage-{t}", caption, columns, rows, marked=0)
