"""Attributions: where they lie, and the logos of the sequences with the highest predictions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.interpret.attribution.logos import common_scale, draw_profile, logo_lines
from seqcnn.plotting.formatting import minus, number, percent, plural
from seqcnn.plotting.svg import inline_svg
from seqcnn.report.biology.section import Drawn, Found, section

SHOWN = 3
"""Sequences whose logos are on the page."""

METHODS = {
    "ism": "In-silico mutagenesis: every single-base mutant was predicted",
    "integrated-gradients": "Integrated gradients",
    "deepshap": "DeepLIFT/SHAP",
}


@section("Which bases do predictions rest on?", "attribute")
def attributions(folder: Path, dataset: Dataset) -> Found:
    """A letter's height is what this base adds to the prediction, against the mean of the other
    three; letters below the line lower it. Where the curve of the sequences runs above that of the
    shuffled ones, the model reads something that chance does not make.
    """
    found = load_attributions(folder / "attributions.h5")
    sentences = [*summary(found), *_seqlets(folder / "seqlets.bed", found)]
    top = np.argsort(-found.prediction, kind="stable")[:SHOWN].tolist()
    limits = common_scale(found, top)
    wide = [logos(found, row, limits) for row in top]
    return Found(sentences, panels=[profile(found)], wide=wide)


def summary(found: Attributions) -> list[str]:
    """Say what was attributed, and whether it adds up."""
    unit = f" {found.header['unit']}" if found.header["unit"] else ""
    low, high = (number(float(f(found.prediction))) for f in (np.min, np.max))
    said = [f"{plural(len(found), 'sequence')}, predicted {found.header['target']} {low} to {high}{unit}."]
    adds = found.header["completeness"]
    method = METHODS.get(found.header["method"], found.header["method"])
    if adds:
        worst, spread = number(adds["worst"]), number(adds["prediction_sd"])
        method = f"{method}: sums miss the predictions by at most {worst} (SD of predictions {spread})"
    return [*said, f"{method}."]


def profile(found: Attributions) -> Drawn:
    """Return the panel of the mean size of attributions by position."""
    means = [number(float(np.abs(values).mean())) for values in (found.by_position, found.control)]
    text = f"over all: {means[0]} against {means[1]} in shuffled sequences"
    return "Mean size by position", text, inline_svg(draw_profile(found), "attribution-")


def logos(found: Attributions, row: int, limits: tuple[float, float]) -> Drawn:
    """Return the panel of one sequence's logo."""
    lines = logo_lines(found, row, limits)
    text = minus(f"predicted {found.prediction[row]:.3g}")
    return found.ids[row], text, "".join(line.inline for line in lines)


def _seqlets(path: Path, found: Attributions) -> list[str]:
    """Say how many stretches passed which false-discovery rate."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    seqlets = [line.split("\t") for line in lines if not line.startswith("#")]
    rate = re.search(r"rate of (\S+)", lines[0]) if lines else None
    at = f" at a false-discovery rate of {percent(float(rate[1]))}" if rate else ""
    count, raising = len({s[0] for s in seqlets}), sum(float(s[4]) > 0 for s in seqlets)
    many = (
        "1 stretch of bases matters" if len(seqlets) == 1 else f"{len(seqlets):,} stretches of bases matter"
    )
    return [
        f"{many}{at} against shuffled sequences, in {count:,} of {len(found):,} sequences; "
        f"{raising:,} raise the prediction, {len(seqlets) - raising:,} lower it (seqlets.bed)."
    ]
