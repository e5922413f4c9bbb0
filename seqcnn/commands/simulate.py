"""Write a designed library of known truth."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import Whole, option, output


@click.command()
@output
@option("-n", "--number", default=6000, type=Whole(1), help="Oligos.")
@option("--length", default=170, type=Whole(1), help="Length of an oligo, bp.")
@option("--seed", default=1, type=Whole(0), help="Gives another library.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def simulate(output: Path, number: int, length: int, seed: int, overwrite: bool) -> None:
    """Write a designed library of known truth: oligos.fa, targets.tsv, truth.tsv.

    \b
    seqcnn simulate -o simulated/ --seed 2
    """
    from seqcnn.data.simulate import simulate

    simulate(output, n=number, length=length, seed=seed, overwrite=overwrite)
