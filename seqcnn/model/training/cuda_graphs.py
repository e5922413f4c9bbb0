"""Training steps as CUDA graphs: captured once, then launched by one call each.

A step of a small network is a hundred kernels of some microseconds, which a GPU finishes faster than Python
launches them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch

from seqcnn.data.batches.augmentation import Batch

logger = logging.getLogger(__name__)

WARM_UP_STEPS = 3
"""Steps per batch size before the capture, in which libraries choose and prepare their kernels."""

STEPS_PER_CALL = 32
"""Steps per batch of Lightning, whose overhead per batch is longer than a step on a GPU."""

Record = Callable[[Callable[[], None]], Callable[[], None]]
"""Function -> function that launches the kernels that the first one would launch."""


def recorder() -> Record:
    """Return a function that captures functions as graphs that share their memory; none of them is run."""
    pool: Any = None

    def record(function: Callable[[], None]) -> Callable[[], None]:
        """Capture one function."""
        nonlocal pool
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            function()
        pool = graph.pool()
        return graph.replay

    return record


class GraphedStep:
    """A step that is replayed as a CUDA graph, one per batch size, after the warm-up.

    The step must not wait for the device or copy to it.  A step that cannot be captured is called instead.
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
        if self.works and self.runs[size] == WARM_UP_STEPS + 1:
            self._record(size, batch)
        if size not in self.recorded:
            self.step(batch)
            return
        place, replay = self.recorded[size]
        for name, column in place.items():
            column.copy_(batch[name])
        replay()

    def _record(self, size: int, batch: Batch) -> None:
        """Capture the step for batches of one size, which are then copied to where its kernels read them."""
        place = {name: column.clone() for name, column in batch.items()}
        try:
            self.recorded[size] = place, self.record(lambda: self.step(place))
        except RuntimeError as error:
            self.works = False
            _leave_recording()
            logger.warning("steps are launched kernel by kernel, as CUDA graphs cannot hold them: %s", error)


def _leave_recording() -> None:
    """Restore the GPU's random generator, which an aborted capture leaves in capturing mode."""
    if torch.cuda.is_available():
        seed, device = torch.cuda.initial_seed(), torch.cuda.current_device()
        fresh = torch.Generator(torch.device("cuda", device)).graphsafe_get_state()
        torch.cuda.default_generators[device].graphsafe_set_state(fresh)
        torch.cuda.manual_seed(seed)
