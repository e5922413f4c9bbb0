"""A design request: options as text and numbers -> start sequences, objective, constraints, and an order."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.design import order_sheet
from seqcnn.design.constraint_request import ConstraintRequest, constraints_of
from seqcnn.design.constraints import Constraints
from seqcnn.design.controls import make_controls
from seqcnn.design.design import (
    Design,
    Method,
    StartSequence,
    best_starts,
    design,
    predict_designs,
    random_starts,
)
from seqcnn.design.objective import Goal, Objective
from seqcnn.design.order import order_table, readme
from seqcnn.design.order.order_table import PlateRequest, write_order_tables
from seqcnn.design.order.readme import write_readme
from seqcnn.design.order_sheet import write_order
from seqcnn.design.synthesis import tables
from seqcnn.design.synthesis.tables import log_tally, write_constraints
from seqcnn.design.synthesis.tally import Tally
from seqcnn.errors import UsageError, counted, place, plural, show
from seqcnn.interpret.attribution.sample import is_dataset, read_sample
from seqcnn.io.atomic import refuse_folder
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel

logger = logging.getLogger(__name__)

FILES = (*order_sheet.FILES, *order_table.FILES, *tables.FILES, readme.FILE)
"""Names of the output files."""

NUMBER = 10
"""Number of sequences of a file that a design starts from by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """Where a design starts; one of `file` and `random` is None."""

    file: Path | None = None
    """Dataset (.h5), FASTA or table."""
    random: int | None = None
    """Number of random sequences."""
    number: int | None = None
    """Number of sequences of `file`, those that come closest to the objective; None is `NUMBER`."""
    length: int | None = None
    """Length of random sequences, bp; None is the longest that the model was trained on."""
    form: SequenceFormat = field(default_factory=SequenceFormat)
    """How a file of sequences is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveRequest:
    """An objective, with targets by name."""

    goal: Goal | None = None
    """`maximize` (also None) or `minimize`; None if there is a `value`."""
    value: float | None = None
    """Prediction to reach, in the units of the target."""
    target: str | None = None
    """Name of the target; None is the first one."""
    difference: str | None = None
    """Two targets, `a,b` for a minus b, instead of `target`."""
    risk_aversion: float = 1.0
    """Standard deviations of an ensemble that are subtracted from the score."""
    allow_ood: bool = False
    """Whether out-of-distribution sequences may be designed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRequest:
    """What `seqcnn design` is asked for."""

    start: StartRequest
    objective: ObjectiveRequest = field(default_factory=ObjectiveRequest)
    constraints: ConstraintRequest = field(default_factory=ConstraintRequest)
    method: Method = "evolve"
    seed: int = 1
    """Random seed."""
    controls: int = 0
    """Number of controls of each kind."""
    plates: PlateRequest = field(default_factory=PlateRequest)
    command: str = ""
    """The command line, for README.txt."""


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
    constraints = constraints_of(model, request.constraints)
    starts = _orderable(_starts(model, objective, constraints, request), constraints)
    if model.header.members == 1:
        logger.warning("%s: single model: no ensemble uncertainty for the search", place(model.path))
    tally = Tally()
    designs = design(
        model, starts, objective, constraints, method=request.method, seed=request.seed, tally=tally
    )
    sequences = [*designs, *_controls(model, designs, objective, constraints, request)]
    write_order(model, sequences, objective, constraints, output)
    write_order_tables(sequences, constraints, request.plates, output)
    write_constraints(sequences, constraints, tally, output)
    write_readme(model, sequences, objective, constraints, output, command=request.command)
    log_tally(tally)
    made, given = plural(len(designs), "design"), plural(len(starts), "start sequence")
    logger.info("%s: %s of %s", place(output), made, given)
    if model.header.members > 1 and request.objective.risk_aversion:
        logger.info("the search minimized the ensemble SD: it underestimates the errors of designs")
    if request.start.file is not None and is_dataset(request.start.file):
        _warn_of_extrapolation(model, designs, objective, load_dataset(request.start.file))
    return designs


def objective_of(model: LoadedModel, request: ObjectiveRequest) -> Objective:
    """Return the objective.

    Raises
    ------
    UsageError
        If two goals are given, or a target is not the model's.
    """
    if request.goal and request.value is not None:
        raise UsageError(f"--{request.goal} and --to (a prediction to reach): give one of them")
    if request.difference and request.target:
        raise UsageError("--difference and --target: give one of them")
    names: list[str | None] = [request.target]
    if request.difference:
        names = [name.strip() for name in request.difference.split(",")]
    if request.difference and len(names) != 2:
        raise UsageError(f"--difference {show(request.difference)}: expected two targets, such as a,b")
    columns = [chosen_target(model, name) for name in names]
    return Objective(
        "to" if request.value is not None else request.goal or "maximize",
        request.value or 0.0,
        columns[0],
        columns[1] if request.difference else None,
        risk_aversion=request.risk_aversion,
        allow_ood=request.allow_ood,
    )


def _starts(
    model: LoadedModel, objective: Objective, constraints: Constraints, request: DesignRequest
) -> list[StartSequence]:
    """Read the start sequences, or sample them at random."""
    start, header = request.start, model.header
    if start.length is not None and start.random is None:
        raise UsageError("--length belongs to --random; sequences of --start keep theirs")
    if start.file is not None and start.random is None:
        sample = read_sample(start.file, model, form=start.form)
        return best_starts(model, sample, objective, start.number or NUMBER)
    if start.random is None or start.file is not None:
        raise UsageError("give sequences to start from: --start FILE, or --random N, and not both")
    if start.number is not None:
        raise UsageError("--number belongs to --start; --random has a number of its own")
    start.form.refuse_unused(Path("--random"), "number of random sequences")
    length = start.length or header.layout.length
    if not header.min_length <= length <= header.layout.length:
        raise UsageError(f"--length {length}: the model was trained on sequences of {header.lengths}")
    return random_starts(start.random, length, constraints, seed=request.seed)


def _controls(
    model: LoadedModel,
    designs: Sequence[Design],
    objective: Objective,
    constraints: Constraints,
    request: DesignRequest,
) -> list[Design]:
    """Make the controls, and log their number."""
    if not request.controls:
        return []
    controls = make_controls(
        model, designs, objective, constraints, number=request.controls, seed=request.seed
    )
    kinds = Counter(control.kind for control in controls)
    logger.info("controls: %s", ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    return controls


def _orderable(starts: list[StartSequence], constraints: Constraints) -> list[StartSequence]:
    """Return the start sequences whose order has an allowed length, and name the others.

    Raises
    ------
    UsageError
        If there is none.
    """
    if constraints.order_length is None:
        return starts
    low, high = constraints.order_length
    beside = sum(map(len, constraints.ordered_context))
    outside = [s for s in starts if not low <= len(s.codes) + beside <= high]
    lengths = f"ordered sequences of {low} to {high} bp are expected"
    if len(outside) == len(starts):
        bp = len(starts[0].codes) + beside
        raise UsageError(f"{show(starts[0].name)}: {bp} bp with adapters; {lengths}; see --order-length")
    for start in outside:
        bp = len(start.codes) + beside
        logger.warning("%s: no design; %d bp with adapters; %s", show(start.name), bp, lengths)
    return [start for start in starts if low <= len(start.codes) + beside <= high]


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
