"""Trials of recipes for the default CNN, scored on validation rows of all public datasets and the example.

`python -m benchmarks.accuracy.trials [DATASET...]` runs what is missing in trials.tsv and writes trials.md.
Test rows are removed from the dataset before anything is trained, so that no recipe is chosen by them.  Each
dataset is split by clusters of similar sequences, with the test part of `split: auto`.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.config.pipeline import load_pipeline
from seqcnn.config.recipes import named_config
from seqcnn.data.assay.plan import Inputs
from seqcnn.data.assay.weights import WeightBy
from seqcnn.data.dataset import Dataset
from seqcnn.data.fetch import fetch
from seqcnn.data.prepare import prepare
from seqcnn.data.split.splits import SplitPlan
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.train import Machine, train

TABLE = Path("benchmarks/accuracy/trials.tsv")
PAGE = TABLE.with_suffix(".md")
COLUMNS = ("dataset", "training_rows", "recipe", "seed", "pearson", "cpu_minutes")

SEEDS = (1, 2, 3)

DATASETS = {
    "example": ("configs/pipeline.yaml", (None, 1000)),
    "introns": ("configs/human_splicing_introns_auto.yaml", (None, 1350)),
    "exons": ("configs/human_splicing_exons_auto.yaml", (None, 1350)),
    "yeast": ("configs/yeast_5utr_auto.yaml", (None, 1350)),
    "terminators": ("configs/plant_terminators_auto.yaml", (10_000, 1350)),
    "all terminators": ("configs/plant_terminators_auto.yaml", (None, None)),
}
"""Name -> configuration, and numbers of training rows that are sampled by cluster (None: all)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Changes of a shipped configuration."""

    config: str = "cnn"
    args: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


BOTH = {"activation": "exponential", "rc_tied_filters": True, "pooling": "max"}
MEAN = BOTH | {"pooling": "mean"}
WIDE = {
    "activation": "relu", "rc_tied_filters": False, "pooling": "max", "filters": (256, 128),
    "pool_sizes": (3, 3), "hidden": 256, "filter_dropout": 0.0,
}  # fmt: skip
NOISY = {"epochs": 16, "batch_size": 128, "lr": 0.003, "mutation_rate": 0.03, "precision": "bf16"}

WIDER = MEAN | {"filters": (128, 128), "hidden": 128}
SLOW = {"batch_size": 128, "lr": 0.004}
LARGE = Recipe(args=WIDER | {"filter_dropout": 0.0, "dropout": 0.2}, training=SLOW | {"weight_decay": 0.01})

RECIPES = {
    "ReLU, one orientation, max pooling": Recipe(
        args={"activation": "relu", "rc_tied_filters": False, "pooling": "max"}
    ),
    "ridge": Recipe("ridge"),
    "exponential, rc tied, mean pooling": Recipe(args=MEAN),
    "exponential, rc tied": Recipe(args=BOTH),
    "cnn_motifs": Recipe("cnn_motifs"),
    "exponential, mean pooling": Recipe(args=MEAN | {"rc_tied_filters": False}),
    "rc tied, mean pooling": Recipe(args=MEAN | {"activation": "relu"}),
    "exponential, rc tied, mean pooling, no filter dropout": Recipe(args=MEAN | {"filter_dropout": 0.0}),
    "exponential, rc tied, mean pooling, width 15": Recipe(args=MEAN | {"kernel_sizes": (15, 9)}),
    "exponential, rc tied, mean pooling, mutations": Recipe(args=MEAN, training={"mutation_rate": 0.05}),
    "exponential": Recipe(args=BOTH | {"rc_tied_filters": False}),
    "rnn": Recipe("rnn"),
    "dream_rnn_small": Recipe("dream_rnn_small"),
    "exponential, rc tied, mean pooling, learning rate 0.003": Recipe(args=MEAN, training={"lr": 0.003}),
    "exponential, rc tied, mean pooling, learning rate 0.03": Recipe(args=MEAN, training={"lr": 0.03}),
    "128 filters": Recipe(args=WIDER),
    "128 filters, dropout 0.3, lower learning rate": Recipe(
        args=WIDER | {"filter_dropout": 0.1, "dropout": 0.3}, training=SLOW
    ),
    "128 filters, dropout 0.2, lower learning rate": LARGE,
    "cnn_wide (retired)": Recipe(args=WIDE, training=NOISY),
}


LONG = ("exponential, rc tied, mean pooling", *(name for name in RECIPES if name.startswith("128 filters")))
"""Recipes that are tried on `all terminators`, with one seed."""


def configuration(recipe: Recipe) -> ModelConfig:
    """Return the model configuration of a recipe."""
    config = named_config(recipe.config)
    plan = TrainingPlan.model_validate(config.training.model_dump() | recipe.training)
    return config.model_copy(update={"args": config.args | recipe.args, "training": plan, "large": None})


def development_rows(name: str, weight_by: WeightBy = "none") -> Dataset:
    """Return training and validation rows of a dataset, split by clusters; by default of equal weight."""
    dataset = whole_dataset(name, weight_by)
    return dataset.take(np.flatnonzero(dataset.split != "test"))


def whole_dataset(name: str, weight_by: WeightBy = "none") -> Dataset:
    """Return all rows of a dataset, split by clusters; by default of equal weight."""
    pipeline = load_pipeline(Path(DATASETS[name][0]))
    if pipeline.fetch and not pipeline.sequences.is_file():
        fetch(pipeline.fetch, pipeline.sequences.parent)
    weight = pipeline.data.weight if weight_by == "counts" else None
    plan = replace(pipeline.data, split=SplitPlan("auto"), weight=weight, weight_by=weight_by)
    return prepare(Inputs(pipeline.sequences, pipeline.targets, pipeline.genome), plan)


def sampled(dataset: Dataset, rows: int | None) -> Dataset:
    """Return the dataset with about `rows` training rows, whole clusters; validation rows stay."""
    train_rows = dataset.part("train")
    if rows is None or len(train_rows) <= rows:
        return dataset
    clusters = np.random.default_rng(1).permutation(np.unique(dataset.groups[train_rows]))
    sizes = dict(zip(*np.unique(dataset.groups[train_rows], return_counts=True), strict=True))
    count = int(np.searchsorted(np.cumsum([sizes[cluster] for cluster in clusters]), rows)) + 1
    kept = np.isin(dataset.groups, clusters[:count]) | (dataset.split != "train")
    return dataset.take(np.flatnonzero(kept))


def score(dataset: Dataset, recipe: Recipe, seed: int) -> tuple[float, float]:
    """Train one model; return the mean over targets of Pearson's r on validation rows, and CPU minutes."""
    begin = time.process_time()
    model = train_recipe(dataset, recipe, seed)
    return validation_score(dataset, model), (time.process_time() - begin) / 60


