"""Figures of the measurements: their distributions, and their replicates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcnn.data.split.splits import PARTS
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.plotting.style import COLOURS, limits, panel_axes
from seqcnn.report.figures.figure import figure
from seqcnn.report.run.members import Run


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
