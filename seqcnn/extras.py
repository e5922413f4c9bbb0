"""The libraries of the extra `probe`, which the core does without."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from seqcnn.errors import EnvironmentFault

LIBRARIES = {
    "tangermeme": "tangermeme",
    "modisco-lite": "modiscolite",
    "memelite": "memelite",
    "logomaker": "logomaker",
    "ledidi": "ledidi",
    "pybigtools": "pybigtools",
}
"""Package of the extra -> its module."""


_NUMBA_LAYERS = "omp tbb workqueue"
"""OpenMP first: the TBB that OpenVINO brings may keep a process of both from ending."""


def refuse_without_extra() -> None:
    """Raise `EnvironmentFault` if a library of the extra is not installed; none is imported."""
    if missing := [name for name, module in LIBRARIES.items() if find_spec(module) is None]:
        raise EnvironmentFault(f"{', '.join(missing)}: not installed; pip install 'seqcnn[probe]'")


def extra(module: str, package: str | None = None) -> Any:
    """Import a module of the extra `probe`.

    Raises
    ------
    EnvironmentFault
        If it is not installed; `package` is its name there, by default the module's first part.
    """
    os.environ.setdefault("NUMBA_THREADING_LAYER_PRIORITY", _NUMBA_LAYERS)
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name = package or module.partition(".")[0]
        raise EnvironmentFault(f"{name} is not installed; pip install 'seqcnn[probe]'") from error
