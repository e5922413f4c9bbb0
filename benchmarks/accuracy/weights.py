"""Weights in the loss from counts or replicates, scored on validation rows.

`python -m benchmarks.accuracy.weights [DATASET...]` runs what is missing in weights.tsv, and writes
weights.md.  Test rows are removed before anything is trained.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from dataclasses import replace
from itertools import product

import numpy as np

from benchmarks.accuracy.trials import (
    DATASETS,
    SEEDS,
    TABLE,
    Recipe,
    development_rows,
    sampled,
    train_recipe,
    validation_score,
)
from seqcnn.data.assay.weights import WeightBy
from seqcnn.data.dataset import Dataset

RESULTS = TABLE.with_name("weights.tsv")
PAGE = RESULTS.with_suffix(".md")
COLUMNS = ("dataset", "training_rows", "model", "weight_by", "seed", "pearson")

WEIGHTED: dict[str, WeightBy] = {"yeast": "counts", "exons": "replicates"}
MODELS = ("cnn", "ridge")

HEADER = """# Weights of the measurements

Made by `python -m benchmarks.accuracy.weights`: Pearson r on validation rows (mean of targets and seeds,
± SD of 3 seeds), with all training rows of equal weight, and with `weight_by`: `counts` (reads of yeast rows
before growth, column `t0`) or `replicates`.  Validation rows of yeast are those with more than 100 reads,
whose measurement is precise enough for a comparison; of the others they are all.  Test rows took no part.

| dataset, training rows | model | weight_by: none | with weights |
|---|---|---|---|
"""


def rows_of(name: str, by: WeightBy) -> Dataset:
    """Return training and validation rows with weights; of yeast, only precise validation rows."""
    dataset = sampled(development_rows(name, by), DATASETS[name][1][0])
    if "reads" not in dataset.category_names:
        return dataset
    reads = dataset.categories[:, dataset.category_names.index("reads")]
    return dataset.take(np.flatnonzero((dataset.split != "val") | (reads == "t0_over_100")))


def finished() -> dict[tuple[str, ...], float]:
    """Return the rows of the table."""
    if not RESULTS.is_file():
        return {}
    with RESULTS.open(newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
    return {tuple(row[:-1]): float(row[-1]) for row in rows}


def run(names: list[str]) -> None:
    """Run what is not in the table, and add a line for each."""
    if not RESULTS.is_file():
        RESULTS.write_text("\t".join(COLUMNS) + "\n")
    for name in names:
        whole = rows_of(name, WEIGHTED[name])
        equal = replace(whole, weights=np.ones_like(whole.weights))
        count = str(len(whole.part("train")))
        for model, (by, dataset) in product(MODELS, {"none": equal, WEIGHTED[name]: whole}.items()):
            for seed in SEEDS[:1] if model == "ridge" else SEEDS:
                if (key := (name, count, model, by, str(seed))) not in finished():
                    r = validation_score(dataset, train_recipe(dataset, Recipe(model), seed))
                    with RESULTS.open("a") as file:
                        file.write("\t".join([*key, f"{r:.4f}"]) + "\n")


def write_page() -> None:
    """Write the table of scores."""
    scores: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for (name, count, model, by, _), r in finished().items():
        scores[name, count, model, "none" if by == "none" else "weights"].append(r)
    lines = [
        f"| {name}, {int(count):,} | {model} | "
        f"{_cell(scores[name, count, model, 'none'])} | {_cell(scores[name, count, model, 'weights'])} |"
        for name, count, model in dict.fromkeys(key[:3] for key in scores)
    ]
    PAGE.write_text(HEADER + "\n".join(lines) + "\n")


def _cell(r: list[float]) -> str:
    """Return mean and SD of some scores."""
    return f"{np.mean(r):.3f}" + (f" ± {np.std(r, ddof=1):.3f}" if len(r) > 1 else "")


if __name__ == "__main__":
    run(sys.argv[1:] or list(WEIGHTED))
    write_page()
