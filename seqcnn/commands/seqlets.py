"""Find stretches of bases that matter in attributions."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, Finite, option, output


@click.command()
@click.argument("attributions", type=File)
@output
@option("--fdr", default=0.05, type=Finite(0, 1, min_open=True), help="Part that may be false.")
def seqlets(attributions: Path, output: Path, fdr: float) -> None:
    """Find the stretches of bases that matter in ATTRIBUTIONS, as BED.

    \b
    seqcnn seqlets attributions.h5 -o seqlets.bed --fdr 0.05
    """
    from seqcnn.interpret.seqlets import seqlets_file

    seqlets_file(attributions, output, fdr=fdr)
