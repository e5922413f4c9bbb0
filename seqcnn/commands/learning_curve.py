"""Train on growing parts of the training rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File, Whole, device, option, output, threads


@click.command()
@click.argument("dataset", type=File)
@option("--model", "model_file", type=File, help="Model config (YAML).")
@option("--encoder", default="cnn", help="Encoder with default arguments, without --model.")
@option("--epochs", type=Whole(1), help="Passes over all training data.")
@option("--seed", default=1, type=Whole(0), help="Of weights, batches and parts.")
@threads
@device
@output
def learning_curve(
    dataset: Path, model_file: Path | None, encoder: str, epochs: int | None, seed: int, output: Path,
    **where: Any,
) -> None:  # fmt: skip
    """Train on 1/16 to all of a DATASET's training rows, to tell whether more data would help.

    \b
    seqcnn learning-curve run/dataset.h5 -o run/learning_curve.json
    """
    from seqcnn.cli_support.plans import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.learning_curve import learning_curve
    from seqcnn.io.atomic import refuse_output
    from seqcnn.model.training.trainer import Machine

    refuse_output(output, dataset)
    config = model_config(model_file, encoder, epochs)
    learning_curve(load_dataset(dataset), config, output, seed=seed, machine=Machine(**where))
