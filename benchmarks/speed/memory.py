"""Time and memory of commands on large datasets, and what they let expect for larger ones.

These commands print the sections of benchmarks/speed/memory.md:

- `python -m benchmarks.speed.memory prepare 10000 100000`: `prepare` of so many sequences of 200 bp, without
  and with `--memory`.
- `python -m benchmarks.speed.memory pass 2000000 8GB 1500MB`: the first pass over so many sequences within
  these limits.
- `python -m benchmarks.speed.memory read 100000 1000000`: commands that read a dataset of so many rows.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.speed.prepare import library
from benchmarks.speed.reference_network import write_fasta
from benchmarks.speed.rows import cpu_seconds
from seqcnn.data.dataset import Dataset
from seqcnn.data.similarity.alignment import Strands
from seqcnn.data.similarity.masking import Codes
from seqcnn.memory import parse_size
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.window import Layout, Rows

LENGTH = 200
"""Length of the sequences, bp."""

LIMIT = "500MB"
"""Value of `--memory`."""

TARGET = 50_000_000
"""Number of sequences for which time and memory are extrapolated."""

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    cpu: float
    """CPU seconds."""
    peak: float
    """Largest resident memory, MB, with the pages of mapped files."""
    own: float
    """Largest memory that is not of files, MB; the system cannot drop it."""


def measured(*arguments: object) -> Cost:
    """Run a command of seqcnn and measure it."""
    begin, cpu, own, peak = time.time(), cpu_seconds(), 0.0, 0.0
    command = [sys.executable, "-m", "seqcnn", "-q", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except OSError:
            break
        sizes = {name: int(size) / 1024 for name, size in re.findall(r"(\w+):\s+(\d+) kB", status)}
        own, peak = max(own, sizes.get("RssAnon", 0)), max(peak, sizes.get("VmHWM", 0))
        time.sleep(_POLL_SECONDS)
    if process.wait():
        raise SystemExit(f"{arguments[0]} failed")
    return Cost(time.time() - begin, cpu_seconds() - cpu, peak, own)


def prepare_costs(folder: Path, sizes: Sequence[int]) -> dict[str, list[Cost]]:
    """Measure `prepare` by number of sequences, without and with `--memory`; the datasets must be equal."""
    costs: dict[str, list[Cost]] = {"": [], f"--memory {LIMIT}": []}
    for n in sizes:
        fasta, table, datasets = folder / f"{n}.fa", folder / f"{n}.tsv", []
        write_fasta(fasta, library(n, LENGTH))
        values = np.random.default_rng(9).normal(size=n)
        lines = (f"oligo_{number}\t{value:.4f}\n" for number, value in enumerate(values))
        table.write_text("id\ty\n" + "".join(lines), encoding="ascii")
        for options, measurements in costs.items():
            output = folder / f"{n}{options.replace(' ', '')}.h5"
            measurements.append(measured("prepare", fasta, table, "-o", output, *options.split()))
            datasets.append(output.read_bytes())
        if datasets[0] != datasets[1]:
            raise SystemExit(f"{n:,} sequences: --memory changes the dataset")
    return costs


def prepare_tables(sizes: Sequence[int], costs: dict[str, list[Cost]]) -> str:
    """Return the measurements, and the extrapolation to `TARGET` sequences."""
    lines = [
        "| sequences | options | seconds | CPU seconds | CPU us per sequence | peak MB | not of files |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {n:,} | {options or 'none'} | {c.seconds:.0f} | {c.cpu:.0f} | {1e6 * c.cpu / n:.0f} "
        f"| {c.peak:.0f} | {c.own:.0f} |"
        for options, measurements in costs.items()
        for n, c in zip(sizes, measurements, strict=True)
    ]
    return "\n".join([*lines, "", *(extrapolation(sizes, options, costs[options]) for options in costs)])


def extrapolation(sizes: Sequence[int], options: str, costs: Sequence[Cost]) -> str:
    """Return the formula through the two largest sizes, and its values for `TARGET` sequences."""
    (n, m), (small, large) = sizes[-2:], costs[-2:]
    exponent = math.log(large.cpu / small.cpu) / math.log(m / n)
    per_row = (large.own - small.own) * 1e6 / (m - n)
    hours = large.cpu * (TARGET / m) ** exponent / 3600
    gigabytes = (large.own * 1e6 + per_row * (TARGET - m)) / 1e9
    return (
        f"- {options or 'without options'}: CPU seconds = {large.cpu:.0f} (N / {m:,})^{exponent:.2f}; MB = "
        f"{large.own:.0f} + {per_row:.0f} B x (N - {m:,}). For {TARGET:,} sequences: {hours:.0f} hours of "
        f"CPU time, {gigabytes:.0f} GB."
    )


def reading_table(folder: Path, sizes: Sequence[int]) -> str:
    """Return time and memory of commands that read a dataset."""
    lines = [
        "| rows | sequences, MB | command | seconds | CPU seconds | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    small, bundle = dataset(1000), folder / "ridge.safetensors"
    small.save(folder / "small.h5")
    measured("baseline", folder / "small.h5", "--config", "ridge", "-o", bundle)
    for n in sizes:
        run = folder / str(n)
        path, fit = run / "dataset.h5", run / "ridge/fit"
        fit.mkdir(parents=True)
        dataset(n).save(path)
        shutil.copy(bundle, fit / "model.safetensors")
        predictions = fit / "predictions.tsv"
        for arguments in (
            ("audit", path),
            ("predict", path, "-m", bundle, "-o", predictions),
            ("evaluate", path, predictions, "-o", fit / "metrics.json"),
            ("report", run, "-o", run / "report.html"),
        ):
            cost = measured(*arguments)
            cells = (f"{n:,}", n * LENGTH // 10**6, arguments[0], f"{cost.seconds:.0f}", f"{cost.cpu:.0f}")
            lines.append(f"| {' | '.join(map(str, cells))} | {cost.peak:.0f} |")
    return "\n".join(lines)


def dataset(n: int) -> Dataset:
    """Return a dataset of n random sequences, a tenth of them in test, and a tenth in validation."""
    rng = np.random.default_rng(n)
    bases = PACKED_BASES[rng.integers(0, 4, (n, LENGTH), np.uint8)]
    none = np.full(n, np.nan, np.float32)
    return Dataset(
        ids=[f"oligo_{number}" for number in range(n)],
        rows=Rows(bases, np.zeros(n, np.int32), np.full(n, LENGTH, np.int32)),
        targets=rng.normal(size=(n, 1)).astype(np.float32),
        weights=np.ones(n, np.float32),
        split=np.array(["train"] * 8 + ["val", "test"])[np.arange(n) % 10],
        groups=np.arange(n, dtype=np.int32),
        max_train_identity=none,
        nearest_train_row=np.full(n, -1, np.int32),
        recurring_fraction=none,
        replicates=np.empty((n, 1, 0), np.float32),
        categories=np.empty((n, 0), object),
        target_names=["y"],
        category_names=[],
        units=[""],
        layout=Layout(LENGTH),
        provenance={"split": "random", "split_unit": "rows", "inputs": {}, "notes": [], "replicates": {}},
    )


def first_pass(n: int, limit: str) -> str:
    """Return what the first of all passes over random sequences takes within a limit of memory."""
    bases = np.random.default_rng(1).integers(0, 4, n * LENGTH, np.uint8)
    begin = time.time()
    strands = Strands(Codes(bases, np.arange(n + 1) * LENGTH), parse_size(limit))
    loaded = time.time()
    seeds = strands.seeds()
    next(seeds)
    counted = time.time()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    own = int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0]) / 1024
    blocks, ones = strands.layout.blocks, strands.patterns[0].count("1")
    return (
        f"- {n:,} sequences, {n * LENGTH:,} bp, --memory {limit}: both strands in {loaded - begin:.0f} s; "
        f"{len(strands.patterns)} patterns of {ones} bases in {blocks:,} blocks each; seeds counted, and "
        f"those of the first pass sorted, in {counted - loaded:.0f} s; {own:,.0f} MB are not of files"
    )


def main() -> None:
    """Print one section."""
    section, *values = sys.argv[1:]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning.\n", flush=True)
    with tempfile.TemporaryDirectory() as name:
        if section == "prepare":
            sizes = sorted(map(int, values))
            print(prepare_tables(sizes, prepare_costs(Path(name), sizes)))
        elif section == "pass":
            for limit in values[1:]:
                print(first_pass(int(values[0]), limit), flush=True)
        else:
            print(reading_table(Path(name), sorted(map(int, values))))


if __name__ == "__main__":
    main()
