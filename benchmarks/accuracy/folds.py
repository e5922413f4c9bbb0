"""Cross-validation of splicing recipes: five folds of clusters, each row tested once.

`python -m benchmarks.accuracy.folds [DATASET...]` runs what is missing in folds.tsv, adds each score to
ledger.tsv, and writes folds.md.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.ledger import add, refuse_uncommitted
from benchmarks.accuracy.trials import DATASETS, RECIPES, TABLE, Recipe, configuration, whole_dataset
from seqcnn.data.dataset import Dataset
from seqcnn.evaluation.cross_validate import cross_validate
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.model.train import Machine

RUNS = Path("benchmarks/runs/folds")
RESULTS = TABLE.with_name("folds.tsv")
PAGE = RESULTS.with_suffix(".md")
COLUMNS = ("dataset", "recipe", "n", "pearson", "low", "high", "cpu_minutes")

CROSS_VALIDATED = ("introns", "exons")

EARLIER = "ReLU, one orientation, max pooling"
NETWORKS = ("cnn", "rnn")
COMPARED = {name: Recipe(name) for name in ("ridge", "boosting")}
COMPARED |= {EARLIER: RECIPES[EARLIER]} | {name: Recipe(name) for name in NETWORKS}
"""Recipes; `EARLIER` was the default before the trials."""

MEAN_OF_NETWORKS = f"mean of {', '.join(NETWORKS)}"

HEADER = """# Splicing: five folds of clusters

Made by `python -m benchmarks.accuracy.folds`: Pearson r over all rows that a fold tests, with the 95 %
interval of a bootstrap over clusters; the difference on the same folds from the default before the trials of
recipes (trials.md), `{earlier}`; CPU minutes of the five trainings.  One seed.
`{mean}` averages their predictions of the same rows.  No configuration was chosen by
these scores.  Rows of one cluster of most sequences are in training in every fold, and are not tested.

| recipe | {datasets} |
|---|{columns}
"""


def finished() -> dict[tuple[str, str], list[str]]:
    """Return the scores of the table, by dataset and recipe."""
    if not RESULTS.is_file():
        return {}
    with RESULTS.open(newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
    return {(row[0], row[1]): row[2:] for row in rows}


def run(names: list[str]) -> None:
    """Run what is not in the table, and add a line for each; the models and predictions stay in `RUNS`."""
    if not RESULTS.is_file():
        RESULTS.write_text("\t".join(COLUMNS) + "\n")
    for name in names:
        if all((name, recipe) in finished() for recipe in (*COMPARED, MEAN_OF_NETWORKS)):
            continue
        dataset = whole_dataset(name)
        for recipe in COMPARED:
            _cross_validate(name, dataset, recipe)
        _average(name, dataset)


def _cross_validate(name: str, dataset: Dataset, recipe: str) -> None:
    """Cross-validate a recipe, and add its score."""
    output, config, begin = _folder(name, recipe), configuration(COMPARED[recipe]), time.process_time()
    if not (output / "metrics.json").is_file():
        metrics = cross_validate(dataset, config, output, machine=Machine("cpu", threads=1))
        minutes = f"{(time.process_time() - begin) / 60:.1f}"
        _add_score(name, recipe, metrics["scores"], config.model_dump_json(), minutes)


def _average(name: str, dataset: Dataset) -> None:
    """Score the mean of the out-of-fold predictions of the networks, and add the score."""
    files = [_folder(name, network) / "out_of_fold.tsv" for network in NETWORKS]
    tables = [pd.read_csv(file, sep="\t", dtype={"id": str}, index_col="id") for file in files]
    position = {sequence: row for row, sequence in enumerate(dataset.ids)}
    tested = dataset.take(np.array([position[sequence] for sequence in tables[0].index]))
    y_hat = np.mean([table.iloc[:, :1].to_numpy() for table in tables], axis=0, dtype=np.float32)
    metrics = evaluate(replace(tested, split=np.full(len(tested), "test")), y_hat)
    _add_score(name, MEAN_OF_NETWORKS, metrics["parts"]["test"], MEAN_OF_NETWORKS, "-")


def _folder(name: str, recipe: str) -> Path:
    """Return the folder of a cross-validated recipe."""
    return RUNS / name / re.sub(r"\W+", "_", recipe)


def _add_score(name: str, recipe: str, scores: dict[str, Any], configuration: str, minutes: str) -> None:
    """Add a score of one target to the table and to the ledger."""
    [(target, score)] = scores.items()
    r = score["pearson"]
    values = [str(score["n"]), *(f"{r[key]:.4f}" for key in ("value", "low", "high")), minutes]
    with RESULTS.open("a") as file:
        file.write("\t".join([name, recipe, *values]) + "\n")
    digest = hashlib.sha256(configuration.encode()).hexdigest()[:12]
    add([(Path(DATASETS[name][0]).stem, recipe, "cross_validation", digest, target, *values[:2])])


def write_page() -> None:
    """Write the table of scores."""
    done = finished()
    names = [name for name in CROSS_VALIDATED if (name, EARLIER) in done]
    rows = [
        f"| {recipe} | {' | '.join(_cell(done, name, recipe) for name in names)} |"
        for recipe in (*COMPARED, MEAN_OF_NETWORKS)
        if all((name, recipe) in done for name in names)
    ]
    heads = [f"{name}, {int(done[name, EARLIER][0]):,} rows tested" for name in names]
    page = HEADER.format(
        earlier=EARLIER, mean=MEAN_OF_NETWORKS, datasets=" | ".join(heads), columns="---|" * len(names)
    )
    PAGE.write_text(page + "\n".join(rows) + "\n")


def _cell(done: dict[tuple[str, str], list[str]], name: str, recipe: str) -> str:
    """Return a score with its interval, its difference from the earlier default, and CPU minutes."""
    _, r, low, high, minutes = done[name, recipe]
    difference = float(r) - float(done[name, EARLIER][1])
    return f"{float(r):.3f} ({float(low):.3f} to {float(high):.3f}), {difference:+.3f}, {minutes}"


if __name__ == "__main__":
    refuse_uncommitted()
    run(sys.argv[1:] or list(CROSS_VALIDATED))
    write_page()
