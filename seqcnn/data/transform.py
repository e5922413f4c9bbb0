"""Transforms of targets: fitted on training rows, part of dataset and bundle, inverted in predictions.

A dataset with a transform holds transformed measurements, in the unit that `Transform.unit_of` returns;
networks, scores and intervals are on that scale.  `seqcnn predict` returns to the original scale.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from seqcnn.data.assay.columns import MAX_MAGNITUDE
from seqcnn.data.assay.target_notes import recommended_pseudocount
from seqcnn.errors import TableError
from seqcnn.schema import Strict

FittedName = Literal["log2", "log10", "log1p", "rank-normal"]

TransformName = Literal["none"] | FittedName

MAX_QUANTILES = 256
"""Quantiles of the training values that a rank-normal transform keeps of a target, at most."""

_MAX_ALL_QUANTILES = 8000  # of all targets: they are part of the header of a bundle
_LARGEST = float(np.float32(MAX_MAGNITUDE))  # which is larger

Value = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]

_FORWARD = {"log2": np.log2, "log10": np.log10, "log1p": np.log1p}
_INVERSE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log2": np.exp2,
    "log10": lambda z: np.power(10.0, z),
    "log1p": np.expm1,
}


class Transform(Strict):
    """A fitted transform of one target."""

    name: FittedName
    pseudocount: float = Field(0.0, ge=0, le=_LARGEST)
    """Added before `log2` or `log10`, in the units of the values."""
    n: int = Field(0, ge=0, le=10**12)
    """Number of training values of `rank-normal`."""
    quantiles: tuple[Value, ...] = Field((), max_length=MAX_QUANTILES)
    """Their quantiles, at evenly spaced normal scores from that of the smallest to that of the largest."""

    @model_validator(mode="after")
    def _whole(self) -> Transform:
        if self.name == "rank-normal" and (len(self.quantiles) < 2 or self.n < 2):
            raise ValueError("rank-normal: expected at least two quantiles of at least two values")
        if list(self.quantiles) != sorted(self.quantiles):
            raise ValueError("quantiles: expected ascending order")
        return self

    def apply(self, y: np.ndarray) -> np.ndarray:
        """Return values of the original scale, of any shape, on the transformed one, float64; NaN stays."""
        y = y.astype(np.float64)
        if self.name != "rank-normal":
            return np.asarray(_FORWARD[self.name](y + self.pseudocount))
        values, scores = np.array(self.quantiles), self._scores()
        # the mean of both directions puts equal quantiles in the middle of their scores
        up = np.interp(y, values, scores)
        down = -np.interp(-y, -values[::-1], -scores[::-1])
        return (up + down) / 2

    def invert(self, z: np.ndarray) -> np.ndarray:
        """Return values of the transformed scale on the original one, float64; NaN stays.

        Logarithms give no value below 0, and `rank-normal` none beyond the training values.
        """
        z = z.astype(np.float64)
        if self.name == "rank-normal":
            return np.where(np.isnan(z), z, np.interp(z, self._scores(), np.array(self.quantiles)))
        with np.errstate(over="ignore"):
            values = _INVERSE[self.name](z) - self.pseudocount
        return np.asarray(np.clip(values, 0, np.finfo(np.float32).max))

    def at_bounds(self, z: np.ndarray) -> np.ndarray:
        """Return which values of the transformed scale are the least or largest of `rank-normal`, bool.

        They stand for the smallest or largest training value and for all values beyond it.
        """
        if self.name != "rank-normal":
            return np.zeros(z.shape, bool)
        return np.abs(z.astype(np.float32)) >= np.float32(self._scores()[-1])

    def invert_sd(self, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Return half the distance between mean + SD and mean - SD, each on the original scale."""
        return (self.invert(mean + sd) - self.invert(mean - sd)) / 2

    def unit_of(self, unit: str) -> str:
        """Return the unit of transformed values, such as `log2(RLU + 0.1)`."""
        value = unit or "y"
        if self.name == "rank-normal":
            return f"normal score of {value}"
        return f"{self.name}({value}{f' + {self.pseudocount:g}' if self.pseudocount else ''})"

    def _scores(self) -> np.ndarray:
        """Return the normal score of each quantile; that of the smallest of n values is Phi^-1(0.5 / n)."""
        last = NormalDist().inv_cdf(1 - 0.5 / self.n)
        return np.linspace(-last, last, len(self.quantiles))


def fit_transform(
    name: FittedName, train: np.ndarray, values: np.ndarray, *, where: str, targets: int = 1
) -> Transform:
    """Fit the transform of one target.

    Logarithms need values of 0 or more; the pseudocount of `log2` and `log10` is `recommended_pseudocount`.

    Parameters
    ----------
    name
        The transform.
    train
        Measured training values (n,), from which it is fitted.
    values
        All measured values (N,), which it must fit.
    where
        The target in messages.
    targets
        Number of targets that share the space in a header.

    Raises
    ------
    TableError
        If a value is below 0, or there are fewer than two training values for `rank-normal`.
    """
    train = train.astype(np.float64)
    if name == "rank-normal":
        return _rank_normal(train, where, max(16, min(MAX_QUANTILES, _MAX_ALL_QUANTILES // targets)))
    if (negative := values[values < 0]).size:
        negatives = f"{len(negative)} values below 0, the smallest {negative.min():g}"
        remedy = f"transform {name} needs values of 0 or more; use rank-normal, or none"
        raise TableError(f"{where}: {negatives}; {remedy}")
    if name == "log1p":
        return Transform(name=name)
    zero = bool((values == 0).any())
    return Transform(name=name, pseudocount=recommended_pseudocount(train, zero=zero))


def _rank_normal(train: np.ndarray, where: str, most: int) -> Transform:
    """Fit the table of quantiles; see Beasley et al. 2009, doi:10.1007/s10519-009-9281-0 (Hazen's ranks)."""
    if (n := len(train)) < 2:
        raise TableError(f"{where}: {n} training values; transform rank-normal needs at least 2")
    last = NormalDist().inv_cdf(1 - 0.5 / n)
    levels = [NormalDist().cdf(score) for score in np.linspace(-last, last, min(most, n))]
    quantiles = np.quantile(train, levels, method="hazen")
    quantiles[[0, -1]] = train.min(), train.max()  # whose levels are rounded
    return Transform(name="rank-normal", n=n, quantiles=tuple(np.maximum.accumulate(quantiles).tolist()))
