"""Fit a baseline without deep learning."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, config, output, overwrite, threads
from seqcnn.cli_support.renamed import command


@command()
@click.argument("dataset", type=File)
@config("ridge")
@threads
@output
@overwrite
def baseline(dataset: Path, config: str, threads: int | None, output: Path, overwrite: bool) -> None:
    """Fit a baseline on the training rows of a DATASET and write its bundle, or its predictions of all rows.

    \b
    seqcnn baseline dataset.h5 --config ridge -o ridge.safetensors
    seqcnn baseline dataset.h5 --config gc -o predictions.tsv
    """
    from seqcnn.config.recipes import named_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.model.baseline import fit_baseline

    fit_baseline(load_dataset(dataset), named_config(config), output, threads=threads, overwrite=overwrite)
