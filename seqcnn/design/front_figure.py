"""The Pareto set of several goals, with the candidates of the search and the start sequences.

`front.svg` is the figure, and `front.tsv` has its points, from which the report draws it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.design.design import Design, StartSequence
from seqcnn.design.front import Candidate
from seqcnn.design.objective import Goals, rows_of
from seqcnn.io.tsv import number_cell, write_table
from seqcnn.model.inference.target import target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.plotting.style import COLOURS, INK, rows_of_axes, styled
from seqcnn.plotting.svg import save_svg

FILES = ("front.svg", "front.tsv")
"""Names of the output files."""

KINDS = {"start": "start sequence", "candidate": "candidate", "design": "design"}
"""Kind of a point in the table -> its label in the figure."""


def write_front(
    model: LoadedModel,
    designs: Sequence[Design],
    candidates: Sequence[Candidate],
    starts: Sequence[StartSequence],
    goals: Goals,
    output: Path,
) -> None:
    """Write `FILES`: the predictions of the goals, of start sequences, candidates and designs."""
    points = {
        "start": _predict(model, [start.codes for start in starts], goals),
        "candidate": _predict(model, [candidate.codes for candidate in candidates], goals),
        "design": _predict(model, [design.codes for design in designs], goals),
    }
    heads = [f"{goal.goal}:{target_in_words(model, goal.target)}" for goal in goals.objectives]
    rows = [[kind, *map(number_cell, row)] for kind, values in points.items() for row in values.tolist()]
    write_table(output / FILES[1], [["kind", *heads], *rows])
    with styled():
        save_svg(draw_front(points, heads), output / FILES[0])


def draw_front(points: Mapping[str, np.ndarray], heads: Sequence[str]) -> Any:
    """Draw the predictions of two goals after each other against one another, one panel per pair.

    The axes point to what is wanted: a target to minimize has its small values at the right or top.

    Parameters
    ----------
    points
        One of `KINDS` -> predictions, float64 (N, K).
    heads
        Goal and target of each column, such as `minimize:activity (log2)`.
    """
    pairs = list(pairwise(range(len(heads))))
    figure, axes = rows_of_axes(4.6, 3.2 * len(pairs), len(pairs))
    for panel, pair in zip(axes, pairs, strict=True):
        _draw(panel, {kind: values[:, list(pair)] for kind, values in points.items()})
        _label(panel, *(heads[column] for column in pair))
    return figure


def _draw(axes: Any, points: Mapping[str, np.ndarray]) -> None:
    """Draw start sequences, candidates and designs, and the line through the designs."""
    looks = {
        "start": {"facecolors": "none", "edgecolors": INK, "s": 18, "linewidths": 0.8},
        "candidate": {"color": "#9aa5ad", "s": 7, "linewidths": 0},
        "design": {"color": COLOURS["trend"], "s": 20, "linewidths": 0, "zorder": 3},
    }
    for kind, values in points.items():
        axes.scatter(*values.T, label=KINDS[kind], **looks[kind])
    line = points["design"][points["design"][:, 0].argsort(kind="stable")]
    axes.plot(*line.T, color=COLOURS["trend"], lw=0.8)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def _label(axes: Any, first: str, second: str) -> None:
    """Label both axes, and turn those of targets to minimize."""
    (x_goal, _, x), (y_goal, _, y) = first.partition(":"), second.partition(":")
    axes.set_xlabel(f"predicted {x}, {x_goal}")
    axes.set_ylabel(f"predicted {y}, {y_goal}")
    if x_goal == "minimize":
        axes.invert_xaxis()
    if y_goal == "minimize":
        axes.invert_yaxis()


def _predict(model: LoadedModel, sequences: Sequence[np.ndarray], goals: Goals) -> np.ndarray:
    """Predict the targets of the goals, float64 (N, K)."""
    means = [model.predict_members(rows_of(model, codes[None]), flag_ood=False).mean for codes in sequences]
    return np.concatenate(means)[:, [objective.target for objective in goals.objectives]].astype(float)
