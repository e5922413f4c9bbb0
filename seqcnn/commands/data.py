"""Commands that make and look at data."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqcnn.options import File, Whole, data_options, option, output

if TYPE_CHECKING:
    from seqcnn.data.dataset import Dataset

logger = logging.getLogger(__name__)


def read_dataset(sequences: Path, targets: Path | None, options: dict[str, Any]) -> Dataset:
    """Read a dataset as the data options say."""
    from seqcnn.commands.plans import data_plan
    from seqcnn.data.prepare import Inputs, prepare

    place = options.pop("genome")
    return prepare(Inputs(sequences, targets or sequences, place), data_plan(options.pop("config"), options))


@click.command()
@output
@option("-n", "--number", default=6000, type=Whole(1), help="Oligos.")
@option("--length", default=170, type=Whole(1), help="Length of an oligo, bp.")
@option("--seed", default=1, type=Whole(0), help="Gives another library.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def simulate(output: Path, number: int, length: int, seed: int, overwrite: bool) -> None:
    """Write a designed library of known truth: oligos.fa, targets.tsv, truth.tsv.

    \b
    seqcnn simulate -o simulated/ --seed 2
    """
    from seqcnn.data.simulate import simulate

    simulate(output, n=number, length=length, seed=seed, overwrite=overwrite)


@click.command()
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


@click.command()
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
def check(sequences: Path, targets: Path | None, **options: Any) -> None:
    """Tell everything that `prepare` would find in SEQUENCES and TARGETS; write nothing.

    \b
    seqcnn check design.fa activity.tsv --target log2_activity
    seqcnn check design.tsv.gz reporter_experiment.oligo.tsv.gz
    """
    notes = len(read_dataset(sequences, targets, options).provenance["notes"])
    warned = f", {notes} warnings above" if notes else ""
    logger.info("no fault found%s; nothing was written", warned)


@click.command()
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
    read_dataset(sequences, targets, options).save(output)


@click.command()
@click.argument("dataset", type=File)
def audit(dataset: Path) -> None:
    """Tell which test sequences of a DATASET have a relative in training, and how close it is.

    \b
    seqcnn audit dataset.h5
    """
    from seqcnn.data.audit import describe_leakage
    from seqcnn.data.dataset import load_dataset

    click.echo(describe_leakage(load_dataset(dataset)))
