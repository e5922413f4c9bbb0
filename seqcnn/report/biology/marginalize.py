"""Inserted motifs: effect by position, and of two motifs by the gap between them."""

from __future__ import annotations

from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.plotting.formatting import minus
from seqcnn.plotting.style import DASHED, LINE_COLOURS, axes_of
from seqcnn.plotting.svg import inline_svg
from seqcnn.report.biology.section import Drawn, Found, number_in, rows_of, section

Row = dict[str, str]


@section("What does an inserted motif do?", "marginalize")
def marginal(folder: Path, dataset: Dataset) -> Found:
    """A motif is written into shuffled sequences, and the curve is what it adds to their
    predictions, with the 95% interval of the mean. Of two motifs the second picture shows what they
    do beyond the sum of each alone: a curve at 0 means that they do not care about each other.
    """
    columns = ("experiment", "motif", "strand", "start", "gap", "n", "mean", "low", "high", "interaction")
    rows = list(rows_of(folder / "marginal.tsv", *columns))
    sentences = [_centre(row) for row in rows if row["experiment"] == "centre"]
    panels: list[Drawn] = []
    for kind in ("position", "pair"):
        chosen = [row for row in rows if row["experiment"] == kind]
        for name in dict.fromkeys(row["motif"] for row in chosen):
            panels.append(_panel(kind, name, [row for row in chosen if row["motif"] == name], len(panels)))
    return Found(sentences, panels=panels)


def _centre(row: Row) -> str:
    """Say what a motif does in the middle."""
    mean, low, high = (number_in(row, name) for name in ("mean", "low", "high"))
    between = "" if low is None or high is None else f" ({low:+.3f} to {high:+.3f})"
    said = f"{row['motif']} on strand {row['strand']} in the middle: {mean or 0:+.3f}{between}"
    return minus(said) + f", {row['n']} backgrounds."


def _panel(kind: str, name: str, rows: list[Row], number: int) -> Drawn:
    """Draw one motif by position, or one order of a pair by gap."""
    x, y = ("start", "") if kind == "position" else ("gap", "interaction_")
    drawing, axes = axes_of(3.4, 2.3)
    for strand, colour in zip(dict.fromkeys(row["strand"] for row in rows), LINE_COLOURS, strict=False):
        mine = [row for row in rows if row["strand"] == strand]
        at = [int(row[x]) for row in mine]
        mean = [number_in(row, "interaction" if y else "mean") or 0 for row in mine]
        ends = [[number_in(row, f"{y}{end}") for row in mine] for end in ("low", "high")]
        axes.plot(at, mean, color=colour, lw=1.2, label=minus(strand))
        if all(value is not None for end in ends for value in end):
            axes.fill_between(at, *ends, color=colour, alpha=0.2, lw=0)
    axes.axhline(0, **DASHED)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(
        xlabel="first base, bp" if kind == "position" else "gap, bp",
        ylabel="effect" if kind == "position" else "beyond the sum of both",
    )
    axes.legend(title="strand", ncols=2, fontsize=8, title_fontsize=8)
    what = "by position" if kind == "position" else "by the gap between them, 5' to 3'"
    return name, what, inline_svg(drawing, f"marginal-{number}-")
