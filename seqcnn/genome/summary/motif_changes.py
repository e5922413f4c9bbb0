"""Motifs that an allele makes or breaks, by the hits of known motifs in the windows of both alleles.

Hits are those of `seqcnn.interpret.motif.hits`: matches on which the prediction depends.  Only those over the
differing bases are tested, so q-values are over these.  A motif is lost if it has a hit in the window of the
reference allele and none in that of the alternative allele, and gained if it is the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from seqcnn.evaluation.multiple_testing import q_values
from seqcnn.genome.summary.drawings import Span
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.hits import find_hits

MAX_Q = 0.05
"""Largest q-value of a hit over the differing bases."""


class MotifChange(NamedTuple):
    """A motif that an allele makes or breaks."""

    gained: bool
    """Whether the alternative allele has it; else the reference allele."""
    motif: str
    strand: str
    """Of the match, relative to the strand that is predicted."""
    contribution: float
    """Sum of the attributions of the bases of the match, in the units of the target."""


def motif_changes(
    known: Mapping[str, np.ndarray],
    sample: Sample,
    hypothetical: np.ndarray,
    spans: Sequence[tuple[Span, Span]],
) -> list[list[MotifChange]]:
    """Return the motifs that each of n alleles makes or breaks, the largest contribution first.

    Parameters
    ----------
    known
        Name -> base frequencies (4, width).
    sample
        2 n windows: of the reference and of the alternative allele, in turn.
    hypothetical
        Their hypothetical attributions, (2 n, 4, L).
    spans
        Where the differing bases are in both windows.
    """
    hits = find_hits(known, sample, hypothetical, fdr=1.0)
    places = [place for pair in spans for place in pair]  # one per window
    over = pd.concat([_over(hits[hits["row"] == row], place) for row, place in enumerate(places)])
    over = over[q_values(over["p"].to_numpy()) <= MAX_Q] if len(over) else over
    best = [_largest(over[over["row"] == row]) for row in range(len(places))]
    return [_changes(ref, alt) for ref, alt in zip(best[::2], best[1::2], strict=True)]


def _over(hits: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Return the hits over a span, or across its place if it has no bases."""
    start, end = span
    return hits[(hits["start"] < end) & (hits["end"] > start)]


def _largest(hits: pd.DataFrame) -> dict[str, tuple[str, str, float]]:
    """Return motif -> name, strand and contribution of its hit with the largest one."""
    ranked = hits.assign(size=hits["contribution"].abs()).sort_values("size", kind="stable")
    columns = (ranked[name] for name in ("motif", "strand", "contribution"))
    return {str(m): (str(m), str(s), float(c)) for m, s, c in zip(*columns, strict=True)}


def _changes(
    ref: Mapping[str, tuple[str, str, float]], alt: Mapping[str, tuple[str, str, float]]
) -> list[MotifChange]:
    """Return the motifs that only one allele has, the largest contribution first."""
    lost = [MotifChange(False, *values) for name, values in ref.items() if name not in alt]
    gained = [MotifChange(True, *values) for name, values in alt.items() if name not in ref]
    return sorted([*lost, *gained], key=lambda change: -abs(change.contribution))
