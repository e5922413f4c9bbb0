"""Dependency maps -> one HTML page that opens from disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqcnn.interpret.dependency.dependency_map import DependencyMap
from seqcnn.interpret.dependency.figure import dependency_figure
from seqcnn.io.atomic import atomic_path
from seqcnn.plotting.formatting import decimal
from seqcnn.plotting.html import render_page
from seqcnn.plotting.panel import Panel, Plot, named
from seqcnn.plotting.style import styled

MAX_MAPS = 20
"""Number of maps on the page, those of the first sequences."""

EXPLANATION = (
    "Epistasis is the effect of two changes together minus the effects of each alone: 0 if they add up. "
    "A pair of positions has the color of its strongest pair of base changes, red where the two together "
    "raise the prediction more, or lower it less, than their effects add up to, as in a motif that one "
    "change already destroys; blue is the opposite. The height of a letter is the contribution of this base "
    "to the prediction (ISM): the prediction minus the mean of those with the three other bases."
)
"""How a map is read."""


def write_page(maps: Sequence[DependencyMap], output: Path, *, target: str, sentences: list[str]) -> None:
    """Write the page of some maps, whole or not at all; `target` is the target with its unit."""
    with styled():
        panels = [map_panel(dependencies, label=f"epistasis, {target}") for dependencies in maps]
        values = {
            "target": target, "explanation": EXPLANATION, "sentences": sentences,
            "maps": named(panels, "map"),
        }  # fmt: skip
        page = render_page("interpret/dependency/page.html.j2", values)
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")


def map_panel(dependencies: DependencyMap, *, label: str) -> Panel:
    """Return the panel of one map, whose caption has the prediction and the strongest pair of changes."""
    i, j = dependencies.strongest()
    value = decimal(float(dependencies.epistasis[i, j]), 2, signed=True)
    changes = f"{dependencies.change(0, i, j)} and {dependencies.change(1, i, j)}"
    text = f"predicted {decimal(dependencies.prediction, 2)}; strongest pair {changes}: {value}"
    drawing = dependency_figure(
        dependencies.epistasis, dependencies.heights, first=dependencies.first, label=label
    )
    return Panel(dependencies.name, text, Plot(drawing))
