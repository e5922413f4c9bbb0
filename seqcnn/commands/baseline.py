"""Fit a model without deep learning."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, option, output, threads


@click.command()
@click.argument("dataset", type=File)
@option("--model", "model_file", type=File, required=True, help="Model config (YAML) that names a baseline.")
@threads
@output
def baseline(dataset: Path, model_file: Path, threads: int | None, output: Path) -> None:
    """Fit a comparator without deep learning on a DATASET and write its predictions.

    \b
    seqcnn baseline dataset.h5 --model configs/models/ridge.yaml -o predictions.tsv
    """
    from seqcnn.config.pipeline import load_model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.model.baseline import fit_baseline

    fit_baseline(load_dataset(dataset), load_model_config(model_file), output, threads=threads)
