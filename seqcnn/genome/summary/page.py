"""The alleles with the largest effects -> one HTML page that opens from disk.

Effects along each contig, a table, and logos of the windows of both alleles with the motifs that they have.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from seqcnn.errors import UsageError, counted, plural
from seqcnn.extras import extra
from seqcnn.genome.summary.drawings import (
    FLANK_BP,
    Span,
    allele_logos,
    allele_spans,
    draw_effects,
    middle_shift,
    middle_windows,
)
from seqcnn.genome.summary.largest import MAX_POINTS, MAX_ROWS, Contig, Hit, Largest
from seqcnn.genome.summary.motif_changes import MAX_Q, MotifChange, motif_changes
from seqcnn.genome.variant.effects import LEVEL
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.table import NOT_SCORED, Columns
from seqcnn.genome.variant.windows import WindowMaker
from seqcnn.interpret.attribution.attribution import attributions, projected
from seqcnn.interpret.attribution.page import METHOD_NAMES
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.database import read_meme
from seqcnn.io.atomic import atomic_path
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.cautions import weakness
from seqcnn.plotting.formatting import UNDEFINED, decimal, minus
from seqcnn.plotting.html import render_page
from seqcnn.plotting.panel import Logos, Panel, Plot
from seqcnn.plotting.style import styled
from seqcnn.plotting.svg_logo import glyphs

logger = logging.getLogger(__name__)

MAX_CONTIGS = 8
"""Number of figures of contigs, those with the largest effects."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What was scored, and with what."""

    model: LoadedModel
    target: int
    """Index of the target."""
    columns: Columns
    make: WindowMaker
    largest: Largest


def known_motifs(also: VariantOutputs) -> dict[str, np.ndarray] | None:
    """Return the known motifs that a page names; None if no database is given.

    Raises
    ------
    UsageError
        If there is a database but no page.
    EnvironmentFault
        If the library that matches motifs is not installed.
    """
    if also.database is None:
        return None
    if also.html is None:
        raise UsageError("--database: names the motifs on the page of --html; give that, too")
    extra("memelite")
    return read_meme(also.database)


def kept_alleles(columns: Columns, also: VariantOutputs) -> Largest:
    """Return the collection of the alleles that a page shows; it keeps none if there is no page."""
    return Largest(columns.names, max(MAX_ROWS, also.top) if also.html else 0)


def write_page(
    scored: Scored,
    also: VariantOutputs,
    known: Mapping[str, np.ndarray] | None,
    *,
    table: Path,
    facts: Sequence[str],
) -> None:
    """Write the page, whole or not at all; nothing if `also` names none.

    Parameters
    ----------
    scored
        What was scored, and with what.
    also
        The page, and the number of alleles with logos.
    known
        Known motifs: name -> base frequencies (4, width); None names no motifs.
    table
        The table of effects, to which the page links if both are in one folder.
    facts
        Sentences on the numbers of alleles.
    """
    if also.html is None:
        return
    hits = scored.largest.hits()
    shown = hits[: also.top]
    panels, changes = _logos(scored, shown, known) if shown else ([], [])
    with styled():
        figures, hidden = _effect_panels(scored, shown)
    values = {
        "target": scored.columns.target,
        "facts": [*facts, *hidden, *_motif_facts(scored, known)],
        "table": quote(os.fsencode(table.name)) if _beside(table, also.html) else "",
        "table_name": table.name,
        "figures": figures,
        "columns": [name for name in ("effect_sd", "percentile") if name in scored.columns.names],
        "convention": _convention(scored),
        "rows": [_row(hit, number, changes) for number, hit in enumerate(hits)],
        "logos": list(zip(shown, panels, strict=True)),
        "has_motifs": known is not None,
        "flank": FLANK_BP,
        "method": METHOD_NAMES["ism"],
        "glyphs": glyphs(),
    }
    page = render_page("genome/summary/page.html.j2", values)
    with atomic_path(also.html) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    logger.info("page of %s written to %s", plural(len(hits), "allele"), also.html)


def _beside(table: Path, page: Path) -> bool:
    """Return whether two files are in the same folder, so that one can link to the other."""
    return os.path.abspath(table.parent) == os.path.abspath(page.parent)


