"""Commands that score and show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.commands.data import read_dataset
from seqcnn.options import File, Whole, data_options, device, option, output, threads


@click.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@output
@option("--encoder", default="cnn", help="cnn, mlp, rnn or transformer.")
@option("--model", "model_file", type=File, help="Model config (YAML) instead of --encoder.")
@option("--epochs", type=Whole(1), help="Passes over the training data.")
@option("--seed", default=1, type=Whole(0), help="Of weights and batches.")
@threads
@device
def fit(
    sequences: Path, targets: Path | None, output: Path, encoder: str, model_file: Path | None,
    epochs: int | None, seed: int, threads: int | None, device: str, **options: Any,
) -> None:  # fmt: skip
    """Train on SEQUENCES (FASTA, table or BED) and TARGETS (table) and write a report.

    \b
    seqcnn fit design.fa activity.tsv -o run/
    seqcnn fit library.tsv --target log2_activity --group gene -o run/
    """
    from seqcnn.commands.plans import model_config
    from seqcnn.fitting import fit_folder, refuse_finished, refuse_untrainable
    from seqcnn.model.train import Machine

    refuse_finished(output)
    config = model_config(model_file, encoder, epochs)
    refuse_untrainable(config)
    dataset = read_dataset(sequences, targets, options)
    fit_folder(dataset, config, output, seed=seed, machine=Machine(device, threads=threads))


@click.command()
@click.argument("dataset", type=File)
@click.argument("predictions", type=File)
@output
def evaluate(dataset: Path, predictions: Path, output: Path) -> None:
    """Score PREDICTIONS of a DATASET's rows; write metrics as JSON.

    \b
    seqcnn evaluate dataset.h5 predictions.tsv -o metrics.json
    """
    from seqcnn.data.dataset import load_dataset
    from seqcnn.data.output import refuse_output
    from seqcnn.model.table import read_predictions
    from seqcnn.report.evaluate import evaluate, write_metrics

    refuse_output(output, dataset, predictions)
    data = load_dataset(dataset)
    write_metrics(output, evaluate(data, read_predictions(predictions, data.ids, data.target_names)))


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
    from seqcnn.commands.plans import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.data.output import refuse_output
    from seqcnn.model.trainer import Machine
    from seqcnn.report.learning import learning_curve

    refuse_output(output, dataset)
    config = model_config(model_file, encoder, epochs)
    learning_curve(load_dataset(dataset), config, output, seed=seed, machine=Machine(**where))


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
    from seqcnn.data.output import refuse_output
    from seqcnn.model.trainer import Machine
    from seqcnn.report.controls import controls

    refuse_output(output, dataset, bundle)
    controls(load_dataset(dataset), bundle, output, machine=Machine(**where))


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
    from seqcnn.commands.plans import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.model.trainer import Machine
    from seqcnn.report.cross_validation import cross_validate

    config = model_config(model_file, encoder, epochs)
    cross_validate(load_dataset(dataset), config, output, folds=folds, seed=seed, machine=Machine(**where))


@click.command()
@click.argument("run", type=File)
@output
@option("--probed", help="Model that the folder RUN/probe is about, such as cnn/ensemble.")
def report(run: Path, output: Path, probed: str | None) -> None:
    """Write the report page of a RUN's folder: one self-contained HTML file.

    \b
    seqcnn report results/example -o report.html
    """
    from seqcnn.report.page import report

    report(run, output, probed=probed)
