"""Saturation mutagenesis: a heat map of all single-base changes of a sequence."""

from __future__ import annotations

from itertools import groupby, islice
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.plotting.formatting import minus, plural
from seqcnn.plotting.heat_map import draw_effects
from seqcnn.plotting.style import axes_of
from seqcnn.plotting.svg import inline_svg
from seqcnn.report.biology.section import Content, Panel, read_rows, section
from seqcnn.sequence.onehot import ALPHABET

MAX_HEAT_MAPS = 4
"""Sequences with a heat map on the page."""


@section("What is the effect of every single-base change?", "saturate")
def saturation(folder: Path, dataset: Dataset) -> Content:
    """Rows are the alternative bases, columns the positions; a dot marks the reference base. Red
    substitutions raise the prediction, blue ones lower it.
    """
    columns = ("id", "position", "ref", "alt", "effect")
    rows = read_rows(folder / "saturation.tsv", *columns)
    panels = [
        _heat_map(name, [(int(r["position"]), r["ref"], r["alt"], float(r["effect"])) for r in mine], i)
        for i, (name, mine) in enumerate(islice(groupby(rows, key=lambda row: row["id"]), MAX_HEAT_MAPS))
    ]
    more = f"Heat maps of {plural(len(panels), 'sequence')}; saturation.tsv and saturation.pdf have more."
    sentence = more if len(panels) == MAX_HEAT_MAPS else "All numbers are in saturation.tsv."
    return Content([sentence], wide=panels)


def _heat_map(name: str, changes: list[tuple[int, str, str, float]], number: int) -> Panel:
    """Draw all changes (position, ref, alt, effect) of one sequence."""
    size = max(position for position, *_ in changes)
    effects, reference = np.zeros((4, size)), ["N"] * size
    for position, ref, alt, effect in changes:
        effects[ALPHABET.index(alt), position - 1] = effect
        reference[position - 1] = ref
    drawing, axes = axes_of(10.5, 1.7)
    image = draw_effects(axes, effects, "".join(reference))
    drawing.colorbar(image, ax=axes, pad=0.01).set_label("change")
    ends = [extreme(changes, key=lambda change: change[3]) for extreme in (min, max)]
    words = [minus(f"{effect:+.2f}") + f" ({ref}{position}{alt})" for position, ref, alt, effect in ends]
    return name, f"from {words[0]} to {words[1]}", inline_svg(drawing, f"saturation-{number}-")
