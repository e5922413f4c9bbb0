"""Score predictions of a dataset's rows."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, output
from seqcnn.cli_support.renamed import command


@command()
@click.argument("dataset", type=File)
@click.argument("predictions", type=File)
@output
def evaluate(dataset: Path, predictions: Path, output: Path) -> None:
    """Score PREDICTIONS of the rows of a DATASET and write metrics.json.

    \b
    seqcnn evaluate dataset.h5 predictions.tsv -o metrics.json
    """
    from seqcnn.data.dataset import load_dataset
    from seqcnn.evaluation.evaluate import evaluate
    from seqcnn.io.atomic import refuse_output
    from seqcnn.io.json_file import write_json
    from seqcnn.model.inference.prediction_table import PredictionTable

    refuse_output(output, dataset, predictions)
    data = load_dataset(dataset)
    write_json(output, evaluate(data, PredictionTable.read(predictions, data.ids, data.target_names).mean))
