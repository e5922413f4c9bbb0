"""The machine that is examined: its files, programs, packages and folders."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from seqcnn.doctor.torch_state import TorchState, torch_state
from seqcnn.model.inference.threads import available_cores

TIMEOUT_SECONDS = 30
"""Time after which a program is stopped: `nvidia-smi` can hang on a damaged driver."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program returned."""

    code: int
    output: str


Runner = Callable[[Sequence[str]], "Answer | None"]
"""Runs a program; None if there is no such program."""


def free_bytes(folder: Path) -> float:
    """Return the free space of a folder, or of the nearest one above it that exists."""
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free


def write_fault(folder: Path) -> str:
    """Return why no file can be written to a folder; '' if one can, or if the folder can be made."""
    if not folder.exists() and os.access(folder.parent, os.W_OK):
        return ""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".seqcnn-") as file:
            file.write(b"\0")
    except OSError as error:
        return str(error.strerror)
    return ""


@dataclass(frozen=True, slots=True)
class Machine:
    """Files, programs, packages and folders; tests replace any of them."""

    root: Path
    """Folder of the system files: / on this machine."""
    run: Runner
    torch: TorchState
    system: str = "Linux"
    architecture: str = "x86_64"
    cores: int = 1
    """CPU cores that this process may use."""
    load: float = 0.0
    """Number of processes that wanted to run in the last minute."""
    encoding: str = "utf-8"
    """Encoding of text that is printed."""
    environment: Mapping[str, str] = field(default_factory=dict)
    installed: Mapping[str, str] = field(default_factory=dict)
    """Distribution, in normalised spelling -> version."""
    requirements: Sequence[str] = ()
    """Requirements of seqcnn, with their extras as markers."""
    folders: Mapping[str, Path] = field(default_factory=dict)
    """Purpose -> folder."""
    free_bytes: Callable[[Path], float] = free_bytes
    write_fault: Callable[[Path], str] = write_fault

    def read(self, path: str) -> str:
        """Return the text of a system file; '' if it cannot be read."""
        try:
            return (self.root / path).read_text(errors="replace")
        except OSError:
            return ""

    def has(self, path: str) -> bool:
        """Return whether there is a system file."""
        return (self.root / path).exists()


def this_machine() -> Machine:
    """Return the machine that runs this process."""
    return Machine(
        root=Path("/"),
        run=run_program,
        torch=torch_state(),
        system=platform.system(),
        architecture=platform.machine(),
        cores=available_cores(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        encoding=sys.stdout.encoding or "ascii",
        environment=os.environ,
        installed=installed_packages(),
        requirements=metadata.requires("seqcnn") or (),
        folders={
            "current folder": Path.cwd(),
            "temporary folder": Path(tempfile.gettempdir()),
            "cache folder": Path.home() / ".cache",
        },
    )


def installed_packages() -> dict[str, str]:
    """Return the installed distributions, in normalised spelling, and their versions."""
    names = ((entry.metadata["Name"], entry.version) for entry in metadata.distributions())
    return {normalised(name): version for name, version in names if name}


def normalised(name: str) -> str:
    """Return the spelling of a distribution that indexes use.

    >>> normalised("Modisco_Lite")
    'modisco-lite'
    """
    return name.lower().replace("_", "-").replace(".", "-")


def run_program(command: Sequence[str]) -> Answer | None:
    """Run a program and return its output; None if there is no such program."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Answer(124, f"no answer within {TIMEOUT_SECONDS} s")
    except OSError as error:
        return Answer(126, str(error.strerror))
    return Answer(done.returncode, done.stdout or done.stderr)
