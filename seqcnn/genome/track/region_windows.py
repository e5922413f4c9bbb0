"""Windows that cover the regions of a genome, for what is computed per base, such as attributions.

Windows overlap by half.  A span of bases belongs to the one in whose middle it lies best, so that it is
counted once per strand; one that is wider than half a window may be in no such window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import SequenceError
from seqcnn.genome.reference import Genome
from seqcnn.genome.track.scanner import laid_out
from seqcnn.genome.window_limits import too_ambiguous
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.window import Layout, Rows

MAX_BP = 2_000_000
"""Maximum number of bases of all windows, of both strands, that are held in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionWindows:
    """N windows of some bp, each of one strand of one region."""

    rows: Rows
    """The windows, laid out for a model."""
    group: np.ndarray
    """int (N,), number of the region times the number of tracks, plus that of the track."""
    start: np.ndarray
    """int (N,), first base in the genome, 0-based."""
    reverse: np.ndarray
    """bool (N,), whether the window is that of the reverse strand."""
    middles: np.ndarray
    """float (N, 2), limits of the middles, in the genome, of the spans that belong to the window."""

    def spans(self, row: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return start and end in the genome of spans of windows: window, start and end in the row, (n,)."""
        first, size = self.rows.start[row], self.rows.insert_length[row]
        begin, stop = start - first, end - first
        reverse = self.reverse[row]
        begin, stop = np.where(reverse, size - stop, begin), np.where(reverse, size - begin, stop)
        return self.start[row] + begin, self.start[row] + stop

    def holds(self, row: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return which spans of the genome belong to their windows, bool (n,)."""
        middle = (start + end) / 2
        return (self.middles[row, 0] <= middle) & (middle < self.middles[row, 1])


def region_windows(
    genome: Genome, places: Sequence[Locus], layout: Layout, *, size: int, tracks: Sequence[str]
) -> RegionWindows:
    """Cover regions with windows of `size` bp, which overlap by half.

    Windows of which more than a tenth is ambiguous are left out.

    Parameters
    ----------
    places
        Regions of at least `size` bp.
    tracks
        `both`, or `plus` and `minus`, which have windows of their own.

    Raises
    ------
    SequenceError
        If the windows have more than `MAX_BP`.
    """
    starts = [_starts(place, size) for place in places]
    if (count := sum(map(len, starts)) * size * len(tracks)) > MAX_BP:
        raise SequenceError(
            f"--hits: windows of {count:,} bp on the regions; expected at most {MAX_BP:,} at a time; "
            "give fewer or shorter regions with --bed"
        )
    windows, columns = [], []
    for number, (place, mine) in enumerate(zip(places, starts, strict=True)):
        edges = np.concatenate([[-np.inf], (mine[1:] + mine[:-1] + size) / 2, [np.inf]])
        for i, start in enumerate(mine.tolist()):
            window = genome.fetch(place[0], start, start + size)
            if too_ambiguous(window):
                continue
            for t, track in enumerate(tracks):
                windows.append(reverse_complement(window) if track == "minus" else window)
                columns.append((number * len(tracks) + t, start, track == "minus", edges[i], edges[i + 1]))
    bases = np.frombuffer(b"".join(windows), np.uint8).reshape(-1, size)
    values = np.array(columns, float).reshape(-1, 5)
    group, start = values[:, :2].astype(int).T
    return RegionWindows(laid_out(bases, layout), group, start, values[:, 2] > 0, values[:, 3:])


def _starts(place: Locus, size: int) -> np.ndarray:
    """Return the starts of the windows of a region; the last one ends where the region ends."""
    _, start, end = place
    return np.unique([*range(start, end - size + 1, max(1, size // 2)), end - size])
