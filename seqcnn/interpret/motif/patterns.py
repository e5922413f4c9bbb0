"""Attributions -> patterns that recur in them, by TF-MoDISco (Shrikumar 2018, arXiv:1811.00416).

Attributions are hypothetical ones, (N, 4, L): what each base would contribute at each position; multiplied
by the one-hot sequence they are those of the bases that are there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcnn.errors import UsageError
from seqcnn.extras import extra
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.motif import FoundMotif, frequencies, no_effects, trimmed
from seqcnn.sequence.strands import insert_mask

SETTINGS = {
    "sliding_window_size": 15,
    "flank_size": 5,
    "min_metacluster_size": 50,
    "target_seqlet_fdr": 0.05,
    "max_seqlets_per_metacluster": 2000,
    "n_leiden_runs": 10,
    "trim_to_window_size": 20,
    "initial_flank_to_add": 5,
}
"""For oligos of 100 to 300 bp; the library's own are for windows of 1,000 bp and more."""

LEAST_LENGTH = 40
"""Shortest window in bp that the settings work on."""

_TRIM = 0.25  # bits that the outermost column of a pattern must hold


def find_patterns(one_hot: np.ndarray, hypothetical: np.ndarray, sample: Sample) -> list[FoundMotif]:
    """Find patterns in hypothetical attributions.

    Parameters
    ----------
    one_hot, hypothetical
        float32 (N, 4, L).
    sample
        Tells where the inserts are; attributions beside them are not looked at.

    Returns
    -------
    Those that raise the prediction (`pattern+1`, ...), then those that lower it (`pattern-1`, ...), each
    by falling number of seqlets.  The library drops seqlets within about 20 bp of the window's ends.

    Raises
    ------
    UsageError
        If the window is shorter than `LEAST_LENGTH`.
    """
    if one_hot.shape[2] < LEAST_LENGTH:
        raise UsageError(
            f"patterns: the window has {one_hot.shape[2]} bp; TF-MoDISco needs at least {LEAST_LENGTH}"
        )
    tracks = [_inside(track, sample, empty) for track, empty in ((one_hot, 0.25), (hypothetical, 0.0))]
    positive, negative = extra("modiscolite.tfmodisco").TFMoDISco(*tracks, **SETTINGS)
    signed = [("+", positive or []), ("-", negative or [])]
    return [
        _motif(f"pattern{sign}{number}", pattern, sample)
        for sign, patterns in signed
        for number, pattern in enumerate(patterns, start=1)
    ]


def _inside(track: np.ndarray, sample: Sample, empty: float) -> np.ndarray:
    """Return a track (N, L, 4) with nothing beside the inserts: bases are as likely, and add 0."""
    kept = np.where(insert_mask(sample.rows)[:, None], track, empty)
    return np.ascontiguousarray(kept.transpose(0, 2, 1), np.float32)


def _motif(name: str, pattern: Any, sample: Sample) -> FoundMotif:
    """Make a motif of a pattern's seqlets, without its uninformative ends; sites lie in their inserts.

    It reads as most of its seqlets do: the library takes strands as equal, and turns patterns as it likes.
    """
    row = np.array([seqlet.example_idx for seqlet in pattern.seqlets])
    starts = np.array([seqlet.start for seqlet in pattern.seqlets])
    turned = np.array([bool(seqlet.is_revcomp) for seqlet in pattern.seqlets])
    counts = pattern.sequence.T * len(row)
    if turned.mean() > 0.5:
        counts, turned = counts[::-1, ::-1], ~turned
    cut, width = trimmed(frequencies(counts), _TRIM), counts.shape[1]
    first = np.where(turned, starts + width - cut.stop, starts + cut.start) - sample.rows.start[row]
    whole = (first >= 0) & (first + cut.stop - cut.start <= sample.rows.insert_length[row])
    return FoundMotif(name, "pattern", frequencies(counts[:, cut]), row[whole], first[whole], no_effects())
