"""Check sequences and targets without writing a dataset."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from seqcnn.cli_support.data import DataOptions, data_options
from seqcnn.cli_support.options import File
from seqcnn.cli_support.renamed import command
from seqcnn.log import counted_warnings

logger = logging.getLogger(__name__)


@command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
def check(sequences: Path, targets: Path | None, data: DataOptions) -> None:
    """Check SEQUENCES and TARGETS as `prepare` does, and write nothing.

    \b
    seqcnn check design.fa activity.tsv --target log2_activity
    seqcnn check design.tsv.gz reporter_experiment.oligo.tsv.gz
    """
    from seqcnn.cli_support.data import data_plan, inputs_of
    from seqcnn.data.library_size import expectations, size_warnings
    from seqcnn.data.prepare import prepare
    from seqcnn.errors import plural

    with counted_warnings() as count:
        dataset = prepare(inputs_of(sequences, targets, data), data_plan(data))
        for line in expectations(dataset):
            logger.info("%s", line)
        for line in size_warnings(dataset):
            logger.warning("%s", line)
    warned = f"{plural(count(), 'warning')} above" if count() else "no fault found"
    logger.info("%s; nothing was written", warned)
