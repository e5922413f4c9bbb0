"""What torch can do on this machine, by trying it."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_SIZES = {"cpu": 1024, "cuda": 8192, "mps": 4096}
"""Kind of device -> rows of the matrices whose product is timed: a fraction of a second."""

_REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class TorchState:
    """The build of torch, and its devices."""

    version: str = ""
    """'' if torch cannot be imported; then `fault` has the reason."""
    cuda: str = ""
    """Version of the CUDA runtime of the build; '' for a build without CUDA."""
    devices: tuple[str, ...] = ()
    """Names of the CUDA devices."""
    capability: str = ""
    """Compute capability of the first device, such as 9.0."""
    architectures: tuple[str, ...] = ()
    """Architectures that the build has kernels for, such as sm_90."""
    mps: bool = False
    """Whether an Apple GPU is available."""
    teraflops: float = 0.0
    """Speed of a product of 32-bit matrices on the first GPU, else on the CPU, in 10^12 operations/s."""
    fault: str = ""
    """Warning or error of the import, of the initialisation of CUDA, or of the product."""

    @property
    def has_gpu(self) -> bool:
        """Whether torch can address a GPU."""
        return bool(self.devices) or self.mps


def torch_state() -> TorchState:
    """Import torch, ask it for its devices, and time a product of matrices on the best of them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            import torch
        except (ImportError, OSError) as error:
            return TorchState(fault=_first_line(error))
        devices = tuple(map(torch.cuda.get_device_name, range(torch.cuda.device_count())))
        usable = devices if torch.cuda.is_available() else ()
        mps = torch.backends.mps.is_available()
    complaints = [_first_line(entry.message) for entry in caught if "CUDA" in str(entry.message)]
    speed, fault = _speed(torch, "cuda" if usable else "mps" if mps else "cpu")
    return TorchState(
        version=torch.__version__,
        cuda=torch.version.cuda or "",
        devices=usable,
        capability=".".join(map(str, torch.cuda.get_device_capability(0))) if usable else "",
        architectures=tuple(torch.cuda.get_arch_list()) if usable else (),
        mps=mps,
        teraflops=speed,
        fault=fault or "; ".join(complaints),
    )


def _speed(torch: Any, kind: str) -> tuple[float, str]:
    """Return the speed of a product of matrices in 10^12 operations/s, and the error if it fails."""
    size = _SIZES[kind]
    try:
        x: torch.Tensor = torch.rand(size, size, device=kind)
        _product(x)  # loads libraries and kernels
        started = time.perf_counter()
        for _ in range(_REPETITIONS):
            _product(x)
        seconds = (time.perf_counter() - started) / _REPETITIONS
    except RuntimeError as error:
        return 0.0, _first_line(error)
    return 2 * size**3 / seconds / 1e12, ""


def _product(x: torch.Tensor) -> float:
    """Return one number of x x, which waits for the device."""
    return float((x @ x)[0, 0])


def _first_line(error: object) -> str:
    """Return the first line of a message."""
    return str(error).strip().partition("\n")[0]
