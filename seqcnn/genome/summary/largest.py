"""The alleles with the largest absolute effects, kept while the variants of a file are scored."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from seqcnn.genome.variant.normalise import NormalisedAlleles, trim_alleles
from seqcnn.genome.variant.windows import AlleleWindows, WindowsOrReason
from seqcnn.sequence.onehot import unpack

MAX_POINTS = 2000
"""Number of effects of one contig in its figure, the largest ones."""

MAX_BASES = 20
"""Bases of an allele in the name of a variant."""

MAX_ROWS = 50
"""Number of alleles in the table of a page."""


class Hit(NamedTuple):
    """An allele that was scored."""

    ids: list[str]
    """The cells that identify it: those of a VCF, or the names of two records."""
    cells: Mapping[str, str]
    """Column of the table -> its cell."""
    windows: AlleleWindows

    @property
    def effect(self) -> float:
        """The effect, in the units of the target."""
        return float(self.cells["effect"])

    @property
    def place(self) -> tuple[str, int]:
        """Contig or reference record, and position of the first base that differs, 1-based."""
        if len(self.ids) == 2:
            return self.ids[0], self.record_change.start + 1
        return self.ids[0], int(self.ids[1])

    @property
    def record_change(self) -> NormalisedAlleles:
        """The change between two windows that are whole records."""
        ref, alt = (unpack(windows[0]) for windows in (self.windows.ref, self.windows.alt))
        return trim_alleles(0, ref, alt)

    @property
    def label(self) -> str:
        """The variant in words."""
        arrow = "\N{RIGHTWARDS ARROW}"
        if len(self.ids) == 2:
            return f"{self.ids[0]} {arrow} {self.ids[1]}"
        contig, position, name, ref, alt = self.ids
        return f"{contig}:{position} {_short(ref)} {arrow} {_short(alt)}" + (
            "" if name == "." else f" ({name})"
        )


@dataclass
class Contig:
    """The alleles of one contig."""

    count: int = 0
    """Number of scored alleles."""
    points: list[tuple[float, int, int, float]] = field(default_factory=list)
    """Absolute effect, order (negative), position and effect of the `MAX_POINTS` with the largest one."""


class Largest:
    """The scored alleles with the largest absolute effects, of all and of each contig; the first of ties.

    Parameters
    ----------
    names
        Columns of the table, after those that identify an allele.
    number
        Number of alleles to keep with their windows.
    """

    def __init__(self, names: Sequence[str], number: int) -> None:
        self.names, self.number = names, number
        self.contigs: dict[str, Contig] = {}
        self._kept: list[tuple[float, int, Hit]] = []
        self._order = count(0, -1)

    def add(
        self, ids: Iterable[list[str]], alleles: Sequence[WindowsOrReason], rows: Sequence[Sequence[str]]
    ) -> None:
        """Add alleles: the cells that identify them, their windows, and their rows of the table."""
        for cells, windows, row in zip(ids, alleles, rows, strict=True):
            if isinstance(windows, AlleleWindows):
                hit = Hit(cells, dict(zip(self.names, row, strict=True)), windows)
                if math.isfinite(float(hit.cells["effect"].replace("NA", "nan"))):
                    self._add(hit)

    def hits(self) -> list[Hit]:
        """Return the alleles that were kept, the largest absolute effect first."""
        return [hit for *_, hit in sorted(self._kept, key=lambda entry: entry[:2], reverse=True)]

    def _add(self, hit: Hit) -> None:
        """Add one allele."""
        size, order = abs(hit.effect), next(self._order)
        name, position = hit.place
        contig = self.contigs.setdefault(name, Contig())
        contig.count += 1
        _push(contig.points, (size, order, position, hit.effect), MAX_POINTS)
        _push(self._kept, (size, order, hit), self.number)


def _short(allele: str) -> str:
    """Return an allele, cut if it is long."""
    return allele if len(allele) <= MAX_BASES else f"{allele[:MAX_BASES]}... ({len(allele):,} bp)"


def _push(heap: list[tuple], entry: tuple, number: int) -> None:  # type: ignore[type-arg]
    """Add an entry to a heap of the `number` largest ones."""
    if len(heap) < number:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)
