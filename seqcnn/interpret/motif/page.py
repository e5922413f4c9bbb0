"""Learned motifs and their matches -> motifs.tsv, and one HTML page of logos that opens from disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcnn.errors import plural
from seqcnn.interpret.motif.motif import LearnedMotif
from seqcnn.interpret.motif.tomtom import Match
from seqcnn.io.tsv import NA, number_cell
from seqcnn.plotting.formatting import UNDEFINED, decimal
from seqcnn.plotting.html import render_page
from seqcnn.plotting.style import COLOURS, axes_of, styled
from seqcnn.plotting.svg import inline_svg
from seqcnn.plotting.svg_logo import Logo, glyphs, logo

COLUMNS = (
    "name", "kind", "consensus", "width", "sites", "sequences", "bits", "effect_mean", "effect_sd",
    "effect_n", "effect_at_sites", "position_q1", "position_median", "position_q3", "match", "match_p",
    "match_q", "match_strand",
)  # fmt: skip
"""Columns of motifs.tsv; positions are those of the center of a site in its sequence, bp from 1."""

MAX_MATCH_Q = 0.01
"""q-value below which a motif matches a known one."""

MIN_SHOWN_EFFECT = 0.01
"""Smallest effect on a page, as a share of the largest of the motifs of its kind."""

MAX_BITS = 2.0
"""Information of a position with one base."""

_BINS = 20


def motif_rows(motifs: Sequence[LearnedMotif], matches: Sequence[Match | None]) -> list[Sequence[str]]:
    """Return the rows of motifs.tsv: one per motif, `NA` where a value is unknown."""
    rows: list[Sequence[str]] = [COLUMNS]
    for motif, match in zip(motifs, matches, strict=True):
        known = [NA] * 4 if match is None else [match.name, f"{match.p:.3g}", f"{match.q:.3g}", match.strand]
        numbers = [number_cell(value, ".6g") for value in (*effect_numbers(motif), *_quartiles(motif))]
        counts = [str(motif.width), str(len(motif.row)), str(len(np.unique(motif.row)))]
        bits = f"{motif.bits.sum():.2f}"
        rows.append([motif.name, motif.kind, motif.consensus, *counts, bits, *numbers, *known])
    return rows


def effect_numbers(motif: LearnedMotif) -> tuple[float, float, int, float]:
    """Return mean and SD of the effect, the number of predictions, and the mean at sites."""
    n = len(motif.effects)
    mean = float(motif.effects.mean()) if n else np.nan
    sd = float(motif.effects.std(ddof=1)) if n > 1 else np.nan
    with_site = np.unique(motif.row) if motif.kind == "filter" else np.arange(n)
    at_sites = float(motif.effects[with_site].mean()) if n and len(with_site) else np.nan
    return mean, sd, n, at_sites


def render(
    motifs: Sequence[LearnedMotif],
    matches: Sequence[Match | None],
    *,
    title: str,
    facts: Sequence[str],
    length: int,
) -> str:
    """Return the page: motifs with an effect, the largest first; `length` is the longest sequence in bp."""
    shown = shown_by_effect([(motif.kind, effect_numbers(motif)[3]) for motif in motifs])
    entries = [_entry(motifs[i], matches[i], length) for i in shown]
    facts = [*facts, *hidden_sentence(len(motifs) - len(shown))]
    values = {"title": title, "facts": facts, "entries": entries, "glyphs": glyphs()}
    return render_page("interpret/motif/page.html.j2", values)


def shown_by_effect(effects: Sequence[tuple[str, float]]) -> list[int]:
    """Return the motifs to show: patterns, then filters, each by decreasing absolute effect.

    Left out are motifs without a measured effect, and those below `MIN_SHOWN_EFFECT` of the largest of their
    kind.

    Parameters
    ----------
    effects
        Kind and effect at the sites of each motif, NaN if it was not measured.
    """
    sizes = [0.0 if np.isnan(effect) else abs(effect) for _, effect in effects]
    largest: dict[str, float] = {}
    for (kind, _), size in zip(effects, sizes, strict=True):
        largest[kind] = max(size, largest.get(kind, 0.0))
    least = [MIN_SHOWN_EFFECT * largest[kind] for kind, _ in effects]
    shown = [i for i, size in enumerate(sizes) if size > 0 and size >= least[i]]
    return sorted(shown, key=lambda i: (effects[i][0] != "pattern", -sizes[i]))


def hidden_sentence(count: int) -> list[str]:
    """Return the sentence on motifs that are not shown, if there are any."""
    if not count:
        return []
    without = f"without an effect, or with less than {MIN_SHOWN_EFFECT:.0%} of the largest of their kind"
    return [f"not shown: {plural(count, 'motif')} {without} (motifs.tsv has all)"]


def known_match(name: str | None, q: float | None) -> str | None:
    """Return the name of a match with a q-value below `MAX_MATCH_Q`, else None."""
    return None if name is None or q is None or q >= MAX_MATCH_Q else name


def motif_logo(motif: LearnedMotif) -> Logo:
    """Return the motif's logo, heights in bits."""
    return logo(motif.frequencies * motif.bits, (0.0, MAX_BITS))


def _positions(motif: LearnedMotif, length: int) -> str:
    """Return a histogram of the middles of the sites in their sequences, as inline SVG."""
    with styled():
        figure, axes = axes_of(1.9, 0.9)
        axes.hist(motif.start + motif.width / 2, bins=_BINS, range=(0, length), color=COLOURS["train"])
        axes.set(xlim=(0, length))
        axes.set_xlabel("position, bp", fontsize=7)
        axes.tick_params(labelsize=6)
    return inline_svg(figure, f"{motif.name}-")


def _entry(motif: LearnedMotif, match: Match | None, length: int) -> dict[str, Any]:
    """Return the values of one motif for the page."""
    mean, sd, _, at_sites = effect_numbers(motif)
    known = None if match is None or known_match(match.name, match.q) is None else match
    return {
        "name": motif.name, "kind": motif.kind, "consensus": motif.consensus,
        "logo": motif_logo(motif).inline, "positions": _positions(motif, length),
        "sites": f"{len(motif.row):,}", "sequences": f"{len(np.unique(motif.row)):,}",
        "bits": f"{motif.bits.sum():.1f}",
        "effect": f"{_signed(mean)} ± {sd:.2g}", "at_sites": _signed(at_sites), "match": known,
    }  # fmt: skip


def _quartiles(motif: LearnedMotif) -> list[float]:
    """Return the quartiles of the positions of the centers of the sites, in bp from 1."""
    return np.percentile(motif.start + (motif.width + 1) / 2, [25, 50, 75]).tolist()  # type: ignore[no-any-return]


def _signed(value: float) -> str:
    """Format a value with its sign."""
    return UNDEFINED if np.isnan(value) else decimal(value, signed=True)
