"""Effects of inserted motifs -> a table and a picture."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqcnn.errors import UsageError, place
from seqcnn.interpret.motif.insertion import Effect, Experiment, Placed, centred, pairs, positions
from seqcnn.io.atomic import atomic_path, refuse_file
from seqcnn.io.tsv import NA, number_cell
from seqcnn.plotting.style import LINE_COLOURS, rows_of_axes, styled
from seqcnn.plotting.svg import save_svg

logger = logging.getLogger(__name__)

FILES = ("marginal.tsv", "marginal.svg")
"""The files of one experiment."""

_COLUMNS = ("experiment", "motif", "strand", "start", "gap", "n", "mean", "sd", "low", "high")
_EXTRA = ("interaction", "interaction_sd", "interaction_low", "interaction_high")


def marginalize(
    experiment: Experiment, motifs: Sequence[str], output: Path, *, widest: int = 20, places: int = 40
) -> dict[str, list[Placed]]:
    """Insert motifs alone, at every position and, if there are two, as a pair; write `FILES`.

    Parameters
    ----------
    experiment
        Backgrounds and a model.
    motifs
        One or two, letters A, C, G, T and N.
    output
        Folder, made if missing.
    widest
        Widest gap of a pair in bp.
    places
        Positions of the scan.

    Raises
    ------
    UsageError
        If there are more than two motifs, one does not fit, or `output` is a file.
    """
    if not 1 <= len(motifs) <= 2:
        raise UsageError(f"{len(motifs)} motifs given; expected one, or two for a pair")
    refuse_file(output)
    found = {
        "centre": [p for motif in motifs for p in centred(experiment, motif)],
        "position": [p for motif in motifs for p in positions(experiment, motif, places=places)],
        "pair": pairs(experiment, *motifs, widest=widest) if len(motifs) == 2 else [],
    }
    with atomic_path(output / FILES[0]) as temporary:
        temporary.write_text(table_lines(found), encoding="utf-8", newline="\n")
    save_svg(_drawn(found, experiment), output / FILES[1])
    centre = ", ".join(f"{p.motif} {p.strand} {p.effect.mean:+.3g}" for p in found["centre"])
    logger.info("%s: effect in the middle of the backgrounds: %s", place(output), centre)
    return found


def table_lines(found: dict[str, list[Placed]]) -> str:
    """Return the table: one line an insertion, starts in bp from 1, `NA` where there is no value."""
    lines = ["\t".join((*_COLUMNS, *_EXTRA))]
    for name, placed in found.items():
        for p in placed:
            gap = NA if p.gap is None else str(p.gap)
            second = [NA] * 4 if p.interaction is None else _numbers(p.interaction)
            cells = [name, p.motif, p.strand, str(p.start + 1), gap, str(p.effect.n), *_numbers(p.effect)]
            lines.append("\t".join([*cells, *second]))
    return "\n".join(lines) + "\n"


def _numbers(effect: Effect) -> list[str]:
    """Return the numbers of an effect as the table holds them."""
    values = (effect.mean, effect.sd, effect.low, effect.high)
    return [number_cell(value, ".6g") for value in values]


def _drawn(found: dict[str, list[Placed]], experiment: Experiment) -> Any:
    """Draw the effects by position and, of a pair, by gap."""
    pairs_ = found["pair"]
    with styled():
        rows = 2 if pairs_ else 1
        drawing, axes = rows_of_axes(6.5, 2.8 * rows, rows)
        _lines(axes[0], found["position"], [(p.start + 1, p.effect) for p in found["position"]])
        target = experiment.model.targets[experiment.target]
        axes[0].set(xlabel="first base of the motif, bp", ylabel="effect")
        axes[0].set_title(f"{target}, mean and 95 % interval, {len(experiment.rows)} backgrounds", fontsize=8)
        if pairs_:
            _lines(axes[1], pairs_, [(p.gap, p.interaction) for p in pairs_])
            axes[1].xaxis.get_major_locator().set_params(integer=True)
            axes[1].set(xlabel="gap, bp", ylabel="effect beyond the sum of both")
    return drawing


def _lines(axes: Any, placed: Sequence[Placed], points: Sequence[tuple[Any, Any]]) -> None:
    """Draw one line with its interval for each motif and strand."""
    names = [f"{p.motif} {p.strand}" for p in placed]
    for name, colour in zip(dict.fromkeys(names), LINE_COLOURS * 2, strict=False):
        chosen = [point for point, other in zip(points, names, strict=True) if other == name]
        at = [x for x, _ in chosen]
        axes.plot(at, [e.mean for _, e in chosen], color=colour, lw=1, label=name)
        axes.fill_between(
            at, [e.low for _, e in chosen], [e.high for _, e in chosen], color=colour, alpha=0.15
        )
    axes.axhline(0, color="#888888", lw=0.6)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
