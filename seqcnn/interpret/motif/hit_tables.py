"""Hits of motifs -> hits.tsv, hits.bed, and tables of counts, co-occurrence and spacing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from seqcnn.interpret.motif.bed import bed_scores, write_bed
from seqcnn.interpret.motif.hits import COLUMNS
from seqcnn.io.tsv import NA, number_cell, write_table

HIT_FILES = ("hits.tsv", "hits.bed", "hit_counts.tsv", "hit_pairs.tsv")
"""Names of the output files."""

_BED = ("record", "start", "end", "motif", "bed_score", "strand", "contribution", "q", "score")
_TRACK = ("track",)  # of hits in a genome: the strand that is predicted

_COUNTS = ("motif", "match", "hits", "plus_strand", "sequences", "contribution_mean", "contribution_sd")
_PAIRS = (
    "motif_a", "motif_b", "sequences", "expected", "p", "pairs", "same_strand", "gap_q1", "gap_median",
    "gap_q3", "gap_mode", "gap_mode_pairs",
)  # fmt: skip


def write_hit_tables(
    hits: pd.DataFrame, folder: Path, *, matches: Mapping[str, str], n_sequences: int, header: str
) -> None:
    """Write `HIT_FILES` into a folder.

    Parameters
    ----------
    hits
        As `seqcnn.interpret.motif.hits.find_hits` returns them.
    matches
        Motif -> name of the known motif that it matches.
    n_sequences
        Number of sequences that were searched.
    header
        Comment of the first line of the BED file, whose columns are record, start, end, motif, score of the
        match as `motif.bed.bed_scores`, strand, contribution, q and score of the match in bits.
    """
    columns = [*COLUMNS, *(name for name in _TRACK if name in hits)]
    cells = [[_cell(value) for value in row] for row in hits[columns].itertuples(index=False)]
    names = [matches.get(name, NA) for name in hits["motif"]]
    rows = [[*columns, "match"], *([*row, name] for row, name in zip(cells, names, strict=True))]
    write_table(folder / HIT_FILES[0], rows)
    scored = hits.assign(bed_score=bed_scores(hits["score"].to_numpy()))
    bed = scored[[*_BED, *columns[len(COLUMNS) :]]].itertuples(index=False)
    write_bed(folder / HIT_FILES[1], header, ([_cell(value) for value in row] for row in bed))
    write_table(folder / HIT_FILES[2], [_COUNTS, *_counts(hits, matches)])
    write_table(folder / HIT_FILES[3], [_PAIRS, *hit_pairs(hits, n_sequences)])


def _counts(hits: pd.DataFrame, matches: Mapping[str, str]) -> list[list[str]]:
    """Return the rows of hit_counts.tsv, the most frequent motif first."""
    rows: list[list[str]] = []
    for name in hits["motif"].value_counts().index:
        mine = hits[hits["motif"] == name]
        values = mine["contribution"]
        counts = [len(mine), int((mine["strand"] == "+").sum()), mine["row"].nunique()]
        numbers = [number_cell(value, ".4g") for value in (values.mean(), values.std())]
        rows.append([name, matches.get(name, NA), *map(str, counts), *numbers])
    return rows


def hit_pairs(hits: pd.DataFrame, n_sequences: int) -> list[list[str]]:
    """Return the rows of hit_pairs.tsv: every pair of motifs with hits in one sequence.

    `sequences` have hits of both motifs, `expected` is the number by chance (product of the frequencies),
    and `p` the one-sided p-value of as many or more (hypergeometric), all NA for pairs of one motif.  `pairs`
    are pairs of hits, and gaps the bp between their ends: quartiles, and the most frequent one.
    """
    ordered = hits.sort_values(["motif", "row", "start"], kind="stable").reset_index(names="hit")
    both = ordered.merge(ordered, on="row", suffixes=("_a", "_b"))
    both = both[
        (both["motif_a"] < both["motif_b"])
        | ((both["motif_a"] == both["motif_b"]) & (both["start_a"] < both["start_b"]))
    ]
    with_hit = hits.groupby("motif")["row"].nunique().to_dict()
    rows: list[list[str]] = []
    for (a, b), pairs in both.groupby(["motif_a", "motif_b"]):
        chance = [NA, NA]
        shared = pairs["row"].nunique()
        if a != b:
            expected = with_hit[a] * with_hit[b] / n_sequences
            p = hypergeom.sf(shared - 1, n_sequences, with_hit[a], with_hit[b])
            chance = [f"{expected:.4g}", f"{p:.3g}"]
        same = int((pairs["strand_a"] == pairs["strand_b"]).sum())
        rows.append([str(a), str(b), str(shared), *chance, str(len(pairs)), str(same), *_gaps(pairs)])
    return sorted(rows, key=lambda row: -int(row[5]))


def _gaps(pairs: pd.DataFrame) -> Sequence[str]:
    """Return the quartiles of the gaps, the most frequent gap, and its number of pairs."""
    starts = pairs[["start_a", "start_b"]].max(axis=1)
    gaps = (starts - pairs[["end_a", "end_b"]].min(axis=1)).to_numpy()
    values, counts = np.unique(gaps, return_counts=True)
    most = int(counts.argmax())
    quartiles = [f"{value:g}" for value in np.percentile(gaps, (25, 50, 75))]
    return [*quartiles, str(values[most]), str(counts[most])]


def _cell(value: object) -> str:
    """Return a value as a cell."""
    return number_cell(value, ".4g") if isinstance(value, float) else str(value)
