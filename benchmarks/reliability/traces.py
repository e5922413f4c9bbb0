"""Run every command under strace: which sockets it opens, and which files it writes.

`python -m benchmarks.reliability.traces` prints each command's connections, and the files that it writes
outside its outputs, caches and temporary folders.  Needs strace (Linux).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT
from benchmarks.reliability.faults import lay_out_pipeline
from benchmarks.reliability.writing_commands import PREDICTED, TINY, TRAINED, WRITING, lay_out, run

CALLS = (
    "%network,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
)
"""System calls that use the network, and those that create, open or rename a file."""

ONNX = ["-m", "out/m.onnx", "--threads", "1"]

TRACED = {
    **WRITING,
    "export": ["trained.safetensors", "--int8", "lab.fa", "--overwrite", "-o", "out/m.onnx"],
    "export in full precision": ["m.safetensors", "--overwrite", "-o", "out/m.onnx"],
    "predict with OpenVINO": ["few.fa", *ONNX, "--engine", "openvino", "--overwrite", "-o", "out/p.tsv"],
    "predict with ONNX Runtime": ["few.fa", *ONNX, "--engine", "onnx", "--overwrite", "-o", "out/p.tsv"],
    "predict a bundle with OpenVINO": [
        "few.fa",
        *PREDICTED,
        "--engine",
        "openvino",
        "--overwrite",
        "-o",
        "out/p.tsv",
    ],
    "info": ["m.safetensors"],
    "init": ["out/project", "--example"],
    "check": ["lab.fa", "lab.tsv"],
    "doctor": [],
    "audit": ["d.h5"],
    "run": ["configs/pipeline.yaml", "--snakefile", str(ROOT / "workflow/Snakefile"), "--cores", "1"],
}
"""Command, and words that tell it from others of the same name -> its arguments.

`fetch` is not included: it downloads public data."""

CONTROL = "import openvino"
"""Python code that the tracer must find guilty: OpenVINO, imported without seqcnn."""

_CONNECTION = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg|bind)\(.*?sa_family=AF_INET6?")
_LOOPBACK = re.compile(r'"(?:127\.[0-9.]+|::1)"')
_WRITTEN = re.compile(r'(?:open|openat|openat2|creat)\((?:[^,"]+, )?"([^"]+)", .*(?:O_WRONLY|O_RDWR|O_CREAT)')
_OPENED = re.compile(r" = \d+<(/[^>]*)>$")
_FOLDER = re.compile(r'mkdir(?:at)?\(.*"([^"]+)"[^"]*\) = 0')
_MADE = re.compile(r'(?:rename\w*|link|linkat|symlink\w*)\(.*"([^"]+)"[^"]*\) = 0')
_DEVICES = ("/dev/", "/proc/")


@dataclass(frozen=True)
class Trace:
    """What a process and its children did."""

    exit_code: int
    connections: list[str]
    """Calls with an internet address that is not this machine's own."""
    elsewhere: list[str]
    """Files opened for writing outside outputs, caches and temporary folders."""
    folders: list[str]
    """Folders created outside outputs, caches and temporary folders."""
    written: int
    """Number of files opened for writing in outputs, caches and temporary folders."""


def trace(command: list[str], folder: Path) -> Trace:
    """Run a command in a folder with an empty home folder beside it, and with caches and TMPDIR of their own.

    The outputs are the folder itself; caches are `.cache` of the home folder and compiled Python modules.
    """
    home, temporary, log = (folder.parent / name for name in ("home", "tmp", "strace.log"))
    for path in (home, temporary):
        path.mkdir(exist_ok=True)
    environment = {
        name: value for name, value in os.environ.items()
        if name not in ("CI", "MPLCONFIGDIR") and not name.startswith("XDG_")
    }  # fmt: skip
    environment |= {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    strace = ["strace", "-f", "-qq", "-y", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(log)]
    done = subprocess.run([*strace, *command], cwd=folder, env=environment, capture_output=True, check=False)
    lines = log.read_text(errors="replace").splitlines()
    files = {path for pattern in (_WRITTEN, _MADE) for path in _paths(lines, pattern, folder)}
    folders = {*_paths(lines, _FOLDER, folder)}
    allowed = (folder, temporary, home / ".cache")
    elsewhere, made = (
        sorted(str(path) for path in paths if not any(path.is_relative_to(a) for a in allowed))
        for paths in (files, folders)
    )
    connections = [line for line in lines if _CONNECTION.search(line) and not _LOOPBACK.search(line)]
    return Trace(done.returncode, connections, elsewhere, made, len(files) - len(elsewhere))


def _paths(lines: list[str], pattern: re.Pattern[str], folder: Path) -> Iterator[Path]:
    """Yield the paths of a kind of call; those of failed calls, devices and compiled modules are left out."""
    for line in lines:
        match = None if " = -1 " in line else pattern.search(line)
        if match:
            opened = _OPENED.search(line) or match  # of a call that another thread interrupted: its argument
            path = Path(os.path.normpath(folder / opened[1]))
            if not str(path).startswith(_DEVICES) and "__pycache__" not in path.parts:
                yield path


def traces() -> dict[str, Trace]:
    """Run every command of `TRACED`, and `CONTROL`, on small data."""
    if shutil.which("strace") is None:
        sys.exit("strace: not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "work"
        lay_out_pipeline(folder)
        with chdir(folder):
            lay_out()
            _train_longer()
        results = {}
        for label, arguments in TRACED.items():
            command = label.split(" ")[0]
            results[label] = trace([sys.executable, "-m", "seqcnn", command, *arguments], folder)
            print(label, results[label], file=sys.stderr)
        results[CONTROL] = trace([sys.executable, "-c", CONTROL], folder)
        return results


def _train_longer() -> None:
    """Train a model that is good enough for int8."""
    plan = {"epochs": 20, "batch_size": 16, "lr": 0.01}
    Path("trained.yaml").write_text(json.dumps(TINY | {"training": plan}), encoding="utf-8")
    words = ["trained.yaml" if word == "tiny.yaml" else word for word in TRAINED]
    assert run("train", "d.h5", *words, "-o", "trained.safetensors") == 0


def figures() -> dict[str, str]:
    """Return the quantities of the section `traces`."""
    results = traces()
    control = results.pop(CONTROL)
    failed = [label for label, result in results.items() if result.exit_code]
    connections = sum(len(result.connections) for result in results.values())
    elsewhere, folders = (
        {path for result in results.values() for path in getattr(result, name)}
        for name in ("elsewhere", "folders")
    )
    inside = sum(result.written for result in results.values())
    rows = {
        "commands traced": f"{len(results)}, of which {len(failed)} failed",
        "calls with an address beyond this machine": str(connections),
        "files written in outputs, caches and temporary folders": f"{inside:,}",
        "files written elsewhere": str(len(elsewhere)),
        "folders created elsewhere": f"{len(folders)}{_names(folders)}",
        f"control: `{CONTROL}` without seqcnn": f"{len(control.connections)} calls with such an address, "
        f"{len(control.elsewhere)} files written elsewhere",
    }
    guilty = {label: result for label, result in results.items() if result.connections or result.elsewhere}
    return rows | {
        f"`{label}`": f"**{len(result.connections)} calls, {len(result.elsewhere)} files**"
        for label, result in guilty.items()
    }


def _names(folders: set[str]) -> str:
    """Return the folders as text, relative to the home folder."""
    names = sorted("~" + name.partition("/home")[2] for name in folders)
    return f" ({', '.join(names)})" if names else ""


if __name__ == "__main__":
    for quantity, value in figures().items():
        print(f"{quantity}: {value}")
