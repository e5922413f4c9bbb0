"""Predictions along a sequence, part by part -> their local maxima."""

from __future__ import annotations

import numpy as np


class PeakFinder:
    """Finds values that no other within `reach` exceeds; of equal ones the first counts.

    Values come part by part, NaN where there is none; memory does not grow with their number.
    """

    def __init__(self, reach: int) -> None:
        self.reach = max(reach, 1)
        self._held = np.empty(0)  # the values that may still decide, or be decided
        self._start = 0  # number of the first value held
        self._decided = 0  # values before this number are decided

    def feed(self, values: np.ndarray, *, last: bool = False) -> list[tuple[int, float]]:
        """Take the next values; return number and value of the peaks that are now certain, all if `last`."""
        self._held = np.concatenate([self._held, np.where(np.isnan(values), -np.inf, values)])
        peaks = np.flatnonzero(self._tops()) + self._start
        stop = self._start + len(self._held) - (0 if last else self.reach)
        peaks = peaks[(peaks >= self._decided) & (peaks < stop)]
        found = [(int(at), float(self._held[at - self._start])) for at in peaks]
        self._decided = max(stop, self._decided)
        kept = max(self._decided - self.reach, self._start)
        self._held, self._start = self._held[kept - self._start :], kept
        return found

    def _tops(self) -> np.ndarray:
        """Tell which of the values held exceed all on their left and are not below any on their right."""
        padded = np.pad(self._held, self.reach, constant_values=-np.inf)
        around = np.lib.stride_tricks.sliding_window_view(padded, 2 * self.reach + 1)
        left, right = around[:, : self.reach].max(1), around[:, self.reach + 1 :].max(1)
        tops: np.ndarray = np.isfinite(self._held) & (self._held > left) & (self._held >= right)
        return tops
