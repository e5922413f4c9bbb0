"""Attributions -> one HTML page that opens from disk: a summary, and the logo of each sequence."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from seqcnn.errors import plural
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.attribution.logos import BLOCK_BP, common_scale, draw_profile, logo_lines
from seqcnn.io.atomic import atomic_path
from seqcnn.plotting.formatting import minus, number
from seqcnn.plotting.html import render_page
from seqcnn.plotting.panel import Logos, Panel, Plot
from seqcnn.plotting.style import styled
from seqcnn.plotting.svg_logo import glyphs

logger = logging.getLogger(__name__)

MAX_SEQUENCES = 100
"""Number of sequences on the page, the first ones."""

EXPLANATION = (
    "The height of a letter is the contribution of this base to the prediction, in the units of the target; "
    "letters below the line lower the prediction. Where the curve of the sequences is above that of the "
    "shuffled sequences, the model uses more than the counts of neighboring bases."
)
"""How logos and profile are read."""

METHOD_NAMES = {
    "ism": "In-silico mutagenesis, exact: a contribution is the prediction of the sequence minus the mean of "
    "the predictions with the three other bases at the position",
    "integrated-gradients": "Integrated gradients, relative to shuffles of the sequence",
    "deepshap": "DeepLIFT/SHAP, relative to shuffles of the sequence",
}


def write_page(attributions: Attributions, output: Path, *, max_sequences: int = MAX_SEQUENCES) -> None:
    """Write the page of the first `max_sequences` sequences, whole or not at all."""
    shown = list(range(min(max_sequences, len(attributions))))
    limits = common_scale(attributions, shown)
    sentences = summarize(attributions)
    if len(shown) < len(attributions):
        sentences.append(f"The first {plural(len(shown), 'sequence')} are shown; the .h5 file has all.")
    with styled():
        profile = profile_panel(attributions)
    values = {
        "target": attributions.header["target"],
        "explanation": EXPLANATION,
        "sentences": sentences,
        "profile": [profile],
        "logos": [logo_panel(attributions, row, limits) for row in shown],
        "glyphs": glyphs(),
    }
    page = render_page("interpret/attribution/page.html.j2", values)
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    logger.info("page of %s written to %s", plural(len(shown), "sequence"), output)


def summarize(attributions: Attributions) -> list[str]:
    """Return sentences: number of sequences, range of predictions, method, and completeness of the sums."""
    header, prediction = attributions.header, attributions.prediction
    unit = f" {header['unit']}" if header["unit"] else ""
    extremes = f"{number(float(np.min(prediction)))} to {number(float(np.max(prediction)))}"
    count = plural(len(attributions), "sequence")
    method = METHOD_NAMES.get(header["method"], header["method"])
    if completeness := header.get("completeness"):
        error, sd = number(completeness["max_error"]), number(completeness["prediction_sd"])
        method = f"{method}: sums deviate from the predictions by at most {error} (SD of predictions {sd})"
    return [f"{count}, predicted {header['target']} {extremes}{unit}.", f"{method}."]


def profile_panel(attributions: Attributions) -> Panel:
    """Return the panel of the mean absolute attribution by position."""
    values, control = (
        number(float(np.abs(v).mean())) for v in (attributions.by_position, attributions.control)
    )
    text = f"over all: {values} against {control} in shuffled sequences"
    return Panel("Mean size by position", text, Plot(draw_profile(attributions)), "attribute-1")


def logo_panel(attributions: Attributions, row: int, limits: tuple[float, float]) -> Panel:
    """Return the panel of the logo of one sequence."""
    lines = logo_lines(attributions, row, limits)
    blocks = logo_lines(attributions, row, limits, line_bp=BLOCK_BP)
    text = minus(f"predicted {attributions.prediction[row]:.3g}")
    return Panel(attributions.ids[row], text, Logos(lines, blocks))
