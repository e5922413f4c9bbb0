"""Describe a model bundle."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File


@click.command()
@click.argument("model", type=File)
def info(model: Path) -> None:
    """Print what a MODEL bundle is, was trained on, and scores.

    \b
    seqcnn info model.safetensors
    """
    from seqcnn.model.info import describe_bundle

    click.echo(describe_bundle(model))
