"""The options of `seqcnn design` -> seeds, objective and constraints, and a written order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.design.constraints import Constraints, fixed_stretches, forbidden_sites
from seqcnn.design.design import Design, Seed, estimates, random_seeds, seeds_of
from seqcnn.design.design import design as design_from
from seqcnn.design.objective import Objective
from seqcnn.design.order_sheet import write_order
from seqcnn.errors import SequenceError, UsageError, place, show
from seqcnn.interpret.attribution.sample import is_dataset, read_sample
from seqcnn.io.atomic import refuse_file
from seqcnn.model.inference.device import set_threads
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import Model, load_model
from seqcnn.sequence.onehot import pack

logger = logging.getLogger(__name__)


def design(model: Path, output: Path, options: dict[str, Any]) -> None:
    """Design as the options say, and write the order."""
    refuse_file(output)
    set_threads(options["threads"])
    trained = load_model(model, options["device"])
    objective, constraints = objective_of(trained, options), constraints_of(trained, options)
    seeds = _seeds(trained, objective, constraints, options)
    method, chance = options["method"], options["seed"]
    if trained.header.members == 1:
        logger.warning("%s: one network, so the search cannot see where it is unsure", place(model))
    designs = design_from(trained, seeds, objective, constraints, method=method, seed=chance)
    write_order(trained, designs, objective, constraints, output, flanks=options["with_flanks"])
    logger.info("%s: %d designs of %d seeds", place(output), len(designs), len(seeds))
    if trained.header.members > 1 and objective.caution:
        logger.info("the search kept the SD of the networks small: it does not tell how right they are")
    if options["seeds"] is not None and is_dataset(options["seeds"]):
        _tell_extrapolation(trained, designs, objective, load_dataset(options["seeds"]))


def _tell_extrapolation(
    model: Model, designs: Sequence[Design], objective: Objective, dataset: Dataset
) -> None:
    """Warn of designs that are predicted beyond all that was measured."""
    if objective.minus is not None or model.targets != dataset.target_names:
        return
    measured = dataset.targets[:, objective.target]
    low, high = float(np.nanmin(measured)), float(np.nanmax(measured))
    value = estimates(model, designs).mean[:, objective.target]
    if beyond := int(((value < low) | (value > high)).sum()):
        logger.warning(
            "%d of %d designs are predicted beyond all measurements of the library (%.3g to %.3g): such "
            "predictions are guesses; order some seeds beside them", beyond, len(designs), low, high,
        )  # fmt: skip


def objective_of(model: Model, options: dict[str, Any]) -> Objective:
    """Return what is wanted.

    Raises
    ------
    UsageError
        If two goals are given, or a target is not the model's.
    """
    goal, value, difference = options["goal"], options["value"], options["difference"]
    if goal and value is not None:
        raise UsageError(f"--{goal} and --to: give one of them")
    if difference and options["target"]:
        raise UsageError("--difference and --target: give one of them")
    names = difference.split(",") if difference else [options["target"]]
    if len(names) > 2 or (difference and len(names) < 2):
        raise UsageError(f"difference {show(difference)}: expected two targets, such as a,b")
    columns = [chosen_target(model, name) for name in names]
    return Objective(
        "to" if value is not None else goal or "maximize",
        value or 0.0,
        columns[0],
        columns[1] if difference else None,
        caution=options["caution"],
        allow_unlike=options["allow_unlike"],
    )


def constraints_of(model: Model, options: dict[str, Any]) -> Constraints:
    """Return the demands; flanks are the model's unless they are given.

    Raises
    ------
    UsageError
        If one cannot be read.
    """
    layout = model.header.layout
    flanks = {
        name: _packed(name, getattr(layout, name) if options[name] is None else options[name])
        for name in ("flank5", "flank3")
    }
    return Constraints(
        fixed_stretches(options["fix"]),
        _window(options["gc"]) if options["gc"] else None,
        options["homopolymer"],
        forbidden_sites(options["forbid"]),
        options["max_edits"],
        options["min_distance"],
        **flanks,
    )


def _seeds(
    model: Model, objective: Objective, constraints: Constraints, options: dict[str, Any]
) -> list[Seed]:
    """Read the seeds, or draw them."""
    if (options["seeds"] is None) == (options["drawn"] is None):
        raise UsageError("give --seeds or --random, one of them")
    if options["seeds"] is not None:
        return seeds_of(model, read_sample(options["seeds"], model), objective, options["number"])
    header = model.header
    length = options["length"] or header.layout.length
    if not header.shortest <= length <= header.layout.length:
        raise UsageError(f"length {length}: the model was trained on sequences of {header.lengths}")
    return random_seeds(options["drawn"], length, constraints, seed=options["seed"])


def _window(text: str) -> tuple[float, float]:
    """Read a range of GC fractions."""
    low, dash, high = text.partition("-")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if not dash or not 0 <= found[0] <= found[1] <= 1:
        raise UsageError(f"gc {show(text)}: expected a range of fractions, such as 0.35-0.6")
    return found


def _packed(name: str, letters: str) -> bytes:
    """Pack a flank."""
    try:
        return pack(letters) if letters else b""
    except SequenceError as error:
        raise UsageError(f"{name}: {error}") from error
