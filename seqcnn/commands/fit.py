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
    from seqcnn.api import fit_folder, refuse_finished, refuse_untrainable
    from seqcnn.cli_support.data import read_dataset
    from seqcnn.config.recipes import named_config
    from seqcnn.model.train import Machine

    refuse_finished(output)
    settings = named_config(config, epochs=epochs)
    refuse_untrainable(settings)
    dataset = read_dataset(sequences, targets, data)
    fit_folder(dataset, settings, output, seed=seed, machine=Machine(device, threads=threads))
