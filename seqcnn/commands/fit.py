"""Train on sequences and measurements, and write a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File, Whole, data_options, device, option, output, threads


@click.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@output
@option("--encoder", default="cnn", help="cnn, mlp, rnn or transformer.")
@option("--model", "model_file", type=File, help="Model config (YAML) instead of --encoder.")
@option("--epochs", type=Whole(1), help="Passes over the training data.")
@option("--seed", default=1, type=Whole(0), help="Of weights and batches.")
@threads
@device
def fit(
    sequences: Path, targets: Path | None, output: Path, encoder: str, model_file: Path | None,
    epochs: int | None, seed: int, threads: int | None, device: str, **options: Any,
) -> None:  # fmt: skip
    """Train on SEQUENCES (FASTA, table or BED) and TARGETS (table) and write a report.

    \b
    seqcnn fit design.fa activity.tsv -o run/
    seqcnn fit library.tsv --target log2_activity --group gene -o run/
    """
    from seqcnn.api import fit_folder, refuse_finished, refuse_untrainable
    from seqcnn.cli_support.data import read_dataset
    from seqcnn.cli_support.plans import model_config
    from seqcnn.model.train import Machine

    refuse_finished(output)
    config = model_config(model_file, encoder, epochs)
    refuse_untrainable(config)
    dataset = read_dataset(sequences, targets, options)
    fit_folder(dataset, config, output, seed=seed, machine=Machine(device, threads=threads))
