"""Distillation of an ensemble of `dream_rnn_small` into one `cnn`, scored on rows held out of training.

`python -m benchmarks.accuracy.distillation [DATASET...]` runs what is missing in distillation.tsv, and writes
distillation.md.  Test rows are removed before anything is trained; of the training rows, a tenth, whole
clusters, is held out.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.accuracy.trials import DATASETS, SEEDS, TABLE, development_rows, sampled
from seqcnn.config.model import ModelConfig, Teacher, TrainingPlan
from seqcnn.config.recipes import named_config
from seqcnn.data.dataset import Dataset
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.train import Machine, train

RESULTS = TABLE.with_name("distillation.tsv")
PAGE = RESULTS.with_suffix(".md")
COLUMNS = ("dataset", "rows", "model", "seed", "pearson", "coverage")

DISTILLED = ("yeast", "terminators")
TEACHER = "dream_rnn_small"
STUDENTS: dict[str, dict[str, Any]] = {
    "cnn": {},
    "cnn, distilled": {"teacher": Teacher(model=TEACHER, spread=True)},
    "cnn, distilled, mutations": {"teacher": Teacher(model=TEACHER, spread=True), "mutation_rate": 0.04},
}
"""Name -> teacher and training."""

MACHINE = Machine("cpu", threads=1)


def held_out(name: str) -> Dataset:
    """Return training and validation rows, with a tenth of the training clusters as test rows."""
    dataset = sampled(development_rows(name, "counts" if name == "yeast" else "none"), DATASETS[name][1][0])
    rows = dataset.part("train")
    clusters = np.unique(dataset.groups[rows])
    chosen = np.random.default_rng(2).permutation(clusters)[: len(clusters) // 10]
    split = dataset.split.astype("U5")
    split[rows[np.isin(dataset.groups[rows], chosen)]] = "test"
    return replace(dataset, split=split)


def student(name: str) -> ModelConfig:
    """Return the configuration of a student."""
    config, changes = named_config("cnn"), STUDENTS[name]
    rate = {"mutation_rate": changes.get("mutation_rate", 0.0)}
    plan = TrainingPlan.model_validate(config.training.model_dump() | rate)
    return config.model_copy(update={"teacher": changes.get("teacher"), "training": plan})


def finished() -> dict[tuple[str, ...], tuple[float, float]]:
    """Return r and coverage by dataset, rows, model and seed."""
    if not RESULTS.is_file():
        return {}
    with RESULTS.open(newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
    return {tuple(row[:-2]): (float(row[-2]), float(row[-1])) for row in rows}


def run(name: str) -> None:
    """Train teachers and students of a dataset whose scores are missing."""
    dataset = held_out(name)
    key = (name, str(len(dataset.part("train"))))
    if all((*key, model, str(seed)) in finished() for model in STUDENTS for seed in SEEDS):
        return
    with TemporaryDirectory() as folder:
        teachers = [Path(folder, f"{seed}.safetensors") for seed in SEEDS]
        for seed, bundle in zip(SEEDS, teachers, strict=True):
            model = train(dataset, named_config(TEACHER), bundle, seed=seed, machine=MACHINE)
            add((*key, TEACHER, str(seed)), model)
        add((*key, f"ensemble of {TEACHER}", "1"), ensemble(dataset, teachers, Path(folder, "e.safetensors")))
        for model, seed in product(STUDENTS, SEEDS):
            config, output = student(model), Path(folder, "student.safetensors")
            sources = teachers if config.teacher else ()
            add(
                (*key, model, str(seed)),
                train(dataset, config, output, seed=seed, machine=MACHINE, teachers=sources),
            )


def add(key: tuple[str, ...], model: LoadedModel) -> None:
    """Add the mean over targets of r and of the coverage of 90 % intervals on the rows held out."""
    header = model.header
    r = np.mean([score["pearson"] for score in header.metrics["test"].values()])
    coverage = np.mean([found.by_fifth for found in header.coverage.values()])
    if not RESULTS.is_file():
        RESULTS.write_text("\t".join(COLUMNS) + "\n")
    if key not in finished():
        with RESULTS.open("a") as file:
            file.write("\t".join([*key, f"{r:.4f}", f"{coverage:.4f}"]) + "\n")


HEADER = f"""# Distillation

Made by `python -m benchmarks.accuracy.distillation`: Pearson r on a tenth of the training rows, whole
clusters, that was held out (mean of targets and seeds, ± SD of 3 seeds), and the fraction of their
measurements inside the 90 % prediction intervals.  Test rows took no part.  Students learn mean and spread of
the three `{TEACHER}`; `mutations`: 4 % of the bases of training sequences are random, and the teachers
predict the result.

| dataset, training rows | model | Pearson r | coverage of 90 % intervals |
|---|---|---|---|
"""


def write_page() -> None:
    """Write the table of scores."""
    scores: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for (*key, _), score in finished().items():
        scores[tuple(key)].append(score)
    lines = []
    for (name, rows, model), found in scores.items():
        r, coverage = np.array(found).T
        spread = f" ± {r.std(ddof=1):.3f}" if len(r) > 1 else ""
        lines.append(f"| {name}, {int(rows):,} | {model} | {r.mean():.3f}{spread} | {coverage.mean():.1%} |")
    PAGE.write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    for dataset_name in sys.argv[1:] or DISTILLED:
        run(dataset_name)
    write_page()
