"""Attributions: their profile along the window, and logos of the sequences with the highest predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, has_control, place, plural, show
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.interpret.attribution.logos import common_scale
from seqcnn.interpret.attribution.page import EXPLANATION, logo_panel, profile_panel, summarize
from seqcnn.interpret.seqlet.null import NULLS
from seqcnn.io.regular_file import has_file
from seqcnn.io.stream import read_lines
from seqcnn.io.tsv import Row, is_number, refuse_cut
from seqcnn.plotting.formatting import percent
from seqcnn.report.biology.section import Content, file_of, section

MAX_LOGOS = 3
"""Sequences with a logo on the page."""

_BED = ("record", "start", "end", "bases", "score", "strand", "attribution")
_BED_COLUMNS = {name: i for i, name in enumerate(_BED)}
_RATE = re.compile(rf"# seqcnn seqlets at a false-discovery rate of (\S+) ({'|'.join(NULLS.values())})$")


@section("Which bases do the predictions depend on?", "attribute", EXPLANATION)
def attributions(folder: Path, dataset: Dataset) -> Content:
    """Read attributions.h5 and seqlets.bed."""
    attributions = load_attributions(file_of(folder, "attributions.h5"))
    sentences = summarize(attributions)
    if has_file(folder / "seqlets.bed", folder):
        sentences.append(_seqlets(folder / "seqlets.bed", attributions))
    top = np.argsort(-attributions.prediction, kind="stable")[:MAX_LOGOS].tolist()
    limits = common_scale(attributions, top)
    wide = [logo_panel(attributions, row, limits) for row in top]
    return Content(sentences, panels=[profile_panel(attributions)], wide=wide)


def _seqlets(path: Path, attributions: Attributions) -> str:
    """Return the number of seqlets and their false-discovery rate as a sentence."""
    refuse_cut(path)
    lines = read_lines(path, expected="BED", fault=TableError)
    title = _RATE.match(next(lines)[1])
    if not title or not is_number(title[1]) or not 0 < float(title[1]) <= 1:
        raise TableError(f"{place(path)}, line 1: no false-discovery rate found")
    records, positive, total = set(), 0, 0
    for row in _bed_rows(path, lines):
        records.add(row["record"])
        positive += row.known("attribution") > 0
        total += 1
    rate = f"at a false-discovery rate of {percent(float(title[1]))} {title[2]}"
    where = f"in {len(records):,} of {len(attributions):,} sequences"
    signs = f"{positive:,} positive, {total - positive:,} negative"
    return f"{plural(total, 'seqlet')} {rate}, {where}: {signs} (seqlets.bed)."


def _bed_rows(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[Row]:
    """Yield the lines of a BED file as rows."""
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) != len(_BED_COLUMNS) or has_control("".join(cells)):
            expected = f"expected {len(_BED_COLUMNS)} columns: {', '.join(_BED_COLUMNS)}"
            raise TableError(f"{place(path)}, line {number}: {show(line)}; {expected}")
        row = Row(path, number, _BED_COLUMNS, cells)
        if row.whole("start") >= row.whole("end"):
            raise row.fault("end", "an end after the start")
        yield row
