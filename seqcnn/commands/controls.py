"""Score a model on shuffled measurements and shuffled sequences."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, device, model, output, overwrite, threads
from seqcnn.cli_support.renamed import command


@command()
@click.argument("dataset", type=File)
@model()
@threads
@device
@output
@overwrite
def controls(
    dataset: Path, model: Path | None, threads: int | None, device: str, output: Path, overwrite: bool
) -> None:
    """Score negative controls of a model: shuffled measurements, shuffled sequences.

    \b
    seqcnn controls run/dataset.h5 -m run/cnn/seed1/model.safetensors -o run/controls.json
    """
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.controls import controls
    from seqcnn.model.default_model import default_model
    from seqcnn.model.training.trainer import Machine

    bundle = model or default_model(network=True)
    machine = Machine(device, threads=threads)
    controls(load_dataset(dataset), bundle, output, machine=machine, overwrite=overwrite)
