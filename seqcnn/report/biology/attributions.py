"""Attributions: where they lie, and the logos of the sequences with the highest predictions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.interpret.attribution.logos import common_scale
from seqcnn.interpret.attribution.page import EXPLANATION, logo_panel, profile_panel, summarize
from seqcnn.plotting.formatting import percent
from seqcnn.report.biology.section import Found, section

SHOWN = 3
"""Sequences whose logos are on the page."""


@section("Which bases do predictions rest on?", "attribute", EXPLANATION)
def attributions(folder: Path, dataset: Dataset) -> Found:
    """Read attributions.h5 and seqlets.bed."""
    found = load_attributions(folder / "attributions.h5")
    sentences = [*summarize(found), *_seqlets(folder / "seqlets.bed", found)]
    top = np.argsort(-found.prediction, kind="stable")[:SHOWN].tolist()
    limits = common_scale(found, top)
    wide = [logo_panel(found, row, limits) for row in top]
    return Found(sentences, panels=[profile_panel(found)], wide=wide)


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
