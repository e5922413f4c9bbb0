"""The libraries of the extra `probe`, which the core does without."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from seqcnn.errors import EnvironmentFault


def extra(module: str, package: str | None = None) -> Any:
    """Import a module of the extra `probe`.

    Raises
    ------
    EnvironmentFault
        If it is not installed; `package` is its name there, by default the module's first part.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name = package or module.partition(".")[0]
        raise EnvironmentFault(f"{name} is not installed; pip install 'seqcnn[probe]'") from error
