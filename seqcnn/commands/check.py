"""Report what `prepare` would find, without writing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File, data_options

logger = logging.getLogger(__name__)


@click.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
def check(sequences: Path, targets: Path | None, **options: Any) -> None:
    """Tell everything that `prepare` would find in SEQUENCES and TARGETS; write nothing.

    \b
    seqcnn check design.fa activity.tsv --target log2_activity
    seqcnn check design.tsv.gz reporter_experiment.oligo.tsv.gz
    """
    from seqcnn.cli_support.data import read_dataset

    notes = len(read_dataset(sequences, targets, options).provenance["notes"])
    warned = f", {notes} warnings above" if notes else ""
    logger.info("no fault found%s; nothing was written", warned)
