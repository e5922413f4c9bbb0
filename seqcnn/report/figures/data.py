"""Figures of the measurements: their distributions, and their replicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np

from seqcnn.data.split.splits import PARTS
from seqcnn.evaluation.evaluate import bootstrap_scores
from seqcnn.evaluation.resampling import N_RESAMPLES
from seqcnn.model.metrics import pearson
from seqcnn.plotting.formatting import UNDEFINED, with_minus
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.plotting.scatter import scatter
from seqcnn.plotting.style import CELL_INK, COLOURS, axes_of, limits, panel_axes
from seqcnn.report.figures.figure import drawn_name, figure, of_target
from seqcnn.report.run.members import Run

MAX_REPLICATES = 3
"""Replicates of which every pair has a scatter."""

MAX_NUMBERED = 10
"""Replicates up to which the cells of a correlation matrix have numbers."""


@figure("Distribution of the measurements")
def target_distribution(run: Run) -> Iterator[Panel]:
    """Measurements of training, validation and test rows; the three distributions should be similar."""
    for t, target in enumerate(run.targets):
        y = {part: run.dataset.targets[run.measured(part, t), t].astype(float) for part in PARTS}
        shown = {part: values for part, values in y.items() if len(values)}
        drawing, axes = panel_axes(len(run.targets), 2.3)
        edges = np.linspace(*limits(np.concatenate(list(shown.values()))), bin_count(shown.values()) + 1)
        for part, values in shown.items():
            share = np.full(len(values), 100 / len(values))
            axes.hist(values, edges, weights=share, label=part, histtype="step", lw=1.6, color=COLOURS[part])
        axes.set(xlabel=of_target("measured", run, t), ylabel="rows, %")
        axes.legend()
        yield Panel(
            target, ", ".join(f"{part} n = {len(values):,}" for part, values in y.items()), Plot(drawing)
        )


@figure("Agreement of the replicates")
def replicates(run: Run) -> Iterator[Panel]:
    """Pairs of replicates in all rows, the dashed line is equality; of many points, brighter is denser.
    Intervals of r are of 95%, from resampled clusters. With three or more replicates also Pearson r of
    every pair. Replicates without a name are numbered.
    """
    for t, target in enumerate(run.targets):
        values = run.dataset.replicates[:, t].astype(np.float64)
        # targets may have different numbers of replicates
        measured = np.flatnonzero(np.isfinite(values).any(0))
        names, values = [_names(run, t)[i] for i in measured], values[:, measured]
        yield from _pairs(values, names, target, run.dataset.groups)
        if values.shape[1] > 2:
            text = "Pearson r of each pair, over the rows in which both were measured"
            yield Panel(f"{target}: correlation matrix", text, _matrix(correlations(values), names))


def bin_count(parts: Iterable[np.ndarray]) -> int:
    """Return the number of bins of the histograms of some parts, for the smallest one (Rice's rule).

    At least 4 and at most 40, and no more than there are different values.
    """
    values = [part for part in parts if len(part)]
    by_rows = round(2 * min(map(len, values)) ** (1 / 3))
    return max(4, min(40, by_rows, len(np.unique(np.concatenate(values)))))


def _names(run: Run, t: int) -> list[str]:
    """Return the names of the replicates of target number `t`, or numbered ones."""
    known = run.dataset.provenance.get("replicates", {}).get(run.targets[t], [])
    count = run.dataset.replicates.shape[2]
    return [known[i] if i < len(known) else f"replicate {i + 1}" for i in range(count)]


def _pairs(values: np.ndarray, names: list[str], target: str, groups: np.ndarray) -> Iterator[Panel]:
    """Yield the scatters of the first pairs of replicates (N, R); `groups` (N,) are clusters of rows."""
    count = values.shape[1]
    more = f"the first {MAX_REPLICATES} of {count} replicates" if count > MAX_REPLICATES else ""
    for a, b in combinations(range(min(count, MAX_REPLICATES)), 2):
        shared = np.isfinite(values[:, [a, b]]).all(1)
        pair = values[shared][:, [a, b]]
        if len(pair) > 1:
            text = f"r = {_with_interval(pair, groups[shared])}\nn = {len(pair):,}"
            labels = (drawn_name(names[a]), drawn_name(names[b]))
            drawing = scatter(pair[:, 0], pair[:, 1], labels=labels, text=text)
            yield Panel(f"{target}: {names[a]} and {names[b]}", more, Plot(drawing))


def correlations(values: np.ndarray) -> np.ndarray:
    """Return Pearson r of each pair of columns of (N, R) over their shared rows, (R, R); NaN if undefined."""
    r = np.eye(values.shape[1])
    for a, b in combinations(range(values.shape[1]), 2):
        pair = _shared_rows(values[:, [a, b]])
        r[a, b] = r[b, a] = _r(pair)
    return r


def _r(pair: np.ndarray) -> float:
    """Return Pearson r of (n, 2); NaN if it is undefined, or for few rows."""
    r = pearson.score(*pair.T)
    return np.nan if r is None else r


def _shared_rows(pair: np.ndarray) -> np.ndarray:
    """Return the rows of (N, 2) in which both are measured."""
    return np.asarray(pair[np.isfinite(pair).all(1)])


def _with_interval(pair: np.ndarray, groups: np.ndarray) -> str:
    """Return r of (n, 2) with its interval from resampled clusters, if it has one."""
    a, b = pair.T
    scores = bootstrap_scores(a, b, groups, seed=0, resamples=N_RESAMPLES, metrics=("pearson",))
    low, high = scores["pearson"]["low"], scores["pearson"]["high"]
    interval = "" if low is None or high is None else f" ({_number(low)} to {_number(high)})"
    return _number(_r(pair)) + interval


def _number(r: float) -> str:
    """Return r as text."""
    return "not defined" if np.isnan(r) else with_minus(f"{r:.2f}")


def _matrix(r: np.ndarray, names: list[str]) -> Plot:
    """Draw a correlation matrix (R, R), with its numbers if there is room for them."""
    drawing, axes = axes_of(2.9, 2.8)
    axes.imshow(r, cmap="RdBu_r", vmin=-1, vmax=1)
    labels = [drawn_name(name) for name in names]
    axes.set_xticks(range(len(r)), labels, rotation=45, ha="right", rotation_mode="anchor", fontsize=7.5)
    axes.set_yticks(range(len(r)), labels, fontsize=7.5)
    for i, j in np.ndindex(r.shape) if len(r) <= MAX_NUMBERED else ():
        text = UNDEFINED if np.isnan(r[i, j]) else _number(float(r[i, j]))
        colour = "white" if abs(r[i, j]) > 0.6 else CELL_INK
        axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=colour)
    return Plot(drawing)
