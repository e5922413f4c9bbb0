"""Find local maxima of predictions along a sequence, chunk by chunk."""

from __future__ import annotations

import numpy as np


class PeakFinder:
    """Finds values that are the maximum within `reach` positions; of equal values the first is a peak.

    Values are added chunk by chunk, NaN where there is none; memory does not grow with their number.
    """

    def __init__(self, reach: int) -> None:
        self.reach = max(reach, 1)
        self._buffer = np.empty(0)  # values that can still be a peak, or lie within reach of one
        self._start = 0  # index of the first value of the buffer
        self._decided = 0  # whether values before this index are peaks is known

    def add(self, values: np.ndarray, *, last: bool = False) -> list[tuple[int, float]]:
        """Add the next values; return index and value of the peaks that are now certain, all if `last`."""
        self._buffer = np.concatenate([self._buffer, np.where(np.isnan(values), -np.inf, values)])
        peaks = np.flatnonzero(self._are_peaks()) + self._start
        stop = self._start + len(self._buffer) - (0 if last else self.reach)
        peaks = peaks[(peaks >= self._decided) & (peaks < stop)]
        certain = [(int(index), float(self._buffer[index - self._start])) for index in peaks]
        self._decided = max(stop, self._decided)
        kept = max(self._decided - self.reach, self._start)
        self._buffer, self._start = self._buffer[kept - self._start :], kept
        return certain

    def _are_peaks(self) -> np.ndarray:
        """Return which values of the buffer exceed all on their left and are not below any on their right."""
        padded = np.pad(self._buffer, self.reach, constant_values=-np.inf)
        around = np.lib.stride_tricks.sliding_window_view(padded, 2 * self.reach + 1)
        left, right = around[:, : self.reach].max(1), around[:, self.reach + 1 :].max(1)
        return np.asarray(np.isfinite(self._buffer) & (self._buffer > left) & (self._buffer >= right))
