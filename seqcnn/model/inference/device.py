"""Choice of the device and of the number of CPU threads."""

from __future__ import annotations

import ctypes
import sys

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from seqcnn.errors import EnvironmentFault, UsageError, show
from seqcnn.model.inference.threads import thread_count

_HEAP_SETTINGS = ((-3, 1 << 25), (-1, (1 << 31) - 1))
"""Options of glibc's mallopt: M_MMAP_THRESHOLD (its maximum) and M_TRIM_THRESHOLD (never), in bytes."""

DEVICES = "expected auto, cpu, cuda, cuda:N or mps"


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device to compute on.

    On a GPU this turns off TF32 for convolutions in this process: its 19 bits change predictions by up to
    1e-3 of their scale.

    Parameters
    ----------
    name
        `auto` (a GPU of NVIDIA or Apple if there is one, else the CPU), `cpu`, `cuda`, `cuda:N` or `mps`.

    Raises
    ------
    EnvironmentFault
        If the device was named and is not available.
    UsageError
        If `name` is none of the above.
    """
    if name == "auto":
        apple = "mps" if torch.backends.mps.is_available() else "cpu"
        name = "cuda" if torch.cuda.is_available() else apple
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"device {show(name)}: {DEVICES}") from error
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"device {show(name)}: {DEVICES}")
    available = torch.cuda.device_count() if device.type == "cuda" else int(torch.backends.mps.is_available())
    if device.type != "cpu" and (device.index or 0) >= available:
        kind = "CUDA" if device.type == "cuda" else device.type
        raise EnvironmentFault(
            f"device {name}: {available} {kind} devices found; use --device cpu or auto; see `seqcnn doctor`"
        )
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False
    return device


def set_threads(threads: int | None) -> int:
    """Set the number of CPU threads and return it; None takes all cores that this process may use.

    It is also the number of the other libraries that are loaded, such as BLAS and scikit-learn's OpenMP.
    """
    count = thread_count(threads)
    torch.set_num_threads(count)
    threadpool_limits(count)
    return count


def tune_malloc() -> None:
    """Set glibc's allocator to keep freed memory in this process.

    By default it returns the layers of every training step to the system, which then zeroes them page by
    page; this takes a fifth of the time on a CPU.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for setting, value in _HEAP_SETTINGS:
            libc.mallopt(setting, value)


def describe(device: torch.device) -> str:
    """Return the name of a device for messages."""
    if device.type == "cuda":
        return f"GPU {torch.cuda.get_device_name(device)}"
    return "CPU" if device.type == "cpu" else device.type.upper()
