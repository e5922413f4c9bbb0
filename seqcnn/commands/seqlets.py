"""Find seqlets in attributions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.options import File, fdr, option, output, overwrite, seqlet_null
from seqcnn.cli_support.renamed import command

if TYPE_CHECKING:
    from seqcnn.interpret.seqlet.null import Null


@command()
@click.argument("attributions", type=File)
@output
@fdr
@seqlet_null
@option(
    "--database", type=File, help="Known motifs (MEME format) that name the seqlets, in four more columns."
)
@overwrite
def seqlets(
    attributions: Path, output: Path, fdr: float, null: Null, database: Path | None, overwrite: bool
) -> None:
    """Find seqlets (spans of high attribution) in ATTRIBUTIONS, as BED.

    \b
    seqcnn seqlets attributions.h5 -o seqlets.bed --fdr 0.05
    seqcnn seqlets attributions.h5 -o seqlets.bed --null shuffled-sequences
    seqcnn seqlets attributions.h5 -o seqlets.bed --database jaspar.meme
    """
    from seqcnn.interpret.seqlets import seqlets_file

    seqlets_file(attributions, output, fdr=fdr, null=null, database=database, overwrite=overwrite)
