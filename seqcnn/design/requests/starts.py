"""Start sequences of a design: from a file, or random."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.design.constraints import Constraints
from seqcnn.design.design import StartSequence, best_starts, random_starts
from seqcnn.design.objective import Goals, Objective
from seqcnn.errors import UsageError, show
from seqcnn.interpret.attribution.sample import read_sample
from seqcnn.model.inference.trained_model import LoadedModel

logger = logging.getLogger(__name__)

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


def starts_of(
    model: LoadedModel,
    start: StartRequest,
    objective: Objective | Goals,
    constraints: Constraints,
    *,
    seed: int = 1,
) -> list[StartSequence]:
    """Read the start sequences, or sample them at random.

    Raises
    ------
    UsageError
        If options exclude each other, or no order would have a length that the constraints allow.
    """
    header = model.header
    if start.length is not None and start.random is None:
        raise UsageError("--length belongs to --random; sequences of --start keep theirs")
    if start.file is not None and start.random is None:
        sample = read_sample(start.file, model, form=start.form)
        starts = best_starts(model, sample, objective, start.number or NUMBER)
        return _orderable(starts, constraints)
    if start.random is None or start.file is not None:
        raise UsageError("give sequences to start from: --start FILE, or --random N, and not both")
    if start.number is not None:
        raise UsageError("--number belongs to --start; --random has a number of its own")
    start.form.refuse_unused(Path("--random"), "number of random sequences")
    length = start.length or header.layout.length
    if not header.min_length <= length <= header.layout.length:
        raise UsageError(f"--length {length}: the model was trained on sequences of {header.lengths}")
    return _orderable(random_starts(start.random, length, constraints, seed=seed), constraints)


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
    parts = {
        "adapters": constraints.adapter5 + constraints.adapter3,
        "flanks": constraints.with_flanks and constraints.flank5 + constraints.flank3,
    }
    added = f" with {' and '.join(filter(parts.get, parts))}" if beside else ""
    lengths = f"ordered sequences of {low} to {high} bp are expected"
    if len(outside) == len(starts):
        bp = len(starts[0].codes) + beside
        raise UsageError(f"{show(starts[0].name)}: {bp} bp{added}; {lengths}; see --order-length")
    for start in outside:
        bp = len(start.codes) + beside
        logger.warning("%s: no design; %d bp%s; %s", show(start.name), bp, added, lengths)
    return [start for start in starts if low <= len(start.codes) + beside <= high]
