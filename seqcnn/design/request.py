"""A design request: options as text and numbers -> start sequences, objective, constraints, and an order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.design import front_figure, order_sheet
from seqcnn.design.constraints import Constraints
from seqcnn.design.controls import make_controls
from seqcnn.design.design import Design, Method, StartSequence, design, predict_designs
from seqcnn.design.diversity import similarity_clusters
from seqcnn.design.front import design_front
from seqcnn.design.objective import Goals, Objective
from seqcnn.design.order import order_table, readme
from seqcnn.design.order.order_table import write_order_tables
from seqcnn.design.order.readme import objective_in_words, write_readme
from seqcnn.design.order_sheet import write_order
from seqcnn.design.requests.constraints import constraints_of
from seqcnn.design.requests.objective import ObjectiveRequest, objective_of
from seqcnn.design.requests.order import OrderRequest
from seqcnn.design.requests.starts import StartRequest, starts_of
from seqcnn.design.synthesis import tables
from seqcnn.design.synthesis.tables import limits_with_sources, log_tally, write_constraints
from seqcnn.design.synthesis.tally import Tally
from seqcnn.errors import UsageError, counted, place, plural
from seqcnn.interpret.attribution.sample import is_dataset
from seqcnn.io.atomic import refuse_folder
from seqcnn.model.inference.trained_model import LoadedModel

logger = logging.getLogger(__name__)

FILES = (*order_sheet.FILES, *order_table.FILES, *tables.FILES, readme.FILE, *front_figure.FILES)
"""Names of the output files."""

PURPOSES = {
    "order.csv, order.xlsx": order_table.PURPOSE,
    "designs.fa": "the sequences to order",
    "designs.tsv": "predictions and edits of the designs, without adapters and flanks",
    "designs.txt": "designs aligned with their start sequences",
    "constraints.tsv": "candidates of the search that each constraint rejected",
    "design_constraints.tsv": "how close each design is to each limit",
    "front.svg, front.tsv": "the Pareto set of several goals, if there are several, and its points",
}
"""Output files -> what they hold, for README.txt."""

VALUE_TOLERANCE = 0.05
"""Largest distance of a prediction from a wanted value that is near it, relative to the value or to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRequest:
    """What `seqcnn design` is asked for."""

    start: StartRequest
    objective: ObjectiveRequest = field(default_factory=ObjectiveRequest)
    order: OrderRequest = field(default_factory=OrderRequest)
    method: Method = "evolve"
    seed: int = 1
    """Random seed."""


def design_order(
    request: DesignRequest, model: LoadedModel, output: Path, *, overwrite: bool = False
) -> list[Design]:
    """Design sequences and write the order into a folder; see `seqcnn.design.design.design`.

    Raises
    ------
    UsageError
        If an option cannot be read, two of them exclude each other, or `output` is a file, or holds
        files and `overwrite` is False, or an input is one of its `FILES`.
    """
    refuse_folder(output, overwrite=overwrite, names=FILES, inputs=(request.start.file, model.path))
    objective = objective_of(model, request.objective)
    constraints = constraints_of(model, request.order.constraints)
    starts = starts_of(model, request.start, objective, constraints, seed=request.seed)
    if model.header.members == 1:
        logger.warning("%s: single model: no ensemble uncertainty for the search", place(model.path))
    tally = Tally()
    designs = _design(model, starts, objective, constraints, request, tally, output)
    number = request.order.controls
    controls = make_controls(model, designs, objective, constraints, number=number, seed=request.seed)
    _write(model, [*designs, *controls], objective, constraints, request.order, tally, output)
    log_tally(tally)
    _log_designs(designs, len(starts), output)
    for single in objective.objectives:
        _warn_of_missed_value(model, designs, single)
    if model.header.members > 1 and request.objective.risk_aversion:
        logger.info("the search minimized the ensemble SD: it underestimates the errors of designs")
    if request.start.file is not None and is_dataset(request.start.file):
        dataset = load_dataset(request.start.file)
        for single in objective.objectives:
            _warn_of_extrapolation(model, designs, single, dataset)
    return designs


def _design(
    model: LoadedModel,
    starts: list[StartSequence],
    objective: Objective | Goals,
    constraints: Constraints,
    request: DesignRequest,
    tally: Tally,
    output: Path,
) -> list[Design]:
    """Design for the objective; for several goals, and draw their front."""
    if isinstance(objective, Objective):
        return design(
            model, starts, objective, constraints, method=request.method, seed=request.seed, tally=tally
        )
    if request.method != "evolve":
        raise UsageError(f"--method {request.method}: several goals need --method evolve")
    designs, candidates = design_front(model, starts, objective, constraints, seed=request.seed, tally=tally)
    front_figure.write_front(model, designs, candidates, starts, objective, output)
    return designs


def _write(
    model: LoadedModel,
    sequences: Sequence[Design],
    objective: Objective | Goals,
    constraints: Constraints,
    order: OrderRequest,
    tally: Tally,
    output: Path,
) -> None:
    """Write the order into a folder."""
    write_order(model, sequences, objective, constraints, output)
    write_order_tables(sequences, constraints, order.plates, output)
    write_constraints(sequences, constraints, tally, output)
    limits = limits_with_sources(constraints, allow_ood=objective.allow_ood)
    purpose = "Objective", [objective_in_words(model, single) for single in objective.objectives]
    write_readme(model, sequences, limits, output, purpose=purpose, files=PURPOSES, command=order.command)


def _log_designs(designs: Sequence[Design], n_starts: int, output: Path) -> None:
    """Log the number of designs and of their clusters of similar sequences."""
    clusters = similarity_clusters([design.codes for design in designs])
    logger.info(
        "%s: %s of %s, in %s of similar sequences",
        place(output), plural(len(designs), "design"), plural(n_starts, "start sequence"),
        plural(len(np.unique(clusters)), "cluster"),
    )  # fmt: skip


def _warn_of_missed_value(model: LoadedModel, designs: Sequence[Design], objective: Objective) -> None:
    """Warn if no design is predicted near the value that was asked for, and none on its other side."""
    if objective.goal != "to" or not designs:
        return
    predicted = objective.quantity(predict_designs(model, designs).mean[None])[0]
    low, high = float(predicted.min()), float(predicted.max())
    near = VALUE_TOLERANCE * max(abs(objective.value), 1.0)
    if not low - near <= objective.value <= high + near:
        logger.warning(
            "--to %g: no design is predicted near it, but %.3g to %.3g; allow more edits, or ask for less",
            objective.value, low, high,
        )  # fmt: skip


def _warn_of_extrapolation(
    model: LoadedModel, designs: Sequence[Design], objective: Objective, dataset: Dataset
) -> None:
    """Warn of designs that are predicted outside the range of the measurements."""
    if objective.minus is not None or model.targets != dataset.target_names:
        return
    measured = dataset.targets[:, objective.target]
    low, high = float(np.nanmin(measured)), float(np.nanmax(measured))
    value = predict_designs(model, designs).mean[:, objective.target]
    if outside := int(((value < low) | (value > high)).sum()):
        logger.warning(
            "%d of %s predicted outside the measured range of the library (%.3g to %.3g): such "
            "predictions are extrapolations; order some start sequences as controls",
            outside, counted(len(designs), "designs are"), low, high,
        )  # fmt: skip
