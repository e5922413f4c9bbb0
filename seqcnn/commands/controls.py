"""Score a model on shuffled measurements and shuffled sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File, device, option, output, threads


@click.command()
@click.argument("dataset", type=File)
@option("--model", "bundle", type=File, required=True, help="Model bundle.")
@threads
@device
@output
def controls(dataset: Path, bundle: Path, output: Path, **where: Any) -> None:
    """Score a MODEL where there is nothing to learn: shuffled measurements, shuffled sequences.

    \b
    seqcnn controls run/dataset.h5 --model run/cnn/seed1/model.safetensors -o run/controls.json
    """
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.controls import controls
    from seqcnn.io.atomic import refuse_output
    from seqcnn.model.training.trainer import Machine

    refuse_output(output, dataset, bundle)
    controls(load_dataset(dataset), bundle, output, machine=Machine(**where))
