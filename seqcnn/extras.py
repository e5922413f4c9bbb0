"""Import the libraries of the extras in `EXTRAS`, which the core does without."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from typing import Any

from seqcnn.errors import EnvironmentFault

EXTRAS = {
    "interpret": {
        "tangermeme": "tangermeme",
        "modisco-lite": "modiscolite",
        "memelite": "memelite",
    },
    "genome": {"pybigtools": "pybigtools"},
    "design": {"ledidi": "ledidi"},
    "parquet": {"pyarrow": "pyarrow"},
    "tune": {"optuna": "optuna"},
}
"""Extra -> package -> its module."""

_HOMES = {
    module: (extra, package) for extra, packages in EXTRAS.items() for package, module in packages.items()
}
"""Module -> its extra and its package."""

CONFLICTS = {"modisco-lite": "modiscolite", "onnxruntime": "onnxruntime-gpu"}
"""Package that seqcnn uses -> one with a module of the same name, which must not be installed as well."""

_NUMBA_LAYERS = "omp tbb workqueue"
"""OpenMP first: the TBB that OpenVINO brings may keep a process of both from ending."""


def refuse_without_extra(extras: Iterable[str]) -> None:
    """Raise `EnvironmentFault` if a library of the extras is not installed; import none of them."""
    missing = {extra: _missing(extra) for extra in sorted(set(extras))}
    if packages := [package for absent in missing.values() for package in absent]:
        names = ",".join(extra for extra, absent in missing.items() if absent)
        raise EnvironmentFault(f"{', '.join(packages)}: not installed; pip install 'seqcnn[{names}]'")


def extra(module: str) -> Any:
    """Import a module of an extra; what numba compiles of it is kept on disk for later processes.

    Raises
    ------
    EnvironmentFault
        If it is not installed, or another package has overwritten it.
    """
    name, package = _HOMES.get(module.partition(".")[0], ("", ""))
    _refuse_conflict(package)
    os.environ.setdefault("NUMBA_THREADING_LAYER_PRIORITY", _NUMBA_LAYERS)
    try:
        library = import_module(module)
    except ModuleNotFoundError as error:
        raise EnvironmentFault(f"{package} is not installed; pip install 'seqcnn[{name}]'") from error
    _keep_compiled(module.partition(".")[0])
    _limit_numba()
    return library


def conflict(package: str) -> tuple[str, str]:
    """Return what is wrong if a package of `CONFLICTS` and its other one are installed, and the remedy."""
    other = CONFLICTS[package]
    module = package.replace("-", "")
    text = f"{package} and {other}: both install the module `{module}`, and overwrite each other"
    return text, f"pip uninstall -y {package} {other} && pip install {package}"


def _refuse_conflict(package: str) -> None:
    """Raise `EnvironmentFault` if the other package of `CONFLICTS` is installed."""
    if package in CONFLICTS:
        with suppress(PackageNotFoundError):
            distribution(CONFLICTS[package])
            raise EnvironmentFault("; ".join(conflict(package)))


def _keep_compiled(package: str) -> None:
    """Enable numba's cache, if it is loaded, for the functions of a package: they compile for up to 15 s."""
    if not (numba := sys.modules.get("numba")):
        return
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == package]
    for function in (value for module in modules for value in vars(module).values()):
        if numba.extending.is_jitted(function):
            with suppress(RuntimeError):  # no folder of caches can be written to
                function.enable_caching()


def _limit_numba() -> None:
    """Give numba, if it is loaded, no more threads than OpenMP has."""
    numba, threads = sys.modules.get("numba"), os.environ.get("OMP_NUM_THREADS", "")
    if numba and threads.isdigit():
        numba.set_num_threads(max(1, min(int(threads), numba.config.NUMBA_NUM_THREADS)))


def _missing(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed."""
    return [package for package, module in EXTRAS[extra].items() if find_spec(module) is None]
