"""Search for the model configuration with the best validation score."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import (
    File,
    Hours,
    Whole,
    device,
    epochs,
    option,
    output_folder,
    seed,
    threads,
)
from seqcnn.cli_support.renamed import command


@command(resumes=True)
@click.argument("dataset", type=File)
@option(
    "--configs", metavar="NAMES",
    help="Configurations that the search starts from, comma-separated.  [default: all networks]",
)  # fmt: skip
@option("--hours", type=Hours, default=1.0, help="Time limit, in hours.")
@option("--trials", type=Whole(1), help="Maximum number of configurations.  [default: no limit]")
@epochs
@seed
@threads
@device
@output_folder
def tune(
    dataset: Path, configs: str | None, hours: float, trials: int | None, epochs: int | None, seed: int,
    threads: int | None, device: str, output: Path,
) -> None:  # fmt: skip
    """Search for the network, its sizes and its training that predict the validation rows of a DATASET best.

    Writes tuned.yaml, which --configs of `fit` takes, and the table trials.tsv into a folder.  Test rows are
    not used.  The same command resumes a search; several processes that are given the same folder share one.

    \b
    seqcnn tune run/dataset.h5 --hours 2 -o tuning/
    seqcnn tune run/dataset.h5 --configs cnn,rnn --trials 50 -o tuning/
    """
    from seqcnn.cli_support.fit import config_names
    from seqcnn.config.fit_plan import search_starts
    from seqcnn.data.dataset import load_dataset
    from seqcnn.model.training.trainer import Machine
    from seqcnn.model.tune import tune

    starts = search_starts(config_names(configs), {} if epochs is None else {"epochs": epochs})
    tune(
        load_dataset(dataset), output, configs=starts, hours=hours, trials=trials, seed=seed,
        machine=Machine(device, threads=threads),
    )  # fmt: skip
