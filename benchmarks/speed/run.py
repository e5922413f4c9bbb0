"""Measure every row of the speed tables, and write speed/cpu.md (`make bench`; 90 minutes).

Run it on an idle machine: `python -m benchmarks.speed.run`.  Each section is a separate process.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks import ROOT

HERE = Path(__file__).parent

SECTIONS = {
    "networks": ("The network", "wall time, all cores"),
    "encoders": ("Networks of 1-D layers", "CPU seconds, one thread"),
    "ism": ("In-silico mutagenesis", "CPU seconds, one thread"),
    "files": ("From a FASTA file to a table", "wall time, all cores"),
    "prepare": ("Preparing a dataset", "wall time, all cores"),
    "variants": ("Variants", "wall time, all cores"),
    "training": ("Training", "wall time, all cores"),
    "gpu": ("On a GPU", "wall time; [gpu.md](gpu.md) has the values of an H200"),
    "data": ("Reading, encoding, starting", "CPU seconds, one thread"),
}
"""Module of `benchmarks.speed` -> title and clock."""

HEAD = """# Speed on a CPU

Made by `make bench` (`python -m benchmarks.speed.run`) on {machine}.

Every value is a ratio to a baseline of the same run: all variants are called in turn, and the medians are
compared.  The reference network is a CNN on 200 bp (14.5 MFLOP forward): conv 4 -> 128 width 13, ReLU, max
pool 2, conv 128 -> 64 width 7, ReLU, max pool 2, dense 64, linear.  Baselines are in `plain_torch.py`; those
that need their own environment are in `peers/`.  [notes.md](notes.md) explains the values; [amx.md](amx.md)
has those of a processor with AMX.
"""


def machine() -> str:
    """Return a description of processor, cores and versions."""
    lines = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if Path("/proc/cpuinfo").exists()
        else []
    )
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    extra = [flag for flag in ("avx512f", "amx_int8") if flag in flags]
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime", "openvino"))
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {model or platform.processor()} ({', '.join(extra)}); {packages}"


def main() -> None:
    """Run every section, and write the page."""
    parts = [HEAD.format(machine=machine())]
    for module, (title, how) in SECTIONS.items():
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.speed.{module}"]
        done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        table = "\n".join(line for line in done.stdout.splitlines() if line.startswith("|"))
        parts.append(f"## {title}\n\n`python -m benchmarks.speed.{module}`: {how}.\n\n{table}\n")
        print(parts[-1], flush=True)
    (HERE / "cpu.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