def _logos(
    scored: Scored, hits: Sequence[Hit], known: Mapping[str, np.ndarray] | None
) -> tuple[list[list[Panel]], list[list[MotifChange]]]:
    """Return the panels of the logos of both alleles, and the motifs that each allele makes or breaks."""
    shift = middle_shift(scored.make)
    spans = [allele_spans(hit, shift) for hit in hits]
    rows = scored.model.header.layout.rows([window for hit in hits for window in middle_windows(hit)])
    hypothetical, _ = attributions(scored.model, rows, target=scored.target)
    heights = projected(hypothetical, rows)
    inserts = [
        values[:, max(start, 0) : start + size]
        for values, start, size in zip(heights, rows.start, rows.insert_length, strict=True)
    ]
    panels = [_panels(hit, inserts[2 * i : 2 * i + 2], spans[i]) for i, hit in enumerate(hits)]
    if known is None or weakness(scored.model.header):
        return panels, [[] for _ in hits]
    sample = Sample([str(number) for number in range(len(rows))], rows)
    return panels, motif_changes(known, sample, hypothetical, spans)


def _panels(hit: Hit, heights: Sequence[np.ndarray], spans: tuple[Span, Span]) -> list[Panel]:
    """Return the panels of the logos of the reference and of the alternative allele."""
    titles = (("Reference", "ref_prediction"), ("Alternative", "alt_prediction"))
    return [
        Panel(title, f"predicted {_number(hit.cells[column])}", Logos([picture], [picture]))
        for (title, column), picture in zip(titles, allele_logos(heights, spans), strict=True)
    ]


def _effect_panels(scored: Scored, shown: Sequence[Hit]) -> tuple[list[Panel], list[str]]:
    """Return the figures of contigs with the largest effects, and sentences on what they leave out."""
    contigs = sorted(scored.largest.contigs.items(), key=lambda item: -max(item[1].points)[0])
    panels, sentences = [], []
    for number, (name, contig) in enumerate(contigs[:MAX_CONTIGS]):
        ranks = {
            rank: (hit.place[1], hit.effect) for rank, hit in enumerate(shown, 1) if hit.place[0] == name
        }
        *_, positions, effects = zip(*sorted(contig.points, key=lambda point: point[2]), strict=True)
        figure = draw_effects(positions, effects, ranks, label=scored.columns.target)
        panels.append(Panel(name, _points_text(contig), Plot(figure), f"effects-{number + 1}"))
    if (left := len(contigs) - MAX_CONTIGS) > 0:
        sentences.append(f"{counted(left, 'contigs or records have')} smaller effects and no figure.")
    return panels, sentences


def _points_text(contig: Contig) -> str:
    """Return the number of alleles of a contig, and of those in its figure if these are fewer."""
    text = plural(contig.count, "allele")
    return text if contig.count <= MAX_POINTS else f"the {MAX_POINTS:,} largest effects of {text}"


def _motif_facts(scored: Scored, known: Mapping[str, np.ndarray] | None) -> list[str]:
    """Return the sentence on the motifs that are named."""
    if known is None:
        return []
    if text := weakness(scored.model.header):
        return [f"No motifs are named, because {text}."]
    return [
        "A motif of the database is lost if it has a hit over the changed bases of the reference window (a "
        f"match on which the prediction depends, q at most {MAX_Q:g}) and none there in the alternative one, "
        "and gained if it is the other way round; the number is its contribution. Only alleles with a logo "
        "are compared with the database."
    ]


def _convention(scored: Scored) -> str:
    """Return the sentence on calls; '' without them."""
    if scored.columns.null is None:
        return ""
    alpha, members = scored.columns.null.alpha, scored.columns.members
    size = f"The call is effect if it is larger than all but a fraction {alpha:g} of these changes"
    if members == 1:
        return f"{size}, and none if it is not."
    interval = f"the {LEVEL:.0%} interval over the {members} networks"
    return f"{size} and {interval} excludes 0, none if that interval is within, and uncertain otherwise."


def _row(hit: Hit, number: int, changes: Sequence[Sequence[MotifChange]]) -> dict[str, Any]:
    """Return the values of one row of the table; only alleles with logos have motifs."""
    own = changes[number] if number < len(changes) else []
    return {
        "label": hit.label,
        "rank": number + 1,
        "has_logo": number < len(changes),
        "cells": {name: _number(cell, 1 if name == "percentile" else 3) for name, cell in hit.cells.items()},
        "effect": decimal(hit.effect, signed=True),
        "ood": hit.cells.get("out_of_distribution", UNDEFINED),
        "motifs": [_motif(change) for change in own],
    }


def _motif(change: MotifChange) -> str:
    """Return a motif that an allele makes or breaks in words."""
    verb = "gained" if change.gained else "lost"
    return f"{verb} {change.motif} ({minus(change.strand)}), {decimal(change.contribution, signed=True)}"


def _number(cell: str, digits: int = 3) -> str:
    """Return the cell of a number with some decimals; other text as it is."""
    if cell == NOT_SCORED:
        return UNDEFINED
    try:
        return decimal(float(cell), digits)
    except ValueError:
        return cell
