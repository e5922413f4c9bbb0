"""Inserted motifs: effect by position, and interaction of two motifs by the gap between them."""

from __future__ import annotations

from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.errors import plural
from seqcnn.io.tsv import Row, limited
from seqcnn.plotting.formatting import decimal, minus
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.plotting.style import DASHED, LINE_COLOURS, panel_axes
from seqcnn.report.biology.section import Content, section, station_rows
from seqcnn.sequence.window import MAX_LENGTH

EXPERIMENTS = ("centre", "position", "pair")
"""Experiments of marginal.tsv."""


@section("What is the effect of an inserted motif?", "marginalize")
def marginal(folder: Path, dataset: Dataset) -> Content:
    """The curve is the mean change of the prediction when the motif is inserted into shuffled sequences,
    with its 95% interval. For two motifs the interaction is the effect of both minus the sum of their
    separate effects; 0 means that the effects are additive.
    """
    columns = ("experiment", "motif", "strand", "start", "gap", "n", "mean", "low", "high", "interaction")
    rows = limited(station_rows(folder, "marginal.tsv", *columns))
    sentences = [_center_sentence(row) for row in rows if row.one_of("experiment", EXPERIMENTS) == "centre"]
    shown: dict[tuple[str, str], list[Row]] = {}
    for kind in ("position", "pair"):
        for row in rows:
            if row["experiment"] == kind:
                shown.setdefault((kind, row["motif"]), []).append(row)
    panels = [_panel(*key, chosen, len(shown)) for key, chosen in shown.items()]
    return Content(sentences, panels=panels)


def _center_sentence(row: Row) -> str:
    """Return the effect of a motif in the middle of the sequence."""
    low, high = row.number("low"), row.number("high")
    between = ""
    if low is not None and high is not None:
        between = f" ({decimal(low, signed=True)} to {decimal(high, signed=True)})"
    mean, n = decimal(row.known("mean"), signed=True), plural(row.whole("n", low=1), "background")
    return f"{row['motif']} on strand {minus(row['strand'])} in the middle: {mean}{between}, {n}."


def _panel(kind: str, name: str, rows: list[Row], count: int) -> Panel:
    """Draw one of `count` panels: the effect of a motif by position, or the interaction of a pair by gap."""
    x, y = ("start", "") if kind == "position" else ("gap", "interaction_")
    drawing, axes = panel_axes(count, 2.3)
    for strand, colour in zip(dict.fromkeys(row["strand"] for row in rows), LINE_COLOURS, strict=False):
        mine = [row for row in rows if row["strand"] == strand]
        positions = [row.whole(x, 0, MAX_LENGTH) for row in mine]
        mean = [row.known("interaction" if y else "mean") for row in mine]
        ends = [[row.number(f"{y}{end}") for row in mine] for end in ("low", "high")]
        axes.plot(positions, mean, color=colour, lw=1.2, label=minus(strand))
        if all(value is not None for end in ends for value in end):
            axes.fill_between(positions, *ends, color=colour, alpha=0.2, lw=0)
    axes.axhline(0, **DASHED)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(
        xlabel="first base, bp" if kind == "position" else "gap, bp",
        ylabel="effect" if kind == "position" else "interaction",
    )
    axes.legend(title="strand", ncols=2, fontsize=8, title_fontsize=8)
    text = "by position" if kind == "position" else "by the gap between them, 5' to 3'"
    return Panel(name, text, Plot(drawing))
