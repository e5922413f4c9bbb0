"""Measure every row of the speed table, and write benchmarks/speed.md (`make bench`; an hour and a half).

Run it on an idle machine: `python benchmarks/speed.py`.  A section is a process of its own.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent

SECTIONS = {
    "speed_networks.py": ("The network", "wall time, all cores"),
    "speed_files.py": ("From a FASTA file to a table", "wall time, all cores"),
    "speed_variants.py": ("Variants", "wall time, all cores"),
    "speed_training.py": ("Training", "wall time, all cores"),
    "speed_gpu.py": ("On a GPU", "wall time; those of an H200 are in [speed_gpu.md](speed_gpu.md)"),
    "speed_data.py": ("Reading, encoding, starting", "CPU seconds, one thread"),
}
"""Script -> title, and how it measures."""

HEAD = """# How fast it is

Made by `make bench` (`python benchmarks/speed.py`) on {machine}.

Ratios against a baseline of the same run: all are called in turn, and the median counts.  The yardstick
is a CNN of conv 4 -> 128 width 13, ReLU, max pool 2, conv 128 -> 64 width 7, ReLU, max pool 2, dense 64,
linear, on 200 bp (14.5 MFLOP forward).  Baselines are in `speed_plain.py`, and in `peers/` those with an
environment of their own.  What was expected, what was found, and why, is in [speed_notes.md](speed_notes.md);
figures of a processor with AMX are in [speed_amx.md](speed_amx.md).
"""


def machine() -> str:
    """Name processor, cores and versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    extra = [flag for flag in ("avx512f", "amx_int8") if flag in flags]
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime", "openvino"))
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {model or platform.processor()} ({', '.join(extra)}); {packages}"


def main() -> None:
    """Run every section, and write the page."""
    parts = [HEAD.format(machine=machine())]
    for script, (title, how) in SECTIONS.items():
        command = [sys.executable, "-W", "ignore", str(HERE / script)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        table = "\n".join(line for line in done.stdout.splitlines() if line.startswith("|"))
        parts.append(f"## {title}\n\n`python benchmarks/{script}`: {how}.\n\n{table}\n")
        print(parts[-1], flush=True)
    (HERE / "speed.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
