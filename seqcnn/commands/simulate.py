"""Write a simulated library with known ground truth."""

from __future__ import annotations

from pathlib import Path

from seqcnn.cli_support.options import Whole, option, output_folder, overwrite, seed
from seqcnn.cli_support.renamed import command


@command()
@output_folder
@option("-n", "--number", default=6000, type=Whole(1), help="Number of oligos.")
@option("--length", default=170, type=Whole(1), help="Length of an oligo, bp.")
@seed
@overwrite
def simulate(output: Path, number: int, length: int, seed: int, overwrite: bool) -> None:
    """Simulate a library with known ground truth: oligos.fa, targets.tsv, truth.tsv.

    \b
    seqcnn simulate -o simulated/ --seed 2
    """
    from seqcnn.data.simulate import simulate

    simulate(output, n=number, length=length, seed=seed, overwrite=overwrite)
