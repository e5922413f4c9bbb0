"""Hits of motifs: places where a sequence matches a motif and the prediction depends on the match.

Candidates are matches of FIMO (memelite; Grant et al. 2011, doi:10.1093/bioinformatics/btr064) on both
strands, with a lenient p-value.  The contribution of a candidate is the sum of the attributions of its bases.
Its p-value is the fraction of spans of the same width in a null, attributions of other bases (see
`seqcnn.interpret.seqlet.null`), with a contribution at least as large in absolute value; q-values are over
all candidates.  Of overlapping hits the one with the best match stays.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from seqcnn.evaluation.multiple_testing import q_values
from seqcnn.extras import extra
from seqcnn.interpret.attribution.attribution import one_hot_of
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.seqlet.null import other_bases
from seqcnn.sequence.strands import insert_mask

COLUMNS = ("record", "start", "end", "motif", "strand", "score", "match_p", "contribution", "p", "q")
"""Columns of a table of hits.

`start` and `end`: bp in the record, 0-based and half-open.  `score`: log2 likelihood ratio of the match
against equal base frequencies, bits; `match_p`: its p-value.  `contribution`: sum of the attributions of the
bases, in the units of the target; `p`, `q`: its p-value and q-value.
"""

CANDIDATE_P = 0.005
"""Largest p-value of a match; a perfect match of 4 bp has 0.0039."""

_FIMO = {"motif_name": "motif", "sequence_name": "row", "p-value": "match_p"}


def find_hits(
    motifs: Mapping[str, np.ndarray], sample: Sample, hypothetical: np.ndarray, *, fdr: float = 0.05
) -> pd.DataFrame:
    """Find the hits of motifs in sequences.

    Parameters
    ----------
    motifs
        Name -> base frequencies (4, width).
    sample
        N sequences.
    hypothetical
        Their hypothetical attributions, (N, 4, L).
    fdr
        Largest q-value of a hit, 0 to 1.

    Returns
    -------
    One row per hit, by sequence and position: `row` (of the sample) and `COLUMNS`.
    """
    return _in_records(significant(candidates(motifs, sample, hypothetical), fdr=fdr), sample)


def candidates(motifs: Mapping[str, np.ndarray], sample: Sample, hypothetical: np.ndarray) -> pd.DataFrame:
    """Return all matches with their contributions and p-values; positions are those of the window."""
    one_hot = one_hot_of(sample.rows)
    table = _matches(motifs, one_hot, sample)
    table = table.assign(contribution=0.0, p=1.0)
    values, null = (hypothetical * one_hot).sum(1), other_bases(hypothetical, one_hot)
    for width, mine in table.groupby(table["end"] - table["start"]):
        sums = _window_sums(values, width)[mine["row"], mine["start"]]
        whole = _window_sums(insert_mask(sample.rows), width) == width
        whole = np.tile(whole, (len(null) // len(whole), 1))
        sizes = np.sort(np.abs(_window_sums(null, width)[whole]))
        larger = len(sizes) - np.searchsorted(sizes, np.abs(sums))
        table.loc[mine.index, "contribution"] = sums
        table.loc[mine.index, "p"] = (1 + larger) / (1 + len(sizes))
    return table


def significant(table: pd.DataFrame, *, fdr: float) -> pd.DataFrame:
    """Return the candidates with a q-value up to `fdr`; of those that overlap in a row the best match."""
    q = q_values(table["p"].to_numpy()) if len(table) else 1.0
    table = table.assign(q=q)
    return _without_overlaps(table[table["q"] <= fdr])


def _matches(motifs: Mapping[str, np.ndarray], one_hot: np.ndarray, sample: Sample) -> pd.DataFrame:
    """Return the matches inside the inserts, with start and end in the window."""
    fitting = {
        name: np.ascontiguousarray(shares, np.float64)
        for name, shares in motifs.items()
        if shares.shape[1] <= one_hot.shape[2]
    }
    empty = pd.DataFrame(columns=[*_FIMO, "start", "end", "strand", "score"])
    per_motif = (
        extra("memelite").fimo(fitting, one_hot.astype(np.int8), threshold=CANDIDATE_P) if fitting else []
    )
    tables = [table for table in per_motif if len(table)] or [empty]
    matches = pd.concat(tables, ignore_index=True).rename(columns=_FIMO)
    matches = matches.astype({"row": int, "start": int, "end": int, "score": float, "match_p": float})
    row = matches["row"].to_numpy()
    first, size = sample.rows.start[row], sample.rows.insert_length[row]
    inside = (matches["start"] >= first) & (matches["end"] <= first + size)
    return matches[inside].reset_index(drop=True)


def _window_sums(values: np.ndarray, width: int) -> np.ndarray:
    """Return the sums of all windows of a width in (N, L), float64 (N, L - width + 1)."""
    ends = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    return np.asarray(ends[:, width:] - ends[:, :-width])


def _without_overlaps(hits: pd.DataFrame) -> pd.DataFrame:
    """Return the hits that overlap no better one: by p-value of the match, then by contribution."""
    size = hits["contribution"].abs()
    ranked = hits.assign(size=size).sort_values(["match_p", "size"], ascending=[True, False], kind="stable")
    taken: dict[int, list[tuple[int, int]]] = {}
    kept = []
    spans = ranked[["row", "start", "end"]].to_numpy(int).tolist()
    for index, (row, start, end) in zip(ranked.index, spans, strict=True):
        others = taken.setdefault(row, [])
        if all(end <= first or start >= last for first, last in others):
            others.append((start, end))
            kept.append(index)
    return hits.loc[kept].sort_values(["row", "start"], kind="stable").reset_index(drop=True)


def _in_records(hits: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    """Return the hits with positions in their records."""
    first = sample.rows.start[hits["row"].to_numpy(int)]
    named = hits.assign(
        record=[sample.ids[row] for row in hits["row"]], start=hits["start"] - first, end=hits["end"] - first
    )
    return named[["row", *COLUMNS]]
