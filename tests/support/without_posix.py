"""Modules and quick commands of the package without what Windows lacks, in a process forked for it.

Other packages are loaded already: they have their own ways on Windows.
"""

import importlib
import pkgutil
import signal
import sys
from contextlib import suppress
from unittest import mock

MODULES = ("fcntl", "resource", "pwd", "grp", "termios")
SIGNALS = ("SIGHUP", "SIGUSR1")
FUNCTIONS = (
    "getuid",
    "geteuid",
    "sysconf",
    "sched_getaffinity",
    "getloadavg",
    "pread",
    "O_NONBLOCK",
    "O_NOFOLLOW",
)


def main() -> None:
    """Import every module, then run the commands of the arguments, separated by `;`; print their codes."""
    import os

    for name in list(sys.modules):
        if name.split(".")[0] in ("seqcnn", "filelock"):
            del sys.modules[name]
    sys.modules |= dict.fromkeys(MODULES)
    for name in SIGNALS:
        delattr(signal, name)
    for name in FUNCTIONS:
        with suppress(AttributeError):
            delattr(os, name)
    package = importlib.import_module("seqcnn")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "seqcnn.")]
    for name in names:
        if not name.endswith(".__main__"):
            importlib.import_module(name)
    print("modules:", len(names))
    commands = " ".join(sys.argv[1:]).split(" ; ")
    print("codes:", [_code(words.split()) for words in commands], flush=True)


def _code(words: list[str]) -> int:
    """Run a command and return its exit code."""
    from seqcnn.cli import main as seqcnn

    with mock.patch.object(sys, "argv", ["seqcnn", *words]):
        try:
            seqcnn(words)
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0
