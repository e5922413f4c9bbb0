"""Training steps as CUDA graphs: recorded once, then started by one call each.

A step of a small network is a hundred kernels of some microseconds, which a GPU finishes sooner than Python
starts them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch

from seqcnn.data.batches.augmentation import Batch

logger = logging.getLogger(__name__)

WARM_UP = 3
"""Steps of a batch size that are run before one is recorded: libraries choose and prepare their kernels."""

STEPS_PER_CALL = 32
"""Steps that Lightning hands over at a time, as each time takes it longer than a GPU a step."""

Record = Callable[[Callable[[], None]], Callable[[], None]]
"""Function -> what starts the kernels that it would start."""


def recorder() -> Record:
    """Return what records functions, none of which is run, into graphs that share their memory."""
    pool: Any = None

    def record(function: Callable[[], None]) -> Callable[[], None]:
        """Record one function."""
        nonlocal pool
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            function()
        pool = graph.pool()
        return graph.replay

    return record


class GraphedStep:
    """A step that a GPU takes by itself, once it has been recorded for a batch's size.

    The step must not wait for the device or copy to it.  One that cannot be recorded is run as it stands.
    """

    def __init__(self, step: Callable[[Batch], None], record: Record | None = None) -> None:
        self.step, self.record = step, record or recorder()
        self.runs: dict[int, int] = {}
        self.recorded: dict[int, tuple[Batch, Callable[[], None]]] = {}
        self.works = True

    def __call__(self, batch: Batch) -> None:
        """Take one step."""
        size = len(batch["numbers"])
        self.runs[size] = self.runs.get(size, 0) + 1
        if self.works and self.runs[size] == WARM_UP + 1:
            self._record(size, batch)
        if size not in self.recorded:
            self.step(batch)
            return
        place, replay = self.recorded[size]
        for name, column in place.items():
            column.copy_(batch[name])
        replay()

    def _record(self, size: int, batch: Batch) -> None:
        """Record the step for batches of one size, which are copied to where its kernels read them."""
        place = {name: column.clone() for name, column in batch.items()}
        try:
            self.recorded[size] = place, self.record(lambda: self.step(place))
        except RuntimeError as error:
            self.works = False
            _leave_recording()
            logger.warning("steps are started kernel by kernel, as a CUDA graph cannot hold them: %s", error)


def _leave_recording() -> None:
    """Let the GPU draw random numbers again: a recording that was broken off leaves its generator waiting."""
    if torch.cuda.is_available():
        seed, device = torch.cuda.initial_seed(), torch.cuda.current_device()
        anew = torch.Generator(torch.device("cuda", device)).graphsafe_get_state()
        torch.cuda.default_generators[device].graphsafe_set_state(anew)
        torch.cuda.manual_seed(seed)
