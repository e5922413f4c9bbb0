"""Train one model on a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File, Whole, device, option, output, threads


@click.command()
@click.argument("dataset", type=File)
@option("--model", "model_file", type=File, help="Model config (YAML).")
@option("--encoder", default="cnn", help="Encoder with default arguments, without --model.")
@option("--epochs", type=Whole(1), help="Passes over the training data.")
@option("--seed", default=1, type=Whole(0), help="Of weights and batches.")
@option("--teacher", "teachers", type=File, multiple=True, help="Bundle that teaches; repeatable.")
@option("--devices", default=1, type=Whole(1), help="GPUs, or CPU processes.")
@option(
    "--memory",
    "megabytes",
    type=Whole(1),
    metavar="MB",
    help="Hold that much of the sequences; the rest stays on disk.  [default: all]",
)
@threads
@device
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard logs.")
@output
def train(
    dataset: Path,
    model_file: Path | None,
    encoder: str,
    epochs: int | None,
    seed: int,
    teachers: tuple[Path, ...],
    output: Path,
    **where: Any,
) -> None:
    """Train one model on a DATASET and write its bundle; a killed run goes on where it was.

    \b
    seqcnn train dataset.h5 --encoder cnn -o model.safetensors
    seqcnn train huge.h5 --model configs/models/cnn.yaml --memory 500 -o model.safetensors
    """
    from seqcnn.cli_support.plans import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.io.atomic import refuse_output
    from seqcnn.model.train import Machine, train

    refuse_output(output, dataset, *teachers)
    config = model_config(model_file, encoder, epochs)
    machine = Machine(**where)
    data = load_dataset(dataset, megabytes=machine.megabytes)
    train(data, config, output, seed=seed, machine=machine, teachers=teachers)
