"""Kill trainings and pipelines at random times, rerun them, and compare with uninterrupted runs.

Each function returns its counts.  `python -m benchmarks.reliability.faults` prints all of them.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks import ROOT
from benchmarks.reliability.writing_commands import TINY

RANDOM = TINY | {
    "training": {"epochs": 150, "batch_size": 16, "strand": "double", "max_shift": 3, "mutation_rate": 0.05}
}
PIPELINE = {
    "name": "toy",
    "sequences": "library/oligos.fa",
    "targets": "library/targets.tsv",
    "data": {"targets": ["expression"], "group": "family"},
    "models": ["cnn", "mean"],
    "seeds": [1],
}
TIME = re.compile(rb'"seconds": [0-9.]+|data-value="[0-9.]+">[0-9.]+ (s|min|h)<')
"""Durations, which differ between runs."""


def training_kills(kills: int = 20, seed: int = 1) -> dict[str, int]:
    """Kill trainings at random times, rerun them, and count bit-identical results."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _library(folder)
        _seqcnn("prepare", "library/oligos.fa", "library/targets.tsv", "--target", "expression", "-o", "d.h5",
                folder=folder)  # fmt: skip
        (folder / "cnn.yaml").write_text(json.dumps(RANDOM))
        command = ("train", "d.h5", "--config", "cnn.yaml", "--threads", "1", "--device", "cpu", "-o")
        begin = time.monotonic()
        _seqcnn(*command, "whole/m.safetensors", folder=folder)
        seconds, draw = time.monotonic() - begin, random.Random(seed)
        found = [_killed_training(folder, command, draw.uniform(0.2, 1) * seconds) for _ in range(kills)]
    return {
        "kills of a training": sum(killed for killed, _ in found),
        "resumed bit-identical": sum(killed and same for killed, same in found),
    }


def _killed_training(folder: Path, command: tuple[str, ...], after: float) -> tuple[bool, bool]:
    """Kill one training and rerun it; return whether it was killed, and whether the files are equal."""
    shutil.rmtree(folder / "again", ignore_errors=True)
    killed = _kill_after(_start(*command, "again/m.safetensors", folder=folder), after)
    _seqcnn(*command, "again/m.safetensors", folder=folder)
    same = _tree(folder / "again") == _tree(folder / "whole")
    print(f"training: killed {killed} after {after:.1f} s, same {same}", file=sys.stderr)
    return killed, same


def pipeline_kills(kills: int = 20, seed: int = 1) -> dict[str, int]:
    """Kill pipelines, alternately with and without their jobs, rerun them, and count equal results."""
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / "whole"
        lay_out_pipeline(whole)
        begin = time.monotonic()
        _snakemake(whole).wait()
        seconds, draw = time.monotonic() - begin, random.Random(seed)
        found = [
            killed_pipeline(whole, Path(name) / str(n), draw.uniform(0.1, 1) * seconds, jobs=n % 2 == 0)
            for n in range(kills)
        ]
    return {
        "kills of a pipeline": sum(killed for killed, _ in found),
        "then byte-identical, without --unlock": sum(killed and same for killed, same in found),
    }


def lay_out_pipeline(folder: Path) -> None:
    """Write a working folder: config, models, profiles and a small library."""
    (folder / "configs/models").mkdir(parents=True)
    (folder / "configs/pipeline.yaml").write_text(yaml.safe_dump(PIPELINE))
    (folder / "configs/models/cnn.yaml").write_text(json.dumps(TINY | {"training": {"epochs": 2}}))
    (folder / "configs/models/mean.yaml").write_text("baseline: mean\n")
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    _library(folder)


def killed_pipeline(whole: Path, folder: Path, after: float, *, jobs: bool) -> tuple[bool, bool]:
    """Kill one pipeline and rerun it; return whether it was killed, and whether the files are equal."""
    for name in ("configs", "profiles", "library"):
        shutil.copytree(whole / name, folder / name)
    killed = _kill_after(_snakemake(folder), after, group=jobs)
    code = _snakemake(folder).wait()
    same = code == 0 and _tree(folder / "results") == _tree(whole / "results")
    what = "all" if jobs else "snakemake alone"
    print(f"pipeline: killed {killed} ({what}) after {after:.1f} s, same {same}", file=sys.stderr)
    return killed, same


def _kill_after(process: subprocess.Popen[bytes], seconds: float, *, group: bool = True) -> bool:
    """Kill a process, or its group, after a time; return whether it was still running."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def _tree(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files of a folder, without durations."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): TIME.sub(b"", path.read_bytes()) for path in files}


def _library(folder: Path) -> None:
    """Write a small library."""
    _seqcnn("simulate", "-n", "120", "--length", "50", "-o", "library", folder=folder)


def _seqcnn(*arguments: str, folder: Path) -> None:
    """Run a command; raise if it fails."""
    if _start(*arguments, folder=folder).wait():
        raise RuntimeError(f"failed: {arguments}")


def _start(*arguments: str, folder: Path, module: str = "seqcnn") -> subprocess.Popen[bytes]:
    """Start a command in its own process group, without output."""
    folder.mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": path}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _snakemake(folder: Path) -> subprocess.Popen[bytes]:
    """Start a pipeline."""
    return _start("--snakefile", str(ROOT / "workflow/Snakefile"), folder=folder, module="snakemake")


if __name__ == "__main__":
    print(json.dumps(training_kills() | pipeline_kills(), indent=1))
