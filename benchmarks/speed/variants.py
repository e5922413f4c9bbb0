"""Rows of the speed table on variants: SNVs relative to as many pairs of plain predictions.

`python -m benchmarks.speed.variants` prints them.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.speed.files import measured_command
from benchmarks.speed.reference_network import random_letters, reference_bundle, write_fasta
from benchmarks.speed.rows import Row, markdown

N = 1_000_000
"""Number of SNVs."""

FEWER = N // 10
"""Number of SNVs of the small file, for the growth of memory."""


def rows() -> list[Row]:
    """Measure the command once per file, in wall time on all cores, including start-up."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        bundle = reference_bundle(folder)
        genome = random_letters(N // 100 + 2, seed=11).reshape(-1)  # 2 bp per SNV, and the ends
        (folder / "genome.fa").write_bytes(b">chr1\n" + genome.tobytes() + b"\n")
        found = {n: scored(folder, bundle, genome, n) for n in (FEWER, N)}
        fasta = write_fasta(folder / "pairs.fa", random_letters(2 * N, seed=12))
        plain = measured_command(["predict", fasta, "-m", bundle, "-o", folder / "out.tsv"])[0]
    (_, least), (seconds, megabytes) = found.values()
    note = f"variants {seconds:.0f} s, predict {plain:.0f} s"
    peaks = f"{FEWER:,} SNVs {least:.0f} MB, {N:,} SNVs {megabytes:.0f} MB"
    return [
        Row(f"{N:,} SNVs / {2 * N:,} plain predictions", seconds / plain, "<= 3", note),
        Row("variants, peak memory", megabytes / least, "constant", peaks),
    ]


def scored(folder: Path, bundle: Path, genome: np.ndarray, n: int) -> tuple[float, float]:
    """Score one SNV at every second base; return seconds and peak MB."""
    other = dict(zip(b"ACGT", "CGTA", strict=True))
    with (folder / "snvs.vcf").open("w") as file:
        file.write("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for at in range(200, min(200 + 2 * n, len(genome) - 200), 2):
            file.write(f"chr1\t{at + 1}\t.\t{chr(genome[at])}\t{other[genome[at]]}\t.\t.\t.\n")
    command = ["variants", "--vcf", folder / "snvs.vcf", "--genome", folder / "genome.fa", "-m", bundle]
    return measured_command([*command, "--overwrite", "-o", folder / "effects.tsv"])


if __name__ == "__main__":
    print(markdown(rows()))
