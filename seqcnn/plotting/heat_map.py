"""Heat map of the effects of all single-base changes of a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcnn.plotting.style import INK
from seqcnn.sequence.onehot import ALPHABET


def draw_effects(axes: Any, effects: np.ndarray, bases: str) -> Any:
    """Draw effects (4, L): red raises the prediction, blue lowers it, a dot marks the base of the sequence.

    NaN is left blank.  Return the image, for its colour bar.
    """
    limit = float(np.nanmax(np.abs(effects), initial=0.0)) or 1.0
    extent = (0.5, len(bases) + 0.5, 3.5, -0.5)
    image = axes.imshow(effects, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", extent=extent,
                        interpolation="nearest")  # fmt: skip
    cells = [(i, ALPHABET.index(base)) for i, base in enumerate(bases, start=1) if base in ALPHABET]
    axes.plot(*zip(*cells, strict=True), ".", color=INK, ms=2) if cells else None
    axes.set_yticks(range(4), list(ALPHABET))
    axes.set_xlabel("position, bp")
    return image
