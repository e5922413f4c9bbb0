"""Report test sequences with relatives in training."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File


@click.command()
@click.argument("dataset", type=File)
def audit(dataset: Path) -> None:
    """Tell which test sequences of a DATASET have a relative in training, and how close it is.

    \b
    seqcnn audit dataset.h5
    """
    from seqcnn.data.audit import format_audit
    from seqcnn.data.dataset import load_dataset

    click.echo(format_audit(load_dataset(dataset)))
