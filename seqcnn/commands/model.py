"""Commands that train models and use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.options import File, Finite, Whole, device, engine, genome, model_files, option, output, threads


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
    from seqcnn.commands.plans import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.data.output import refuse_output
    from seqcnn.model.train import Machine, train

    refuse_output(output, dataset, *teachers)
    config = model_config(model_file, encoder, epochs)
    machine = Machine(**where)
    data = load_dataset(dataset, megabytes=machine.megabytes)
    train(data, config, output, seed=seed, machine=machine, teachers=teachers)


@click.command()
@click.argument("dataset", type=File)
@option("--model", "model_file", type=File, required=True, help="Model config (YAML) that names a baseline.")
@threads
@output
def baseline(dataset: Path, model_file: Path, threads: int | None, output: Path) -> None:
    """Fit a comparator without deep learning on a DATASET and write its predictions.

    \b
    seqcnn baseline dataset.h5 --model configs/models/ridge.yaml -o predictions.tsv
    """
    from seqcnn.config import load_model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.model.baselines import fit_baseline

    fit_baseline(load_dataset(dataset), load_model_config(model_file), output, threads=threads)


@click.command()
@click.argument("dataset", type=File)
@option("-m", "--model", "models", type=File, multiple=True, required=True, help="Bundle; repeatable.")
@output
def ensemble(dataset: Path, models: tuple[Path, ...], output: Path) -> None:
    """Join models of several seeds into one bundle, calibrated together on a DATASET.

    \b
    seqcnn ensemble dataset.h5 -m seed1.safetensors -m seed2.safetensors -o ensemble.safetensors
    """
    from seqcnn.data.dataset import load_dataset
    from seqcnn.data.output import refuse_output
    from seqcnn.model.ensemble import ensemble

    refuse_output(output, dataset, *models)
    ensemble(load_dataset(dataset), models, output)


@click.command()
@click.argument("sequences", type=File)
@model_files
@option("-o", "--output", type=File, help="TSV to write.  [default: standard output]")
@option(
    "--interval",
    type=Finite(0, 1, min_open=True, max_open=True),
    help="Also write prediction intervals of this level, such as 0.9.",
)
@engine
@click.option("--spreadsheet-safe", "safe", is_flag=True, help="A ' before names that look like formulas.")
@genome
@threads
@device
def predict(sequences: Path, models: tuple[Path, ...], output: Path | None, **where: Any) -> None:
    """Predict SEQUENCES (FASTA, table, BED, a dataset, or - for standard input) as TSV.

    \b
    seqcnn predict new.fa -m model.safetensors -o new.tsv
    seqcnn predict new.fa -m model.safetensors --interval 0.9
    zcat new.fa.gz | seqcnn predict - -m seed1.safetensors -m seed2.safetensors | head

    Also takes the .onnx file of `seqcnn export` as a model.
    """
    from seqcnn.model.predictions import predict_file

    predict_file(sequences, models, output, **where)


@click.command()
@click.argument("model", type=File)
@option("--int8", "calibrate", type=File, metavar="SEQUENCES", help="8-bit numbers, with ranges of these.")
@output
def export(model: Path, calibrate: Path | None, output: Path) -> None:
    """Write a MODEL bundle as ONNX, which runs without torch; faster on a CPU with --int8.

    Predictions of the export are compared with the bundle's: it is refused if they differ, and with
    --int8 if r is below 0.999 for sequences of that file which were not used for the ranges.

    \b
    seqcnn export model.safetensors -o model.onnx
    seqcnn export model.safetensors --int8 library.fa -o fast.onnx
    seqcnn predict new.fa -m fast.onnx -o new.tsv
    """
    from seqcnn.model.export import export

    r = export(model, output, calibrate=calibrate)
    click.echo(f"{output}: r with the predictions of the bundle {r:.6f}", err=True)


@click.command()
@click.argument("model", type=File)
def info(model: Path) -> None:
    """Print what a MODEL bundle is, was trained on, and scores.

    \b
    seqcnn info model.safetensors
    """
    from seqcnn.model.info import describe_bundle

    click.echo(describe_bundle(model))
