"""The table of `Model.evaluate`, with the scatter of measurements and predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from seqcnn.errors import UsageError, listed, show
from seqcnn.evaluation.score import Score
from seqcnn.plotting.panel import Plot
from seqcnn.plotting.picture import Picture
from seqcnn.plotting.scatter import scatter
from seqcnn.plotting.style import styled
from seqcnn.report.content.score_text import score_text


class ScoreTable(pd.DataFrame):
    """Scores by target and metric: a DataFrame, with the measurements and predictions behind them."""

    _metadata = ["pairs", "units"]  # noqa: RUF012 of pandas: attributes that copies keep
    pairs: dict[str, tuple[np.ndarray, np.ndarray]]
    units: dict[str, str]

    @property
    def _constructor(self) -> type[ScoreTable]:
        return ScoreTable

    def scatter(self, target: str | None = None) -> Picture:
        """Draw predictions against measurements, with the dashed line of equality.

        Parameters
        ----------
        target
            Name of the target; None is the only one, or the first.

        Raises
        ------
        UsageError
            If there is no such target, or fewer than two of its rows are measured and predicted.
        """
        name = next(iter(self.pairs)) if target is None else target
        if name not in self.pairs:
            expected = listed([*map(show, self.pairs)])
            raise UsageError(f"scatter: {show(name)} found; expected one of {expected}")
        y, y_hat = self.pairs[name]
        if len(y) < 2:
            raise UsageError(f"scatter: {show(name)}: {len(y)} rows are measured and predicted; expected two")
        text = f"n = {len(y):,}"
        if (name, "pearson") in self.index:
            row = self.xs((name, "pearson"))[["value", "low", "high"]].to_numpy(float)
            value, low, high = (None if np.isnan(x) else float(x) for x in row)
            score = Score(value, low, high, len(y))
            text = f"r = {score_text(score, 'pearson')}\n{text}"
        unit = f" ({self.units[name]})" if self.units.get(name) else ""
        with styled():
            labels = (f"measured {name}{unit}", f"predicted {name}{unit}")
            figure = scatter(y, y_hat, labels=labels, text=text)
        return Picture(Plot(figure), f"{name}: predicted against measured")


def score_table(
    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]], units: Sequence[str], groups: np.ndarray
) -> ScoreTable:
    """Return each metric of each target with its interval, on the rows that are measured and predicted.

    Parameters
    ----------
    pairs
        Target -> measurements and predictions (n,), NaN where there are none.
    units
        Units of the targets.
    groups
        Number of the group of each row (n,); groups are resampled as a whole.
    """
    from seqcnn.evaluation.evaluate import bootstrap_scores
    from seqcnn.evaluation.resampling import N_RESAMPLES

    rows, used_pairs = [], {}
    for target, (y, y_hat) in pairs.items():
        used = np.isfinite(y) & np.isfinite(y_hat)
        used_pairs[target] = y[used], y_hat[used]
        scores = bootstrap_scores(*used_pairs[target], groups[used], seed=0, resamples=N_RESAMPLES)
        count = int(used.sum())
        rows += [
            {"target": target, "metric": metric, **score, "n": count} for metric, score in scores.items()
        ]
    indexed = pd.DataFrame(rows).set_index(["target", "metric"])
    table = ScoreTable(indexed.astype({"value": float, "low": float, "high": float}))
    table.pairs, table.units = used_pairs, dict(zip(pairs, units, strict=True))
    return table
