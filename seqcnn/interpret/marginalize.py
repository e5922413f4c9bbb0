"""Measure the effects of inserted motifs: a table and a figure (marginal.tsv, marginal.svg)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.errors import UsageError, place
from seqcnn.interpret.attribution.sample import read_sample
from seqcnn.interpret.motif.insertion import (
    Backgrounds,
    Effect,
    Insertion,
    insert_in_center,
    scan_gaps,
    scan_positions,
    shuffled_backgrounds,
)
from seqcnn.io.atomic import refuse_file, refuse_folder
from seqcnn.io.tsv import NA, number_cell, write_table
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.plotting.style import LINE_COLOURS, rows_of_axes, styled
from seqcnn.plotting.svg import save_svg

logger = logging.getLogger(__name__)

FILES = ("marginal.tsv", "marginal.svg")
"""Names of the output files."""

_COLUMNS = ("experiment", "motif", "strand", "start", "gap", "n", "mean", "sd", "low", "high")
_PAIR_COLUMNS = ("interaction", "interaction_sd", "interaction_low", "interaction_high")


@dataclass(frozen=True, slots=True)
class MarginalizePlan:
    """Backgrounds and positions of a marginalization."""

    target: str | None = None
    """Name of the target; None is the first one."""
    number: int = 100
    """Number of sequences that are sampled and shuffled to backgrounds."""
    max_gap: int = 20
    """Largest gap between the motifs of a pair, in bp."""
    n_positions: int = 40
    """Maximum number of positions at which a motif is inserted."""
    seed: int = 1
    """Random seed of the sample and of the shuffles."""
    form: SequenceFormat = field(default_factory=SequenceFormat)
    """How a file of sequences is read."""


def marginalize_file(
    sequences: Path,
    motifs: Sequence[str],
    model: LoadedModel,
    output: Path,
    *,
    plan: MarginalizePlan | None = None,
    overwrite: bool = False,
) -> dict[str, list[Insertion]]:
    """Insert motifs into shuffled sequences of a dataset, FASTA or table; as `marginalize`.

    A folder that holds files is refused without `overwrite`.
    """
    refuse_folder(output, overwrite=overwrite, names=FILES, inputs=(sequences, model.path))
    plan = plan or MarginalizePlan()
    sample = read_sample(sequences, model, number=plan.number, seed=plan.seed, form=plan.form)
    target = chosen_target(model, plan.target)
    backgrounds = shuffled_backgrounds(model, sample, target=target, seed=plan.seed)
    return marginalize(backgrounds, motifs, output, max_gap=plan.max_gap, n_positions=plan.n_positions)


def marginalize(
    backgrounds: Backgrounds, motifs: Sequence[str], output: Path, *, max_gap: int = 20, n_positions: int = 40
) -> dict[str, list[Insertion]]:
    """Insert motifs in the center, along the backgrounds and, if there are two, as a pair; write `FILES`.

    Parameters
    ----------
    backgrounds
        Background sequences and the model.
    motifs
        One or two motifs, IUPAC letters.
    output
        Folder, created if missing.
    max_gap
        Largest gap between the motifs of a pair, in bp.
    n_positions
        Maximum number of positions at which a motif is inserted.

    Returns
    -------
    Name of the experiment (`centre`, `position`, `pair`) -> its insertions.

    Raises
    ------
    UsageError
        If there are more than two motifs, a motif does not fit, or `output` is a file.
    """
    if not 1 <= len(motifs) <= 2:
        raise UsageError(f"{len(motifs)} motifs given; expected one, or two for a pair")
    refuse_file(output)
    insertions = {
        "centre": [p for motif in motifs for p in insert_in_center(backgrounds, motif)],
        "position": [
            p for motif in motifs for p in scan_positions(backgrounds, motif, n_positions=n_positions)
        ],
        "pair": scan_gaps(backgrounds, *motifs, max_gap=max_gap) if len(motifs) == 2 else [],
    }
    write_table(output / FILES[0], effect_rows(insertions))
    save_svg(_draw(insertions, backgrounds), output / FILES[1])
    centre = ", ".join(f"{p.motif} {p.strand} {p.effect.mean:+.3g}" for p in insertions["centre"])
    logger.info("%s: effect in the center of the backgrounds: %s", place(output), centre)
    return insertions


def effect_rows(insertions: dict[str, list[Insertion]]) -> list[Sequence[str]]:
    """Return the rows of the table: one per insertion, starts in bp from 1, `NA` where there is no value."""
    rows: list[Sequence[str]] = [[*_COLUMNS, *_PAIR_COLUMNS]]
    for experiment, of_experiment in insertions.items():
        for ins in of_experiment:
            gap = NA if ins.gap is None else str(ins.gap)
            cells = [experiment, ins.motif, ins.strand, str(ins.start + 1), gap, str(ins.effect.n)]
            interaction = [NA] * 4 if ins.interaction is None else _effect_cells(ins.interaction)
            rows.append([*cells, *_effect_cells(ins.effect), *interaction])
    return rows


def _effect_cells(effect: Effect) -> list[str]:
    """Return the cells of mean, SD and interval of an effect."""
    values = (effect.mean, effect.sd, effect.low, effect.high)
    return [number_cell(value, ".6g") for value in values]


def _draw(insertions: dict[str, list[Insertion]], backgrounds: Backgrounds) -> Any:
    """Draw the effects by position and, for a pair, the interaction by gap; return a Figure."""
    by_position, by_gap = insertions["position"], insertions["pair"]
    with styled():
        rows = 2 if by_gap else 1
        figure, axes = rows_of_axes(6.5, 2.8 * rows, rows)
        _draw_lines(axes[0], by_position, [(ins.start + 1, ins.effect) for ins in by_position])
        target = backgrounds.model.targets[backgrounds.target]
        axes[0].set(xlabel="first base of the motif, bp", ylabel="effect")
        axes[0].set_title(
            f"{target}, mean and 95 % interval, {len(backgrounds.rows)} backgrounds", fontsize=8
        )
        if by_gap:
            _draw_lines(axes[1], by_gap, [(ins.gap, ins.interaction) for ins in by_gap])
            axes[1].xaxis.get_major_locator().set_params(integer=True)
            axes[1].set(xlabel="gap, bp", ylabel="effect beyond the sum of both")
    return figure


def _draw_lines(axes: Any, insertions: Sequence[Insertion], points: Sequence[tuple[Any, Any]]) -> None:
    """Draw one line with its interval per motif and strand; `points` are x and effect of each insertion."""
    labels = [f"{ins.motif} {ins.strand}" for ins in insertions]
    for label, colour in zip(dict.fromkeys(labels), LINE_COLOURS * 2, strict=False):
        line = [point for point, other in zip(points, labels, strict=True) if other == label]
        x, effects = [x for x, _ in line], [effect for _, effect in line]
        axes.plot(x, [e.mean for e in effects], color=colour, lw=1, label=label)
        axes.fill_between(x, [e.low for e in effects], [e.high for e in effects], color=colour, alpha=0.15)
    axes.axhline(0, color="#888888", lw=0.6)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
