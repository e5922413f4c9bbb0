"""The machine: which device computes, and with how many threads."""

from __future__ import annotations

import torch

from seqcnn.errors import EnvironmentFault, UsageError, show
from seqcnn.model.threads import thread_count

DEVICES = "expected auto, cpu, cuda, cuda:N or mps"


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device to compute on.

    Parameters
    ----------
    name
        `auto` (a GPU if there is one, else the CPU, announced), `cpu`, `cuda`, `cuda:N` or `mps`.

    Raises
    ------
    EnvironmentFault
        If the device was asked for by name and is not there.
    UsageError
        If `name` is none of the above.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"device {show(name)}: {DEVICES}") from error
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"device {show(name)}: {DEVICES}")
    available = torch.cuda.device_count() if device.type == "cuda" else int(torch.backends.mps.is_available())
    if device.type != "cpu" and (device.index or 0) >= available:
        kind = "CUDA" if device.type == "cuda" else device.type
        raise EnvironmentFault(f"device {name}: {available} {kind} devices found; use --device cpu or auto")
    return device


def set_threads(threads: int | None) -> int:
    """Set the number of CPU threads and return it; None takes all cores that this process may use."""
    count = thread_count(threads)
    torch.set_num_threads(count)
    return count


def describe(device: torch.device) -> str:
    """Name a device as a user knows it."""
    if device.type == "cuda":
        return f"GPU {torch.cuda.get_device_name(device)}"
    return "CPU" if device.type == "cpu" else device.type.upper()
