"""Download a public dataset."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import option, output_folder, overwrite
from seqcnn.cli_support.renamed import command


def _print_list(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    """Print the catalogue and end the command."""
    if value:
        from seqcnn.data.public.catalog import CATALOG

        for dataset in CATALOG.values():
            click.echo(f"{dataset.name}\t{dataset.title}\tdoi:{dataset.doi}")
        context.exit()


@command()
@click.argument("name")
@option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_print_list,
        help="Print name, content and article of each dataset, and exit.")  # fmt: skip
@output_folder
@overwrite
def fetch(name: str, output: Path, overwrite: bool) -> None:
    """Download the public dataset NAME and write sequences.fa and targets.tsv.

    $SEQCNN_DATA may name a folder with local copies of the files.

    \b
    seqcnn fetch --list
    seqcnn fetch plant_terminators -o data/plant_terminators
    """
    from seqcnn.data.fetch import fetch

    fetch(name, output, overwrite=overwrite)
