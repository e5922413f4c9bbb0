"""Attributions -> one HTML page that opens from disk: a summary, and the logo of each sequence."""

from __future__ import annotations

import logging
from pathlib import Path

from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.attribution.logos import common_scale
from seqcnn.io.atomic import atomic_path
from seqcnn.plotting.formatting import plural
from seqcnn.plotting.html import render_page
from seqcnn.plotting.style import styled
from seqcnn.plotting.svg_logo import glyphs
from seqcnn.report.biology.attributions import attributions, logos, profile, summary

logger = logging.getLogger(__name__)

MOST = 100
"""Sequences on the page, the first ones."""


def attribution_page(found: Attributions, output: Path, *, most: int = MOST) -> None:
    """Write the page of the first `most` sequences, whole or not at all."""
    shown = list(range(min(most, len(found))))
    limits = common_scale(found, shown)
    with styled():
        drawn = [profile(found)]
    sentences = summary(found)
    if len(shown) < len(found):
        sentences.append(f"The first {plural(len(shown), 'sequence')} are shown; the .h5 file has all.")
    values = {
        "target": found.header["target"],
        "explanation": attributions.explanation,
        "sentences": sentences,
        "drawn": drawn,
        "logos": [logos(found, row, limits) for row in shown],
        "glyphs": glyphs(),
    }
    page = render_page("report/attributions.html.j2", values)
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    logger.info("page of %s written to %s", plural(len(shown), "sequence"), output)
