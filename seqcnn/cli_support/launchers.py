"""Programs that start a command several times, `srun` and `torchrun`: one process does the work."""

from __future__ import annotations

import logging
import os

from seqcnn.errors import UsageError

logger = logging.getLogger(__name__)


def refuse_other_tasks(nodes: int, devices: int) -> None:
    """Raise `UsageError` unless `srun` started one task per device of several nodes; only the first one logs.

    Parameters
    ----------
    nodes, devices
        Number of nodes, above 1, and of devices per node.
    """
    expected = (nodes * devices, devices)
    if (_number("SLURM_NTASKS"), _number("SLURM_NTASKS_PER_NODE")) != expected:
        command = f"srun --nodes {nodes} --ntasks-per-node {devices} seqcnn train ..."
        raise UsageError(f"--nodes {nodes}: expected a task of `srun` per device; start it with `{command}`")
    if _number("SLURM_PROCID") > 0:
        logging.getLogger("seqcnn").setLevel(logging.ERROR)  # the first task logs


def leave_to_first_task() -> None:
    """Exit, without an error, in all tasks of a Slurm job step but the first one.

    All would train the same model; `--devices` starts the processes of a training itself.

    Raises
    ------
    UsageError
        If `torchrun`, or another program that sets its variables, started several processes.
    SystemExit
        With code 0, in the other tasks.
    """
    if "RANK" in os.environ and (count := _number("WORLD_SIZE")) > 1:
        raise UsageError(
            f"torchrun started {count} processes; start seqcnn alone, which starts those of --devices itself"
        )
    task, count = _number("SLURM_PROCID"), _number("SLURM_NTASKS")
    if count > 1 and task > 0:
        logger.info(
            "task %d of %d leaves the work to task 0; unset SLURM_PROCID if each task trains another model",
            task, count,
        )  # fmt: skip
        raise SystemExit(0)


def _number(variable: str) -> int:
    """Return an environment variable that is a number; 0 if there is none."""
    text = os.environ.get(variable, "")
    return int(text) if text.isascii() and text.isdecimal() else 0
