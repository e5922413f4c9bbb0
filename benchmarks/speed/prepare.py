"""Rows of the speed table on `seqcnn prepare`: time and memory by number of sequences.

`python -m benchmarks.speed.prepare` prints them; with numbers of sequences, those of 200 bp only.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.speed.files import SIZES, measured_command
from benchmarks.speed.reference_network import random_letters, write_fasta
from benchmarks.speed.rows import Row, cpu_seconds, markdown

MAX_PREPARED = {200: 1_000_000, 80: 10_000_000}
"""Length in bp -> maximum number of sequences that `prepare` compares in 24 GB of memory."""

_FAMILY = 10  # sequences of one family; a family is half of the library


def rows(folder: Path, sizes: tuple[int, ...], length: int) -> list[Row]:
    """Measure time and memory of `prepare` by number of sequences."""
    costs = [(n, *cost(folder, n, length)) for n in sizes]
    each_of_least = costs[0][1] / costs[0][0]
    what = "prepare, {:,} records of {} bp, time per record"
    return [
        Row(what.format(n, length), seconds / n / each_of_least, "near-linear",
            f"{seconds:.0f} s including start-up ({cpu:.0f} CPU seconds), {1e6 * seconds / n:.0f} us per "
            f"sequence; peak {memory:.0f} MB")
        for n, seconds, memory, cpu in costs
    ]  # fmt: skip


def cost(folder: Path, n: int, length: int) -> tuple[float, float, float]:
    """Return seconds, peak MB and CPU seconds of `seqcnn prepare`."""
    fasta, targets = folder / "many.fa", folder / "many.tsv"
    write_fasta(fasta, library(n, length))
    with targets.open("w") as file:
        file.write("id\ty\n")
        for number, value in enumerate(np.random.default_rng(9).normal(size=n)):
            file.write(f"oligo_{number}\t{value:.4f}\n")
    before = cpu_seconds()
    seconds, megabytes = measured_command(["prepare", fasta, targets, "-o", folder / f"{n}_{length}.h5"])
    return seconds, megabytes, cpu_seconds() - before


def library(n: int, length: int) -> np.ndarray:
    """Return letters, uint8 (n, length): random sequences, half of them in families of copies of a parent."""
    letters, parents = random_letters(n, length=length), random_letters(n // 2 // _FAMILY, 2, length)
    for member in range(_FAMILY):
        rows = letters[member * len(parents) : (member + 1) * len(parents)]
        kept = np.random.default_rng(member).random(rows.shape, np.float32) >= 0.01 * member
        np.copyto(rows, parents, where=kept)
    return letters


def main() -> None:
    """Print the rows."""
    selected = {200: tuple(map(int, sys.argv[1:]))} if sys.argv[1:] else MAX_PREPARED
    with TemporaryDirectory() as name:
        for length, most in selected.items():
            sizes = most if isinstance(most, tuple) else tuple(n for n in SIZES if n <= most)
            print(markdown(rows(Path(name), sizes, length)), flush=True)


if __name__ == "__main__":
    main()
