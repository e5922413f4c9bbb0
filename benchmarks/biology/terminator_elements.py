"""Known elements of plant terminators, and their occurrences in sequences.

Defined before any model was analysed:

- The library's inserts end 20 bp downstream of the annotated cleavage site: its authors cut 150 bp before
  that base and 19 bp after it (Gorjifard 2023, doi:10.1101/2023.06.16.545379; `GenerateLibrary/Arabidopsis.R`
  of their repository).  Positions are counted from that base, negative upstream of it.
- AATAAA, near upstream element, 35 to 10 bp upstream of the cleavage site, has a positive effect.  In
  cauliflower mosaic virus it is at -18 to -13 (Mogen 1990, doi:10.1105/tpc.2.12.1261); its deletion almost
  abolishes processing, single changes have little effect (Rothnie 1994, PMID 8187773,
  doi:10.1002/j.1460-2075.1994.tb06497.x); in place of a weaker element it increases the efficiency (Li and
  Hunt 1995, PMID 7640363).  Rice and Arabidopsis have the same three parts of the signal (Shen 2008, PMID
  18411206, doi:10.1093/nar/gkn158).
- TGTA, far upstream element, upstream of the near one, has a positive effect: at -137 to -60 of a pea gene
  and -181 to -57 of the virus (Mogen 1990), there as UUUGUA, which has no effect downstream of the cleavage
  site (Rothnie 1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.motif.insertion import Backgrounds, Effect
from seqcnn.interpret.motif.motif import LearnedMotif
from seqcnn.sequence.onehot import pack

CLEAVAGE = 150
"""0-based position of the annotated cleavage site in an insert of 170 bp."""


@dataclass(frozen=True)
class Element:
    """A known element with the first and last position of its expected range."""

    letters: str
    first: int
    last: int

    @property
    def label(self) -> str:
        """Letters and range, as text."""
        return f"{self.letters} ({self.first} to {self.last})"

    @property
    def shuffled(self) -> list[str]:
        """The other orders of the same letters."""
        return sorted({"".join(order) for order in permutations(self.letters)} - {self.letters})

    def expected(self, start: int) -> bool:
        """Return whether an element at a 0-based start of the insert is inside its expected range."""
        return self.first <= start - CLEAVAGE and start - CLEAVAGE + len(self.letters) - 1 <= self.last


ELEMENTS = (Element("AATAAA", -35, -10), Element("TGTA", -137, -36))


def occurrences(bases: str, word: str) -> Iterator[int]:
    """Yield the 0-based start of every occurrence of a word, including overlapping ones."""
    at = bases.find(word)
    while at >= 0:
        yield at
        at = bases.find(word, at + 1)


def all_occurrences(letters: Sequence[str], words: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return row, 0-based start and width of every occurrence of some words in inserts."""
    return [
        (row, at, len(word))
        for row, bases in enumerate(letters)
        for word in words
        for at in occurrences(bases, word)
    ]


@dataclass(frozen=True)
class ElementInMotif:
    """Frequency and positions of an element in the sites of a motif."""

    motif: LearnedMotif
    share: float
    """Fraction of the sites that contain the element."""
    fold: float
    """Enrichment: `share` relative to all windows of the same width in the same sequences."""
    starts: list[int]
    """0-based starts of the elements in its sites."""


def element_in_motif(motif: LearnedMotif, element: Element, letters: Sequence[str]) -> ElementInMotif:
    """Find an element in the sites of a motif; `letters` are the inserts."""
    starts = []
    for row, start in zip(motif.row, motif.start, strict=True):
        site = letters[row][max(start, 0) : start + motif.width]
        starts += [max(start, 0) + at for at in occurrences(site, element.letters)][:1]
    windows = [
        element.letters in bases[at : at + motif.width]
        for bases in letters
        for at in range(len(bases) - motif.width + 1)
    ]
    share = len(starts) / len(motif.row)
    return ElementInMotif(motif, share, share / max(float(np.mean(windows)), 1e-9), starts)


@dataclass(frozen=True)
class OccurrenceScores:
    """Attributions and seqlets at some occurrences of words."""

    n: int
    attribution: float
    """Mean sum over the bases of an occurrence, in the units of the target."""
    in_positive: float
    in_negative: float
    """Fraction of the occurrences with at least half of their bases in a positive or negative seqlet."""


def score_occurrences(
    found: Attributions, signs: np.ndarray, positions: Sequence[tuple[int, int, int]]
) -> OccurrenceScores:
    """Score occurrences (row, start, width); `signs` (N, L) are 1 and -1 in seqlets, else 0."""
    values = found.by_position
    parts = [(values[row, at : at + w].sum(), signs[row, at : at + w]) for row, at, w in positions]
    up = [2 * (part > 0).sum() >= len(part) for _, part in parts]
    down = [2 * (part < 0).sum() >= len(part) for _, part in parts]
    return OccurrenceScores(len(parts), *(float(np.mean(x)) for x in ([v for v, _ in parts], up, down)))


def elements_in_seqlets(seqlets: pd.DataFrame, letters: Sequence[str]) -> str:
    """Return the text on how many of the positive seqlets cover half of an element or more."""
    up = seqlets.loc[seqlets["score"] > 0, ["row", "start", "end"]].to_numpy(int).tolist()
    texts = []
    for element in ELEMENTS:
        word = len(element.letters)
        starts = [set(occurrences(bases, element.letters)) for bases in letters]
        near = [
            any(2 * (min(end, at + word) - max(start, at)) >= word for at in starts[row])
            for row, start, end in up
        ]
        texts.append(f"{element.letters} in {sum(near)}")
    return f"Of the positive ones, {' and '.join(texts)}."


def insertions(backgrounds: Backgrounds, element: Element, starts: Sequence[int]) -> np.ndarray:
    """Insert an element, and its letters in all other orders, at some starts.

    Returns
    -------
    Effect of the element minus the mean effect of the other orders, per background, (starts, n).
    """
    control = [pack(word) for word in element.shuffled]
    return np.array(
        [
            backgrounds.changes((pack(element.letters), at))
            - np.mean([backgrounds.changes((word, at)) for word in control], axis=0)
            for at in starts
        ]
    )


def inside_and_outside(changes: np.ndarray, element: Element, starts: Sequence[int]) -> tuple[Effect, Effect]:
    """Summarise insertions inside and outside the expected range, over the backgrounds."""
    there = np.array([element.expected(at) for at in starts])
    return Effect.of(changes[there].mean(0)), Effect.of(changes[~there].mean(0))


def draw_effects(curves: list[tuple[str, Element, list[int], np.ndarray]], output: Path) -> None:
    """Draw the effect of each insertion by position into a PNG file."""
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 8}):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        for ax, (name, element, starts, changes) in zip(
            figure.subplots(2, 2, sharex=True).flat, curves, strict=True
        ):
            effects = [Effect.of(row) for row in changes]
            at = np.array(starts) - CLEAVAGE
            ax.axvspan(element.first, element.last, color="0.9")
            ax.axhline(0, color="0.5", lw=0.6)
            ax.fill_between(at, [e.low for e in effects], [e.high for e in effects], alpha=0.3, lw=0)
            ax.plot(at, [e.mean for e in effects])
            ax.set(title=f"{element.letters}, {name}", ylabel="effect (log2)")
        for ax in figure.axes[-2:]:
            ax.set_xlabel("first base, bp from the cleavage site")
        figure.savefig(output, dpi=100)
