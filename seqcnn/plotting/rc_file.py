"""Import matplotlib without the `matplotlibrc` of the current folder, and without `MPLBACKEND`.

Matplotlib reads this file when it is imported, by seqcnn or by a library such as torchmetrics: it changes
figures, and a malformed one ends the program.  The current folder can be anybody's.
An unknown backend in `MPLBACKEND` ends the program too; figures are drawn without any.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_BACKEND = "MPLBACKEND"
_DATA = "mpl-data"  # folder of matplotlib with its own matplotlibrc, which holds the defaults


def ignore_rc_file() -> None:
    """Make the first import of matplotlib in this process ignore a local `matplotlibrc`, and `MPLBACKEND`."""
    if "matplotlib" not in sys.modules and not any(isinstance(f, _Finder) for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds matplotlib, once, and gives it a loader that runs it in the folder of its defaults."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of matplotlib; None for any other module."""
        if fullname != "matplotlib":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.loader and spec.origin:
            spec.loader = _Loader(spec.loader, Path(spec.origin).parent / _DATA)
        return spec


class _Loader(Loader):
    """Runs a module in another folder."""

    def __init__(self, loader: Loader, folder: Path) -> None:
        self.loader, self.folder = loader, folder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return what the loader of the module makes."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        with _working_in(self.folder), _without_display():
            self.loader.exec_module(module)


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    """Change the current folder inside the block; if it could not be returned to, it stays."""
    try:
        before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    except OSError:
        yield
        return
    with suppress(OSError):
        os.chdir(folder)
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@contextmanager
def _without_display() -> Iterator[None]:
    """Name the backend that draws to files inside the block, whatever the user's `MPLBACKEND` is."""
    before = os.environ.get(_BACKEND)
    os.environ[_BACKEND] = "agg"
    try:
        yield
    finally:
        del os.environ[_BACKEND]
        if before is not None:
            os.environ[_BACKEND] = before
