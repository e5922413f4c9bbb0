"""Adjustment of p-values for the number of tests."""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control


def q_values(p: np.ndarray) -> np.ndarray:
    """Return the q-value of each p-value by the procedure of Benjamini and Hochberg.

    Parameters
    ----------
    p
        float64 (n,), p-values in 0 to 1, in any order.

    Returns
    -------
    float64 (n,), in the same order: the expected share of false discoveries among tests with a
    p-value at most as large (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
    """
    return np.asarray(false_discovery_control(p, method="bh"))


def holm(p: list[float | None]) -> list[float | None]:
    """Return p-values adjusted for the family-wise error rate; None stays None.

    Holm's step-down procedure (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    order = sorted((value, k) for k, value in enumerate(p) if value is not None)
    adjusted: list[float | None] = [None] * len(p)
    largest = 0.0
    for rank, (value, k) in enumerate(order):
        largest = max(largest, min(1.0, value * (len(order) - rank)))
        adjusted[k] = largest
    return adjusted
