"""Find seqlets in attributions."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, fdr, output, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("attributions", type=File)
@output
@fdr
@overwrite
def seqlets(attributions: Path, output: Path, fdr: float, overwrite: bool) -> None:
    """Find seqlets (spans of high attribution) in ATTRIBUTIONS, as BED.

    \b
    seqcnn seqlets attributions.h5 -o seqlets.bed --fdr 0.05
    """
    from seqcnn.interpret.seqlets import seqlets_file

    seqlets_file(attributions, output, fdr=fdr, overwrite=overwrite)
