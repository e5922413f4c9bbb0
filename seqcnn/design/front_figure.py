"""front.svg: the Pareto set of several goals, with the candidates of the search and the start sequences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.design.design import Design, StartSequence
from seqcnn.design.front import Candidate
from seqcnn.design.objective import Goals, Objective, rows_of
from seqcnn.model.inference.target import target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.plotting.style import COLOURS, INK, rows_of_axes, styled
from seqcnn.plotting.svg import save_svg

FILE = "front.svg"
"""Name of the output file."""


def write_front(
    model: LoadedModel,
    designs: Sequence[Design],
    candidates: Sequence[Candidate],
    starts: Sequence[StartSequence],
    goals: Goals,
    output: Path,
) -> None:
    """Draw the predictions of two goals after each other against one another, one panel per pair.

    The axes point to what is wanted: a target to minimize has its small values at the right or top.
    """
    points = {
        "start sequence": _predict(model, [start.codes for start in starts], goals),
        "candidate": _predict(model, [candidate.codes for candidate in candidates], goals),
        "design": _predict(model, [design.codes for design in designs], goals),
    }
    pairs = list(pairwise(range(len(goals.objectives))))
    with styled():
        figure, axes = rows_of_axes(4.6, 3.2 * len(pairs), len(pairs))
        for panel, (first, second) in zip(axes, pairs, strict=True):
            _draw(panel, {label: values[:, [first, second]] for label, values in points.items()})
            _label(model, panel, goals.objectives[first], goals.objectives[second])
        save_svg(figure, output / FILE)


def _draw(axes: Any, points: dict[str, np.ndarray]) -> None:
    """Draw start sequences, candidates and designs, and the line through the designs."""
    looks = {
        "start sequence": {"facecolors": "none", "edgecolors": INK, "s": 18, "linewidths": 0.8},
        "candidate": {"color": "#9aa5ad", "s": 7, "linewidths": 0},
        "design": {"color": COLOURS["trend"], "s": 20, "linewidths": 0, "zorder": 3},
    }
    for label, values in points.items():
        axes.scatter(*values.T, label=label, **looks[label])
    line = points["design"][points["design"][:, 0].argsort(kind="stable")]
    axes.plot(*line.T, color=COLOURS["trend"], lw=0.8)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def _label(model: LoadedModel, axes: Any, first: Objective, second: Objective) -> None:
    """Label both axes, and turn those of targets to minimize."""
    axes.set_xlabel(f"predicted {target_in_words(model, first.target)}, {first.goal}")
    axes.set_ylabel(f"predicted {target_in_words(model, second.target)}, {second.goal}")
    if first.goal == "minimize":
        axes.invert_xaxis()
    if second.goal == "minimize":
        axes.invert_yaxis()


def _predict(model: LoadedModel, sequences: Sequence[np.ndarray], goals: Goals) -> np.ndarray:
    """Predict the targets of the goals, float64 (N, K)."""
    means = [model.predict_members(rows_of(model, codes[None]), flag_ood=False).mean for codes in sequences]
    return np.concatenate(means)[:, [objective.target for objective in goals.objectives]].astype(float)
