"""The command line: one command a station; parse, call the station, say what was written.

Exit codes: 0 success, 2 bad input or usage, 3 environment, 1 a bug (with its traceback).
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqcnn.errors import SeqcnnError
from seqcnn.log import log_to_stderr
from seqcnn.options import File, data_options, device, genome, model_files, option, output, threads

if TYPE_CHECKING:
    from seqcnn.data.dataset import Dataset

logger = logging.getLogger("seqcnn")


class _Commands(click.Group):
    """Lists the commands in the order of the data, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which the commands are defined."""
        return list(self.commands)


def _prepare(sequences: Path, targets: Path | None, options: dict[str, Any]) -> Dataset:
    """Read a dataset as the data options say."""
    from seqcnn.config import data_plan
    from seqcnn.data.prepare import Inputs, prepare

    place = options.pop("genome")
    return prepare(Inputs(sequences, targets or sequences, place), data_plan(options.pop("config"), options))


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="seqcnn")
@click.option("-q", "--quiet", is_flag=True, help="Only warnings on stderr.")
def app(quiet: bool) -> None:
    """Predict what short DNA sequences do, from the sequence.

    \b
    seqcnn fit design.fa activity.tsv -o run/     train, score, report
    seqcnn predict new.fa -m run/cnn/seed1/model.safetensors -o new.tsv
    """
    log_to_stderr(quiet=quiet)


@app.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@output
@option("--encoder", default="cnn", help="cnn, mlp, rnn or transformer.")
@option("--model", "model_file", type=File, help="Model config (YAML) instead of --encoder.")
@option("--epochs", type=click.IntRange(1), help="Passes over the training data.")
@option("--seed", default=1, type=click.IntRange(0), help="Of weights and batches.")
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
    from seqcnn.config import model_config
    from seqcnn.fitting import fit_folder
    from seqcnn.model.train import Machine

    config = model_config(model_file, encoder, epochs)
    dataset = _prepare(sequences, targets, options)
    fit_folder(dataset, config, output, seed=seed, machine=Machine(device, threads=threads))


@app.command()
@output
@option("-n", "--number", default=6000, type=click.IntRange(1), help="Oligos.")
@option("--length", default=170, type=click.IntRange(1), help="Length of an oligo, bp.")
@option("--seed", default=1, type=click.IntRange(0), help="Gives another library.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def simulate(output: Path, number: int, length: int, seed: int, overwrite: bool) -> None:
    """Write a designed library of known truth: oligos.fa, targets.tsv, truth.tsv.

    \b
    seqcnn simulate -o simulated/ --seed 2
    """
    from seqcnn.data.simulate import simulate

    simulate(output, n=number, length=length, seed=seed, overwrite=overwrite)


@app.command()
@click.argument("name")
@output
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def fetch(name: str, output: Path, overwrite: bool) -> None:
    """Download the public dataset NAME and write sequences.fa and targets.tsv.

    $SEQCNN_DATA may name a folder with local copies of the files.

    \b
    seqcnn fetch plant_terminators -o data/plant_terminators
    """
    from seqcnn.data.fetch import fetch

    fetch(name, output, overwrite=overwrite)


@app.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
def check(sequences: Path, targets: Path | None, **options: Any) -> None:
    """Tell everything that `prepare` would find in SEQUENCES and TARGETS; write nothing.

    \b
    seqcnn check design.fa activity.tsv --target log2_activity
    """
    _prepare(sequences, targets, options)


@app.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@output
def prepare(sequences: Path, targets: Path | None, output: Path, **options: Any) -> None:
    """Join SEQUENCES and TARGETS by id, split them, and write a dataset (.h5).

    \b
    seqcnn prepare design.fa activity.tsv --target log2_activity -o dataset.h5
    """
    from seqcnn.data.output import refuse_output

    refuse_output(output, sequences, targets or sequences)
    _prepare(sequences, targets, options).save(output)


@app.command()
@click.argument("dataset", type=File)
def audit(dataset: Path) -> None:
    """Tell which test sequences of a DATASET have a relative in training, and how close it is.

    \b
    seqcnn audit dataset.h5
    """
    from seqcnn.data.audit import describe_leakage
    from seqcnn.data.dataset import load_dataset

    click.echo(describe_leakage(load_dataset(dataset)))


@app.command()
@click.argument("dataset", type=File)
@option("--model", "model_file", type=File, help="Model config (YAML).")
@option("--encoder", default="cnn", help="Encoder with default arguments, without --model.")
@option("--epochs", type=click.IntRange(1), help="Passes over the training data.")
@option("--seed", default=1, type=click.IntRange(0), help="Of weights and batches.")
@option("--teacher", "teachers", type=File, multiple=True, help="Bundle that teaches; repeatable.")
@option("--devices", default=1, type=click.IntRange(1), help="GPUs, or CPU processes.")
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
    """
    from seqcnn.config import model_config
    from seqcnn.data.dataset import load_dataset
    from seqcnn.data.output import refuse_output
    from seqcnn.model.train import Machine, train

    refuse_output(output, dataset, *teachers)
    config = model_config(model_file, encoder, epochs)
    train(load_dataset(dataset), config, output, seed=seed, machine=Machine(**where), teachers=teachers)


@app.command()
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


@app.command()
@click.argument("sequences", type=File)
@model_files
@option("-o", "--output", type=File, help="TSV to write.  [default: standard output]")
@genome
@threads
@device
def predict(sequences: Path, models: tuple[Path, ...], output: Path | None, **where: Any) -> None:
    """Predict SEQUENCES (FASTA, table, BED, a dataset, or - for standard input) as TSV.

    \b
    seqcnn predict new.fa -m model.safetensors -o new.tsv
    zcat new.fa.gz | seqcnn predict - -m seed1.safetensors -m seed2.safetensors | head
    """
    from seqcnn.model.predictions import predict_file

    predict_file(sequences, models, output, **where)


@app.command()
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


@app.command()
@click.argument("run", type=File)
@output
def report(run: Path, output: Path) -> None:
    """Write the report page of a RUN's folder: one self-contained HTML file.

    \b
    seqcnn report results/example -o report.html
    """
    from seqcnn.report.page import report

    report(run, output)


@app.command()
@click.argument("model", type=File)
def info(model: Path) -> None:
    """Print what a MODEL bundle is, was trained on, and scores.

    \b
    seqcnn info model.safetensors
    """
    from seqcnn.model.info import describe_bundle

    click.echo(describe_bundle(model))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        code = app.main(arguments, prog_name="seqcnn", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SeqcnnError as error:
        logger.error("%s", error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
