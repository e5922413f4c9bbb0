"""Train on increasing fractions of the training rows."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, config, device, epochs, output, overwrite, seed, threads
from seqcnn.cli_support.renamed import command


@command(resumes=True)
@click.argument("dataset", type=File)
@config("cnn")
@epochs
@seed
@threads
@device
@output
@overwrite
def learning_curve(
    dataset: Path, config: str, epochs: int | None, seed: int, threads: int | None, device: str,
    output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Train on 1/16 to all of the training rows of a DATASET, to estimate the value of more data.

    \b
    seqcnn learning-curve run/dataset.h5 -o run/learning_curve.json
    """
    from seqcnn.config.recipes import named_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.learning_curve import learning_curve
    from seqcnn.model.training.trainer import Machine

    settings, machine = named_config(config, epochs=epochs), Machine(device, threads=threads)
    data = load_dataset(dataset)
    learning_curve(data, settings, output, seed=seed, machine=machine, overwrite=overwrite)
