"""Score predictions of a dataset's rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import prediction_options
from seqcnn.cli_support.options import File, output, overwrite
from seqcnn.cli_support.renamed import command

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat


@command()
@click.argument("dataset", type=File)
@click.argument("predictions", type=File)
@output
@overwrite
@prediction_options
def evaluate(dataset: Path, predictions: Path, output: Path, overwrite: bool, form: SequenceFormat) -> None:
    """Score PREDICTIONS of the rows of a DATASET, by seqcnn or others, and write metrics.json.

    \b
    seqcnn evaluate dataset.h5 predictions.tsv -o metrics.json
    """
    from seqcnn.data.dataset import IN_MEMORY_MB, load_dataset
    from seqcnn.evaluation.evaluate import evaluate_file

    data = load_dataset(dataset, megabytes=IN_MEMORY_MB)
    evaluate_file(data, predictions, output, form=form, overwrite=overwrite)
