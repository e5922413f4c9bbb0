"""Figures of the measurements: their distributions, and their replicates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from seqcnn.data.split.splits import PARTS
from seqcnn.model.metrics import pearson
from seqcnn.plotting.formatting import UNDEFINED, with_minus
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.plotting.style import CELL_INK, COLOURS, DASHED, axes_of, draw_density, limits, panel_axes
from seqcnn.report.figures.figure import figure
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
        edges = np.linspace(*limits(np.concatenate(list(shown.values()))), 41)
        for part, values in shown.items():
            share = np.full(len(values), 100 / len(values))
            axes.hist(values, edges, weights=share, label=part, histtype="step", lw=1.6, color=COLOURS[part])
        axes.set(xlabel="measured", ylabel="rows, %")
        axes.legend()
        yield Panel(
            target, ", ".join(f"{part} n = {len(values):,}" for part, values in y.items()), Plot(drawing)
        )


@figure("Agreement of the replicates")
def replicates(run: Run) -> Iterator[Panel]:
    """Pairs of replicates in all rows, the dashed line is equality; of many points, brighter is denser.
    With three or more replicates also Pearson r of every pair. Replicates are numbered in the order in which
    they were named.
    """
    for t, target in enumerate(run.targets):
        values = run.dataset.replicates[:, t].astype(np.float64)
        values = values[:, np.isfinite(values).any(0)]  # targets may have different numbers of replicates
        for name, text, pair, numbers in _pairs(values):
            yield Panel(f"{target}: {name}", text, _scatter(pair, numbers))
        if values.shape[1] > 2:
            text = "Pearson r of each pair, over the rows in which both were measured"
            yield Panel(f"{target}: correlation matrix", text, _matrix(correlations(values)))


def _pairs(values: np.ndarray) -> Iterator[tuple[str, str, np.ndarray, tuple[int, int]]]:
    """Yield name, text, values (n, 2) and numbers of the first pairs of replicates (N, R)."""
    count = values.shape[1]
    more = f"; the first {MAX_REPLICATES} of {count} replicates" if count > MAX_REPLICATES else ""
    for a, b in combinations(range(min(count, MAX_REPLICATES)), 2):
        pair = _shared_rows(values[:, [a, b]])
        if len(pair) > 1:
            text = f"r = {_number(_r(pair))}, n = {len(pair):,}{more}"
            yield f"replicates {a + 1} and {b + 1}", text, pair, (a + 1, b + 1)


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


def _number(r: float) -> str:
    """Return r as text."""
    return "not defined" if np.isnan(r) else with_minus(f"{r:.2f}")


def _scatter(pair: np.ndarray, numbers: tuple[int, int]) -> Plot:
    """Draw two replicates (n, 2) against each other."""
    drawing, axes = axes_of(2.9, 2.8)
    low, high = limits(pair)
    draw_density(axes, (pair[:, 0], pair[:, 1]), extent=(low, high, low, high))
    axes.plot([low, high], [low, high], **DASHED)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set(xlabel=f"replicate {numbers[0]}", ylabel=f"replicate {numbers[1]}")
    return Plot(drawing)


def _matrix(r: np.ndarray) -> Plot:
    """Draw a correlation matrix (R, R), with its numbers if there is room for them."""
    drawing, axes = axes_of(2.9, 2.8)
    axes.imshow(r, cmap="RdBu_r", vmin=-1, vmax=1)
    names = [str(number) for number in range(1, len(r) + 1)]
    axes.set_xticks(range(len(r)), names)
    axes.set_yticks(range(len(r)), names)
    axes.set(xlabel="replicate", ylabel="replicate")
    for i, j in np.ndindex(r.shape) if len(r) <= MAX_NUMBERED else ():
        text = UNDEFINED if np.isnan(r[i, j]) else _number(float(r[i, j]))
        colour = "white" if abs(r[i, j]) > 0.6 else CELL_INK
        axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=colour)
    return Plot(drawing)
