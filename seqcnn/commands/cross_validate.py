"""Predict every row by a model that did not see its cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File, Whole, device, option, output, threads


@click.command()
@click.argument("dataset", type=File)
@option("--model", "model_file", type=File, help="Model config (YAML), of a network or a baseline.")
@option("--encoder", default="cnn", help="Encoder with default arguments, without --model.")
@option("--epochs", type=Whole(1), help="Passes over the training data.")
@option("--folds", default=5, type=Whole(3, 100), help="Parts that test in turn.")
@option("--seed", default=1, type=Whole(0), help="Of folds, weights and batches.")
@threads
@device
@output
def cross_validate(
    dataset: Path, model_file: Path | None, encoder: str, epochs: int | None, folds: int, seed: int,
    output: Path, **where: Any,
) -> None:  # fmt: skip
    """Predict every row of a DATASET by a model that did not see its cluster, into a folder.

    Writes out_of_fold.tsv, metrics.json and, of networks, the models of all folds as one bundle.

    \b
    seqcnn cross-validate run/dataset.h5 --encoder cnn -o run/cross_validation/cnn
    """
    from seqcnn.cli_support.plans import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.cross_validate import cross_validate
    from seqcnn.model.training.trainer import Machine

    config = model_config(model_file, encoder, epochs)
    cross_validate(load_dataset(dataset), config, output, folds=folds, seed=seed, machine=Machine(**where))
