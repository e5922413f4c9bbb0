"""Train on sequences and measurements, and write a report."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.data import DataOptions, data_options
from seqcnn.cli_support.options import File, config, device, epochs, output, seed, threads
from seqcnn.cli_support.renamed import command


@command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@output
@config("cnn")
@epochs
@seed
@threads
@device
def fit(
    sequences: Path, targets: Path | None, data: DataOptions, output: Path, config: str,
    epochs: int | None, seed: int, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Train on SEQUENCES (FASTA, table or BED) and TARGETS (table) and write a report.

    \b
    seqcnn fit design.fa activity.tsv -o run/
    seqcnn fit library.tsv --target log2_activity --group gene -o run/
    """
    from seqcnn.api.training import fit_files
    from seqcnn.cli_support.data import data_plan, inputs_of
    from seqcnn.config.recipes import named_config
    from seqcnn.model.train import Machine

    settings, machine = named_config(config, epochs=epochs), Machine(device, threads=threads)
    inputs = inputs_of(sequences, targets, data)
    fit_files(inputs, data_plan(data), settings, output, seed=seed, machine=machine)
