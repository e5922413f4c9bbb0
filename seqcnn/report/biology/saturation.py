"""Saturation mutagenesis: a heat map of all single-base changes of a sequence."""

from __future__ import annotations

import math
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place, plural, show
from seqcnn.io.regular_file import has_file
from seqcnn.io.tsv import Row
from seqcnn.plotting.formatting import decimal
from seqcnn.plotting.heat_map import effect_figure
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.report.biology.section import Content, section, station_rows
from seqcnn.sequence.onehot import ALPHABET, IUPAC
from seqcnn.sequence.window import MAX_LENGTH

MAX_HEAT_MAPS = 4
"""Sequences with a heat map on the page."""

Change = tuple[int, str, str, float]
"""Position, reference, alternative and effect of a single-base change."""


@section("What is the effect of every single-base change?", "saturate")
def saturation(folder: Path, dataset: Dataset) -> Content:
    """Lines of 60 bp: rows are the alternative bases, columns the positions, and the reference base stands in
    its own cell. Red substitutions raise the prediction, blue ones lower it. In the logo above, the height of
    a reference base is minus the mean effect of its three changes.
    """
    panels: list[Panel] = []
    n_ambiguous = 0
    rows = station_rows(folder, "saturation.tsv", "id", "position", "ref", "alt", "effect")
    for name, mine in groupby(rows, key=lambda row: row["id"]):
        changes = list(map(_change, islice(mine, 4 * MAX_LENGTH + 1)))
        _refuse_gaps(folder / "saturation.tsv", name, changes)
        if any(math.isnan(effect) for *_, effect in changes):
            n_ambiguous += 1
        elif len(panels) < MAX_HEAT_MAPS:
            panels.append(_heat_map(name, changes))
    has_pages = has_file(folder / "saturation.pdf", folder)
    files = "saturation.tsv and saturation.pdf have" if has_pages else "saturation.tsv has"
    more = f"Heat maps of {plural(len(panels), 'sequence')}; {files} more."
    sentence = more if len(panels) == MAX_HEAT_MAPS else "All numbers are in saturation.tsv."
    ambiguous = f"{plural(n_ambiguous, 'sequence')} without effects (NA): more than a tenth is ambiguous."
    return Content([sentence, *([ambiguous] if n_ambiguous else [])], wide=panels)


def _change(row: Row) -> Change:
    """Return the change of a row of the table."""
    effect = math.nan if (number := row.number("effect")) is None else number
    position = row.whole("position", 1, MAX_LENGTH)
    return position, row.one_of("ref", tuple(IUPAC)), row.one_of("alt", tuple(ALPHABET)), effect


def _refuse_gaps(path: Path, name: str, changes: list[Change]) -> None:
    """Raise `TableError` unless every position, from 1 on, has every change once."""
    reference = {position: ref for position, ref, *_ in changes}
    positions = enumerate(reference.values(), start=1)
    expected = [(p, ref, alt) for p, ref in positions for alt in ALPHABET if alt != ref]
    if [change[:3] for change in changes] != expected:
        where = f"{place(path)}: {show(name, 40)}: {len(changes)} changes up to position {max(reference)}"
        raise TableError(f"{where}; expected all changes of all positions, in order")


def _heat_map(name: str, changes: list[Change]) -> Panel:
    """Draw all changes of one sequence."""
    size = max(position for position, *_ in changes)
    effects, reference = np.zeros((4, size)), ["N"] * size
    for position, ref, alt, effect in changes:
        effects[ALPHABET.index(alt), position - 1] = effect
        reference[position - 1] = ref
    drawing = effect_figure(effects, "".join(reference), label="change of the prediction")
    ends = [extreme(changes, key=lambda change: change[3]) for extreme in (min, max)]
    words = [
        f"{decimal(effect, 2, signed=True)} ({ref}{position}{alt})" for position, ref, alt, effect in ends
    ]
    return Panel(name, f"from {words[0]} to {words[1]}", Plot(drawing))