def train_recipe(dataset: Dataset, recipe: Recipe, seed: int) -> LoadedModel:
    """Return a trained model."""
    config = configuration(recipe)
    with TemporaryDirectory() as folder:
        output = Path(folder) / "model.safetensors"
        if config.baseline:
            return fit_baseline(dataset, config, output, threads=1)
        return train(dataset, config, output, seed=seed, machine=Machine("cpu", threads=1))


def validation_score(dataset: Dataset, model: LoadedModel) -> float:
    """Return the mean over targets of Pearson's r on validation rows."""
    rows = dataset.part("val")
    y, y_hat = dataset.targets[rows], model.predict_members(dataset.rows.take(rows)).mean
    measured = np.isfinite(y)
    return float(np.mean([np.corrcoef(y[m, t], y_hat[m, t])[0, 1] for t, m in enumerate(measured.T)]))


def finished() -> list[dict[str, str]]:
    """Return the rows of the table."""
    if not TABLE.is_file():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def run(names: list[str]) -> None:
    """Run the trials that are not in the table, small samples first, and add a line for each."""
    whole = {name: development_rows(name) for name in names}
    for small in (True, False):
        for recipe in RECIPES:
            for name in names:
                rows, few = DATASETS[name][1]
                if name != "all terminators" or recipe in LONG:
                    run_seeds(name, sampled(whole[name], few if small else rows), recipe)


def run_seeds(name: str, dataset: Dataset, recipe: str) -> None:
    """Train a recipe on a dataset with every seed that is not in the table."""
    count = str(len(dataset.part("train")))
    done = {tuple(row[column] for column in COLUMNS[:4]) for row in finished()}
    for seed in SEEDS[:1] if recipe == "ridge" or name == "all terminators" else SEEDS:
        if (key := (name, count, recipe, str(seed))) not in done:
            r, minutes = score(dataset, RECIPES[recipe], seed)
            add((*key, f"{r:.4f}", f"{minutes:.2f}"))


def add(cells: tuple[str, ...]) -> None:
    """Add a line to the table."""
    is_new = not TABLE.is_file()
    with TABLE.open("a", encoding="utf-8") as file:
        if is_new:
            file.write("\t".join(COLUMNS) + "\n")
        file.write("\t".join(cells) + "\n")
    print(*cells, sep="\t", flush=True)


def write_page() -> None:
    """Write the table of recipes by dataset."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in finished():
        column = f"{row['dataset']}, {int(row['training_rows']):,}"
        values[row["recipe"]][column].append(float(row["pearson"]))
    columns = list(dict.fromkeys(column for cells in values.values() for column in cells))
    lines = [
        "# Trials of recipes on validation rows\n",
        "Made by `python -m benchmarks.accuracy.trials`: Pearson r on validation rows (mean of targets and",
        "seeds, ± SD of the seeds), by dataset and number of training rows. Test rows took no part.",
        "The default `cnn` is `exponential, rc tied, mean pooling`, with a peak learning rate of 0.01; for",
        "20,000 training sequences or more it is `128 filters, dropout 0.3, lower learning rate`. On",
        "`all terminators` each recipe was trained with one seed. Yeast rows are of an earlier version,",
        "with 1,303 that had no read, and without weights (weights.md).\n",
        f"| recipe | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for recipe, cells in values.items():
        lines.append(f"| {recipe} | {' | '.join(_cell(cells[column]) for column in columns)} |")
    PAGE.write_text("\n".join(lines) + "\n")


def _cell(r: list[float]) -> str:
    """Return mean and SD of some scores."""
    if not r:
        return "-"
    return f"{np.mean(r):.3f}" + (f" ± {np.std(r, ddof=1):.3f}" if len(r) > 1 else "")


if __name__ == "__main__":
    run(sys.argv[1:] or list(DATASETS))
    write_page()
