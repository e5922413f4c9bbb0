"""Attributions -> recurring patterns, by TF-MoDISco (Shrikumar et al. 2018, doi:10.48550/arXiv.1811.00416).

Attributions are hypothetical, (N, 4, L): the contribution of each base at each position, present or not.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from seqcnn.errors import UsageError, plural
from seqcnn.extras import extra
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.motif import LearnedMotif, frequencies, informative_columns
from seqcnn.sequence.strands import insert_mask

SETTINGS: dict[str, Any] = {
    "sliding_window_size": 15,
    "flank_size": 5,
    "min_metacluster_size": 50,
    "target_seqlet_fdr": 0.05,
    "max_seqlets_per_metacluster": 2000,
    "n_leiden_runs": 10,
    "trim_to_window_size": 20,
    "initial_flank_to_add": 5,
}
"""Settings for oligos of 100 to 300 bp; the defaults of the library are for 1,000 bp and more."""

logger = logging.getLogger(__name__)

MIN_WINDOW_BP = 40
"""Shortest window in bp that the settings support."""

_NONE = (
    f"it needs more than {SETTINGS['min_metacluster_size']} spans of {SETTINGS['sliding_window_size']} bp "
    f"whose attributions of one sign are high (FDR {SETTINGS['target_seqlet_fdr']:.0%}) and that resemble "
    "each other; give more sequences (--number), or a model that predicts better"
)

_MIN_BITS = 0.25  # bits of the outermost columns of a pattern


def find_patterns(one_hot: np.ndarray, hypothetical: np.ndarray, sample: Sample) -> list[LearnedMotif]:
    """Find patterns in hypothetical attributions.

    Parameters
    ----------
    one_hot, hypothetical
        float32 (N, 4, L).
    sample
        The sequences, with the positions of their inserts; attributions outside of them are not used.

    Returns
    -------
    Patterns that raise the prediction (`pattern+1`, ...), then those that lower it (`pattern-1`, ...), each
    by descending number of seqlets.  The library drops seqlets within about 20 bp of the ends of the window.
    If there are none, a warning says what was tried.

    Raises
    ------
    UsageError
        If the window is shorter than `MIN_WINDOW_BP`.
    """
    if one_hot.shape[2] < MIN_WINDOW_BP:
        raise UsageError(
            f"patterns: the window has {one_hot.shape[2]} bp; TF-MoDISco needs at least {MIN_WINDOW_BP}"
        )
    logger.info("TF-MoDISco searches for patterns in %s", plural(len(one_hot), "sequence"))
    tracks = [_inside(track, sample, empty) for track, empty in ((one_hot, 0.25), (hypothetical, 0.0))]
    positive, negative = _search(*tracks)
    if not (positive or negative):
        logger.warning("TF-MoDISco found no pattern in %s: %s", plural(len(one_hot), "sequence"), _NONE)
    signed = [("+", positive), ("-", negative)]
    return [
        _motif(f"pattern{sign}{number}", pattern, sample)
        for sign, patterns in signed
        for number, pattern in enumerate(patterns, start=1)
    ]


def _search(one_hot: np.ndarray, hypothetical: np.ndarray) -> tuple[list[Any], list[Any]]:
    """Return the patterns of the library that raise, and that lower the prediction, of tracks (N, L, 4)."""
    contributions = (one_hot * hypothetical).sum(2)
    windows = sliding_window_view(contributions, SETTINGS["sliding_window_size"], axis=1).sum(2)
    if not ((windows > 0).any() and (windows < 0).any()):
        return [], []  # the library fits its null distribution to windows of both signs
    positive, negative = extra("modiscolite.tfmodisco").TFMoDISco(one_hot, hypothetical, **SETTINGS)
    return positive or [], negative or []


def _inside(track: np.ndarray, sample: Sample, empty: float) -> np.ndarray:
    """Return a track (N, L, 4) with the value `empty` outside the inserts."""
    kept = np.where(insert_mask(sample.rows)[:, None], track, empty)
    return np.ascontiguousarray(kept.transpose(0, 2, 1), np.float32)


def _motif(name: str, pattern: Any, sample: Sample) -> LearnedMotif:
    """Return the motif of the seqlets of a pattern, without uninformative ends and sites outside the inserts.

    The library treats both strands alike; the motif is oriented as most of its seqlets.
    """
    row = np.array([seqlet.example_idx for seqlet in pattern.seqlets])
    starts = np.array([seqlet.start for seqlet in pattern.seqlets])
    reverse = np.array([bool(seqlet.is_revcomp) for seqlet in pattern.seqlets])
    counts = pattern.sequence.T * len(row)
    if reverse.mean() > 0.5:
        counts, reverse = counts[::-1, ::-1], ~reverse
    columns, width = informative_columns(frequencies(counts), _MIN_BITS), counts.shape[1]
    # Trimmed columns are at the other end of seqlets on the reverse strand.
    first = np.where(reverse, starts + width - columns.stop, starts + columns.start) - sample.rows.start[row]
    inside = (first >= 0) & (first + columns.stop - columns.start <= sample.rows.insert_length[row])
    return LearnedMotif(name, "pattern", frequencies(counts[:, columns]), row[inside], first[inside])
