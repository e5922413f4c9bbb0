"""Leakage: what test rows share with training rows, and scores with and without such rows."""

from __future__ import annotations

from seqcnn.data.audit import (
    count_by_identity,
    count_by_recurring_fraction,
    leakage_subsets,
    most_similar_pairs,
)
from seqcnn.data.dataset import Dataset
from seqcnn.errors import plural
from seqcnn.plotting.formatting import count, percent
from seqcnn.report.content.tables import Cell, Column, Table, score_cell
from seqcnn.report.run.members import Run

SUBSETS = {
    "leaked": "with a relative in training",
    "segment": "with a recurring segment of 25% to 50%",
    "clean": "with neither",
}
"""Subset of the test rows in metrics.json -> its name in the table."""


def leakage_tables(run: Run) -> list[Table]:
    """Return test rows by identity and recurring fraction, scores by leakage, and the most similar pairs.

    There are no tables if no test row has a relative or a recurring segment.
    """
    data = run.dataset
    if not leakage_subsets(data):
        return []
    total = len(data.part("test"))
    levels = [
        [Cell(f"at least {percent(level)}", level), Cell(count(n), n), Cell(percent(n / total), n / total)]
        for level, n in count_by_identity(data)
    ]
    columns = [Column("Identity with the nearest training row", "text"), Column("Test rows"), Column("Share")]
    caption = f"Test rows by their most similar training row, n = {total:,}"
    return [
        Table("leakage", caption, columns, levels),
        _recurring_table(data),
        *(_scores_by_leakage(run, t, target) for t, target in enumerate(run.targets)),
        *_pair_table(data),
    ]


def source_sentences(run: Run) -> list[str]:
    """Return what is known of leakage by the models that the networks of a run started from."""
    sources = [s for member in run.members if member.header for s in member.header.sources]
    return [
        f"A network started from {source.text}; {source.leakage_text}."
        for n, source in enumerate(sources)
        if source not in sources[:n]
    ]


def _pair_table(data: Dataset) -> list[Table]:
    """Return the table of the most similar pairs; none without relatives (only with recurring segments)."""
    pairs = [[Cell(a), Cell(b), Cell(percent(i), i)] for a, b, i in most_similar_pairs(data)]
    heads = [Column("Test row", "text"), Column("Training row", "text"), Column("Identity")]
    return (
        [
            Table(
                "pairs",
                f"The {plural(len(pairs), 'most similar pair')} of a test and a training row",
                heads,
                pairs,
            )
        ]
        if pairs
        else []
    )


def _recurring_table(data: Dataset) -> Table:
    """Return the table of test rows by the largest fraction that recurs in one training row."""
    total = len(data.part("test"))
    rows = [
        [Cell(f"{percent(low)} to {percent(high)}"), Cell(count(n), n), Cell(percent(n / total), n / total)]
        for low, high, n in count_by_recurring_fraction(data)
    ]
    columns = [Column("Fraction that recurs in a training row", "text"), Column("Test rows"), Column("Share")]
    caption = f"Test rows by the largest fraction that recurs in one training row, n = {total:,}"
    return Table("recurring", caption, columns, rows)


def _scores_by_leakage(run: Run, t: int, target: str) -> Table:
    """Return r on test rows with and without relatives or recurring segments in training."""
    subsets = [subset for subset in SUBSETS if subset in leakage_subsets(run.dataset)]
    n = {subset: run.best.score(subset, target, "pearson").n for subset in subsets}
    columns = [Column("Model", "text")]
    columns += [Column(f"{SUBSETS[subset]}, n = {n[subset]:,}", "number", "descending") for subset in subsets]
    rows = []
    for member in run.members:
        scores = [member.score(subset, target, "pearson") for subset in subsets]
        rows.append([Cell(member.label), *(score_cell(score, "pearson") for score in scores)])
    caption = f"{target}: Pearson r on test rows by what they share with training rows"
    return Table(f"scores-by-leakage-{t}", caption, columns, rows, marked=0)
