"""Import matplotlib without the `matplotlibrc` of the current folder.

Matplotlib reads this file when it is imported, by seqcnn or by a library such as torchmetrics: it changes
figures, and a malformed one ends the program.  The current folder can be anybody's.
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

_DATA = "mpl-data"  # folder of matplotlib with its own matplotlibrc, which holds the defaults


def ignore_rc_file() -> None:
    """Make the first import of matplotlib in this process ignore the `matplotlibrc` of the current folder."""
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
        with _working_in(self.folder):
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
