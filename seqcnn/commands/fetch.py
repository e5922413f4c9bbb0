"""Download a public dataset."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import output_folder, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("name")
@output_folder
@overwrite
def fetch(name: str, output: Path, overwrite: bool) -> None:
    """Download the public dataset NAME and write sequences.fa and targets.tsv.

    $SEQCNN_DATA may name a folder with local copies of the files.

    \b
    seqcnn fetch plant_terminators -o data/plant_terminators
    """
    from seqcnn.data.fetch import fetch

    fetch(name, output, overwrite=overwrite)
