"""Saturation mutagenesis: a heat map of all single-base changes of a sequence."""

from __future__ import annotations

from itertools import groupby, islice
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.plotting.formatting import minus, plural
from seqcnn.plotting.style import INK, axes_of
from seqcnn.plotting.svg import inline_svg
from seqcnn.report.biology.section import Drawn, Found, rows_of, section
from seqcnn.sequence.onehot import ALPHABET

SHOWN = 4
"""Sequences whose heat maps are on the page."""


@section("What does every single-base change do?", "saturate")
def saturation(folder: Path, dataset: Dataset) -> Found:
    """A column is a position, a row the base that is put there: red raises the prediction, blue
    lowers it, and a dot is the base that is there. Columns of one strong colour are positions that
    the model needs as they are.
    """
    columns = ("id", "position", "ref", "alt", "effect")
    rows = rows_of(folder / "saturation.tsv", *columns)
    drawn = [
        _heat_map(name, [(int(r["position"]), r["ref"], r["alt"], float(r["effect"])) for r in mine], i)
        for i, (name, mine) in enumerate(islice(groupby(rows, key=lambda row: row["id"]), SHOWN))
    ]
    said = f"Heat maps of {plural(len(drawn), 'sequence')}; saturation.tsv and saturation.pdf have more."
    return Found([said if len(drawn) == SHOWN else "All numbers are in saturation.tsv."], wide=drawn)


def _heat_map(name: str, changes: list[tuple[int, str, str, float]], number: int) -> Drawn:
    """Draw all changes (position, ref, alt, effect) of one sequence."""
    size = max(position for position, *_ in changes)
    effects = np.zeros((4, size))
    for position, _, alt, effect in changes:
        effects[ALPHABET.index(alt), position - 1] = effect
    dots = sorted({(position, ALPHABET.index(ref)) for position, ref, *_ in changes if ref in ALPHABET})
    drawing, axes = axes_of(10.5, 1.7)
    limit = float(np.abs(effects).max()) or 1.0
    extent = (0.5, size + 0.5, 3.5, -0.5)
    image = axes.imshow(effects, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", extent=extent,
                        interpolation="nearest")  # fmt: skip
    axes.plot(*zip(*dots, strict=True), ".", color=INK, ms=2) if dots else None
    axes.set_yticks(range(4), list(ALPHABET))
    axes.set_xlabel("position, bp")
    drawing.colorbar(image, ax=axes, pad=0.01).set_label("change")
    ends = [extreme(changes, key=lambda change: change[3]) for extreme in (min, max)]
    words = [minus(f"{effect:+.2f}") + f" ({ref}{at}{alt})" for at, ref, alt, effect in ends]
    return name, f"from {words[0]} to {words[1]}", inline_svg(drawing, f"saturation-{number}-")
