"""Attributions: their profile along the window, and logos of the sequences with the highest predictions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.interpret.attribution.logos import common_scale
from seqcnn.interpret.attribution.page import EXPLANATION, logo_panel, profile_panel, summarize
from seqcnn.plotting.formatting import percent, plural
from seqcnn.report.biology.section import Content, section

MAX_LOGOS = 3
"""Sequences with a logo on the page."""


@section("Which bases do the predictions depend on?", "attribute", EXPLANATION)
def attributions(folder: Path, dataset: Dataset) -> Content:
    """Read attributions.h5 and seqlets.bed."""
    attributions = load_attributions(folder / "attributions.h5")
    sentences = [*summarize(attributions), *_seqlets(folder / "seqlets.bed", attributions)]
    top = np.argsort(-attributions.prediction, kind="stable")[:MAX_LOGOS].tolist()
    limits = common_scale(attributions, top)
    wide = [logo_panel(attributions, row, limits) for row in top]
    return Content(sentences, panels=[profile_panel(attributions)], wide=wide)


def _seqlets(path: Path, attributions: Attributions) -> list[str]:
    """Return the number of seqlets and their false-discovery rate."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    seqlets = [line.split("\t") for line in lines if not line.startswith("#")]
    rate = re.search(r"rate of (\S+)", lines[0]) if lines else None
    rate_text = f" at a false-discovery rate of {percent(float(rate[1]))}" if rate else ""
    count, raising = len({s[0] for s in seqlets}), sum(float(s[4]) > 0 for s in seqlets)
    where = f"against shuffled sequences, in {count:,} of {len(attributions):,} sequences"
    signs = f"{raising:,} positive, {len(seqlets) - raising:,} negative"
    return [f"{plural(len(seqlets), 'seqlet')}{rate_text} {where}: {signs} (seqlets.bed)."]
