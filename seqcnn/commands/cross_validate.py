"""Cross-validate a model, fold by fold of similar sequences."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import (
    File,
    Whole,
    config,
    device,
    epochs,
    option,
    output_folder,
    overwrite,
    seed,
    threads,
)
from seqcnn.cli_support.renamed import command


@command(resumes=True)
@click.argument("dataset", type=File)
@config("cnn")
@epochs
@option("--folds", default=5, type=Whole(3, 100), help="Number of cross-validation folds.")
@seed
@threads
@device
@output_folder
@overwrite
def cross_validate(
    dataset: Path, config: str, epochs: int | None, folds: int, seed: int, threads: int | None,
    device: str, output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Predict the rows of a DATASET with models trained without similar rows.

    Writes out_of_fold.tsv, metrics.json and, of networks, the models of all folds as one bundle.  Rows of a
    cluster of most sequences, or that mix parts of several folds, are not predicted; their number is stated.

    \b
    seqcnn cross-validate run/dataset.h5 --config cnn -o run/cross_validation/cnn
    """
    from seqcnn.config.recipes import named_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.cross_validate import cross_validate
    from seqcnn.model.training.trainer import Machine

    settings, machine = named_config(config, epochs=epochs), Machine(device, threads=threads)
    cross_validate(
        load_dataset(dataset), settings, output, folds=folds, seed=seed, machine=machine, overwrite=overwrite
    )
