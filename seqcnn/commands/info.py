"""Describe a model bundle."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import Model
from seqcnn.cli_support.renamed import command


@command()
@click.argument("model", type=Model)
def info(model: Path) -> None:
    """Print architecture, training data and scores of a MODEL bundle.

    \b
    seqcnn info model.safetensors
    """
    from seqcnn.model.info import describe_bundle

    click.echo(describe_bundle(model))
