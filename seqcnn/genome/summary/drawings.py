"""The drawings of the page of variants: effects along a contig, and logos around an allele."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqcnn.genome.summary.largest import Hit
from seqcnn.genome.variant.normalise import trim_alleles
from seqcnn.genome.variant.windows import GenomeWindows, WindowMaker
from seqcnn.plotting.style import COLOURS, INK, axes_of
from seqcnn.plotting.svg_logo import Logo

FLANK_BP = 20
"""bp of a logo on either side of the allele."""

MAX_ALLELE_BP = 40
"""bp of an allele in its logo, the first ones."""

CLOSE = 0.015
"""Part of the axis within which the ranks of two alleles would overlap."""

Span = tuple[int, int]
"""Start and end of an allele in its window, bp from 0, half-open; equal if it has no bases."""


def draw_effects(
    positions: Sequence[int], effects: Sequence[float], ranks: Mapping[int, tuple[int, float]], *, label: str
) -> Any:
    """Draw the effects along a contig as lines from 0; return a matplotlib Figure.

    Parameters
    ----------
    positions, effects
        Position, bp from 1, and effect of each allele.
    ranks
        Rank -> position and effect of the alleles with logos.
    label
        Target with its unit.
    """
    figure, axes = axes_of(8, 2.6)
    many, close = len(effects) > 500, CLOSE * (max(positions) - min(positions))
    axes.vlines(positions, 0, effects, color=COLOURS["train"], lw=0.8, alpha=0.6, rasterized=many)
    axes.plot(positions, effects, "o", ms=3, mew=0, color=COLOURS["train"], rasterized=many)
    axes.axhline(0, color=INK, lw=0.8)
    for rank, (position, effect) in ranks.items():
        above = effect >= 0
        axes.plot([position], [effect], "o", ms=4.5, mew=0, color=COLOURS["trend"])
        axes.annotate(
            str(rank), (position, effect), (0, 4 if above else -4), textcoords="offset points",
            ha=_side(position, ranks, close), va="bottom" if above else "top", fontsize=8,
        )  # fmt: skip
    axes.margins(x=0.02, y=0.18)
    if min(positions) == max(positions):
        axes.set_xlim(positions[0] - 10, positions[0] + 10)
    axes.locator_params(axis="x", integer=True)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set(xlabel="position, bp", ylabel=f"effect, {label}")
    return figure


def _side(position: int, ranks: Mapping[int, tuple[int, float]], close: float) -> str:
    """Return the alignment of a rank: away from another one within `close` bp."""
    distances = [other - position for other, _ in ranks.values() if 0 < abs(other - position) <= close]
    if not distances:
        return "center"
    return "right" if min(distances, key=abs) > 0 else "left"


def middle_shift(make: WindowMaker) -> int | None:
    """Return the shift of the middle one of the windows of a genome, bp; None if windows are records."""
    return make.shifts[len(make.shifts) // 2] if isinstance(make, GenomeWindows) else None


def middle_windows(hit: Hit) -> tuple[bytes, bytes]:
    """Return the middle window of the reference and of the alternative allele, packed."""
    middle = len(hit.windows.ref) // 2
    return hit.windows.ref[middle], hit.windows.alt[middle]


def allele_spans(hit: Hit, shift: int | None) -> tuple[Span, Span]:
    """Return where the differing bases of the reference and of the alternative allele are in their windows.

    Parameters
    ----------
    hit
        The allele.
    shift
        As returned by `middle_shift`.
    """
    if shift is None:
        change = hit.record_change
        starts = (change.start, change.start)
    else:
        change = trim_alleles(0, hit.ids[3].upper(), hit.ids[4].upper())
        size = len(hit.windows.ref[0])
        starts = ((size - len(change.ref)) // 2 - shift, (size - len(change.alt)) // 2 - shift)
    (ref, alt) = ((start, start + len(bases)) for start, bases in zip(starts, change[1:], strict=True))
    return ref, alt


def allele_logos(heights: Sequence[np.ndarray], spans: Sequence[Span]) -> list[Logo]:
    """Return the logos around both alleles, on one scale; position 0 is the first base of the allele.

    Parameters
    ----------
    heights
        Attributions of the bases of each window, (4, W).
    spans
        Where the alleles are in them.
    """
    parts = []
    for values, (start, end) in zip(heights, spans, strict=True):
        first = max(start - FLANK_BP, 0)
        last = min(end, start + MAX_ALLELE_BP) + FLANK_BP
        parts.append((values[:, first:last], first - start, (start, end)))
    low = min(min(float(v.sum(0).min(initial=0)) for v, *_ in parts), 0.0)
    high = max(max(float(v.sum(0).max(initial=0)) for v, *_ in parts), 0.0)
    limits = (low, high) if high > low else (0.0, 1.0)
    width = max(values.shape[1] for values, *_ in parts)
    return [
        Logo(values, limits, first, width, (0, min(end - start, MAX_ALLELE_BP)))
        for values, first, (start, end) in parts
    ]
