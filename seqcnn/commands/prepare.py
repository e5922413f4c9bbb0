"""Write a dataset from sequences and measurements."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.data import DataOptions, data_options
from seqcnn.cli_support.options import File, output, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@output
@overwrite
def prepare(sequences: Path, targets: Path | None, data: DataOptions, output: Path, overwrite: bool) -> None:
    """Join SEQUENCES and TARGETS by id, split them, and write a dataset (.h5).

    \b
    seqcnn prepare design.fa activity.tsv --target log2_activity -o dataset.h5
    seqcnn prepare design.fa activity.tsv --features embeddings.npz -o dataset.h5
    """
    from seqcnn.cli_support.data import data_plan, inputs_of
    from seqcnn.config.option_keys import messages_in_keys
    from seqcnn.data.prepare import prepare_file

    with messages_in_keys(data.data_config is not None):
        inputs, plan = inputs_of(sequences, targets, data), data_plan(data)
        prepare_file(inputs, plan, output, config=data.data_config, overwrite=overwrite)
