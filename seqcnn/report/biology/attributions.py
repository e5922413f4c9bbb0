"""Attributions: where they lie, and the logos of the sequences with the highest predictions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.plotting.formatting import minus, number, percent, plural
from seqcnn.plotting.style import COLOURS, INK, axes_of, svg_of
from seqcnn.plotting.svg_logo import logo
from seqcnn.report.biology.section import Drawn, Found, section

SHOWN = 3
"""Sequences whose logos are on the page."""

LINE_BP = 100
"""bp in a line of a logo."""

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
    limits = scale(found, top)
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
    """Draw the mean size of attributions by position."""
    drawing, axes = axes_of(3.4, 2.3)
    inside = np.abs(found.by_position), np.abs(found.control)
    at = np.arange(1, inside[0].shape[1] + 1)
    axes.plot(at, inside[1].mean(0), color=INK, lw=1.0, alpha=0.5, label="shuffled")
    axes.plot(at, inside[0].mean(0), color=COLOURS["train"], lw=1.3, label="sequences")
    axes.set(xlabel="position in the window, bp", ylabel="mean |attribution|")
    axes.set_ylim(0, 1.25 * max(float(values.mean(0).max()) for values in inside) or 1)
    axes.legend(ncols=2, loc="upper left")
    means = " against ".join(number(float(values.mean())) for values in inside)
    return (
        "Mean size by position",
        f"over all: {means} in shuffled sequences",
        svg_of(drawing, "attribution-"),
    )


def scale(found: Attributions, rows: list[int]) -> tuple[float, float]:
    """Return the common scale of the logos of some sequences."""
    values = found.by_position[rows]
    low, high = min(float(values.min(initial=0)), 0.0), max(float(values.max(initial=0)), 0.0)
    return (low, high) if high > low else (0.0, 1.0)


def logos(found: Attributions, row: int, limits: tuple[float, float]) -> Drawn:
    """Draw one sequence, `LINE_BP` a line."""
    start = max(int(found.start[row]), 0)
    stop = min(int(found.start[row] + found.size[row]), found.projected.shape[2])
    first = start - int(found.start[row]) + 1
    name, text = found.ids[row], minus(f"predicted {found.prediction[row]:.3g}")
    lines = []
    for at in range(start, stop, LINE_BP):
        part = found.projected[row][:, at : min(at + LINE_BP, stop)]
        lines.append(logo(part, limits, first=first + at - start, width=min(LINE_BP, stop - start)))
    return name, text, "".join(lines)


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
