"""Report test sequences that are similar to training sequences."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File
from seqcnn.cli_support.renamed import command


@command()
@click.argument("dataset", type=File)
def audit(dataset: Path) -> None:
    """Report which test sequences of a DATASET are similar to training sequences.

    \b
    seqcnn audit dataset.h5
    """
    from seqcnn.data.audit import format_audit
    from seqcnn.data.dataset import IN_MEMORY_MB, load_dataset

    click.echo(format_audit(load_dataset(dataset, megabytes=IN_MEMORY_MB)))
