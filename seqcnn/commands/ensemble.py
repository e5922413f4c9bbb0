"""Join models of several seeds into one bundle."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, model, output, overwrite, threads
from seqcnn.cli_support.renamed import command


@command()
@click.argument("dataset", type=File)
@model(multiple=True, required=True)
@threads
@output
@overwrite
def ensemble(
    dataset: Path, models: tuple[Path, ...], threads: int | None, output: Path, overwrite: bool
) -> None:
    """Join models of several seeds into one bundle, calibrated on the validation rows of a DATASET.

    \b
    seqcnn ensemble dataset.h5 -m seed1.safetensors -m seed2.safetensors -o ensemble.safetensors
    """
    from seqcnn.data.dataset import load_dataset
    from seqcnn.model.ensemble import ensemble

    ensemble(load_dataset(dataset), models, output, threads=threads, overwrite=overwrite)
