"""Train one model on a dataset."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.launchers import leave_to_first_task, refuse_other_tasks
from seqcnn.cli_support.options import (
    File,
    Whole,
    config,
    device,
    epochs,
    option,
    output,
    overwrite,
    seed,
    strand,
    threads,
)
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.transfer import freeze, from_dataset, from_model, pretrained_of


@command(resumes=True)
@click.argument("dataset", type=File)
@config(None, "cnn, or that of the bundle of --from")
@from_model
@freeze
@from_dataset
@epochs
@strand
@seed
@option("--teacher", "teachers", type=File, multiple=True, help="Bundle to distil from; repeatable.")
@option("--devices", default=1, type=Whole(1), help="Number of GPUs, or of CPU processes, per node.")
@option("--nodes", default=1, type=Whole(1), help="Number of nodes; `srun` starts a task per device.")
@option(
    "--memory", metavar="SIZE",
    help="Memory for sequences, such as 8GB or 500MB; the rest stays on disk.  [default: unlimited]",
)  # fmt: skip
@threads
@device
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard logs.")
@output
@overwrite
def train(
    dataset: Path, config: str | None, from_model: Path | None, freeze: str | None, from_dataset: Path | None,
    epochs: int | None, strand: str | None, seed: int, teachers: tuple[Path, ...], devices: int, nodes: int,
    memory: str | None, threads: int | None, device: str, tensorboard: bool, output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Train one model on a DATASET and write its bundle; an interrupted run resumes.

    Another --threads gives other weights, as another --seed does.

    \b
    seqcnn train dataset.h5 --config cnn -o model.safetensors
    seqcnn train huge.h5 --config my_cnn.yaml --memory 500MB -o model.safetensors
    srun --nodes 2 --ntasks-per-node 4 seqcnn train huge.h5 --nodes 2 --devices 4 -o model.safetensors
    seqcnn train small.h5 --from library.safetensors --freeze stem -o small.safetensors
    """
    if nodes > 1:
        refuse_other_tasks(nodes, devices)
    else:
        leave_to_first_task()
    from seqcnn.config.recipes import named_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.memory import parse_size
    from seqcnn.model.train import Machine, refuse_existing, train

    if pretrained := pretrained_of(from_model, freeze, from_dataset):
        from seqcnn.model.transfer.transfer_config import transfer_config

        settings = transfer_config(pretrained, config, epochs=epochs, strand=strand)
    else:
        settings = named_config(config or "cnn", epochs=epochs, strand=strand)
    megabytes = None if memory is None else parse_size(memory) / 1e6
    machine = Machine(device, devices, threads, megabytes, tensorboard, nodes)
    data = load_dataset(dataset, megabytes=megabytes)
    if not overwrite:
        refuse_existing(data, settings, output, seed=seed, machine=machine, teachers=teachers)
    train(data, settings, output, seed=seed, machine=machine, teachers=teachers)
