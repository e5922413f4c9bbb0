"""Train on a large library, transfer to few rows of another target, and score on validation rows.

`python -m benchmarks.accuracy.transfer [DATASET...]` runs what is missing in transfer.tsv and writes
transfer.md.  Test rows are removed before anything is trained.  The rows of the library and the few rows are
of other clusters.
"""

from __future__ import annotations

import csv
import logging
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import numpy as np

from benchmarks.accuracy.trials import TABLE as TRIALS
from benchmarks.accuracy.trials import development_rows
from seqcnn.config.model import Freeze, ModelConfig, pretrained_from
from seqcnn.config.recipes import named_config
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.prepare import prepare
from seqcnn.data.simulate import simulate
from seqcnn.data.simulation.ground_truth import TERMS
from seqcnn.model.metrics import METRICS
from seqcnn.model.train import Machine, train
from seqcnn.model.transfer.transfer_config import transfer_config

TABLE = TRIALS.with_name("transfer.tsv")
PAGE = TABLE.with_suffix(".md")
COLUMNS = ("data", "target", "freeze", "factor", "seed", "pearson")

SEEDS = (1, 2, 3)
FACTORS = (1.0, 0.3, 0.1)
FREEZE: tuple[Freeze, ...] = get_args(Freeze)
SCRATCH = "random weights"
TARGETS = ("same", "other")
LIBRARY_ROWS, SMALL_ROWS, VALIDATION_ROWS = 8000, 500, 500

WEIGHTS = {"AP1": 0.3, "GATA": 2.0, "REST": -0.5}
"""Terms of the simulated activity -> their weights in the target of the few rows; others have 1."""

HEADER = f"""# Transfer from a large library to a small one

Made by `python -m benchmarks.accuracy.transfer`: Pearson r on {VALIDATION_ROWS} validation rows, which also
choose the epoch; mean ± SD of {len(SEEDS)} seeds. The source is `cnn`, trained on {LIBRARY_ROWS:,} rows. Then
{SMALL_ROWS} rows of other clusters are trained on, with the target of the source or another one: from random
weights (`cnn` as configured), or from the source with some layers frozen. The factor is the peak learning
rate relative to that of the source; `--from` takes 1. Test rows are not used.

- example: simulated oligos; the other target weighs {len(WEIGHTS)} of the motifs otherwise.
- terminators: enrichment in tobacco; the other target is enrichment in maize.

"""


def simulated() -> Dataset:
    """Return training rows of a simulated library with a second target, which weighs the terms otherwise."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        simulate(folder, n=14_000, seed=3)
        plan = DataPlan(targets=("expression",), group="family")
        dataset = prepare(Inputs(folder / "oligos.fa", folder / "targets.tsv"), plan)
        with (folder / "truth.tsv").open(newline="") as file:
            truth = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    rng = np.random.default_rng(0)
    values = np.array([[float(truth[name][term]) for term in TERMS] for name in dataset.ids])
    weights = np.array([WEIGHTS.get(term, 1.0) for term in TERMS])
    noise = np.nanstd(dataset.targets[:, 0]) * 0.2 * rng.standard_normal(len(dataset))
    second = (values @ weights + noise).astype(np.float32)
    return two_targets(dataset, dataset.targets[:, 0], second)


def two_targets(dataset: Dataset, first: np.ndarray, second: np.ndarray) -> Dataset:
    """Return the rows with two targets, and without replicates."""
    targets = np.stack([first, second], axis=1)
    names = ["first", "second"]
    return replace(dataset, targets=targets, target_names=names, units=["", ""],
                   replicates=np.empty((len(dataset), 2, 0), np.float32))  # fmt: skip


def terminators() -> Dataset:
    """Return training and validation rows of the plant terminators."""
    dataset = development_rows("terminators")
    return two_targets(dataset, *dataset.targets.T)


DATASETS = {"example": simulated, "terminators": terminators}


def parts(dataset: Dataset, sizes: tuple[int, ...]) -> list[np.ndarray]:
    """Return parts of about so many rows each, whole clusters drawn at random, as row numbers."""
    clusters = np.random.default_rng(1).permutation(np.unique(dataset.groups))
    place = {cluster: number for number, cluster in enumerate(clusters.tolist())}
    order = np.array([place[group] for group in dataset.groups.tolist()])
    rows = np.argsort(order, kind="stable")
    return np.split(rows, np.cumsum(sizes))[: len(sizes)]


def with_split(dataset: Dataset, target: int, train_rows: np.ndarray, val_rows: np.ndarray) -> Dataset:
    """Return two parts of a dataset as training and validation rows of one target."""
    split = np.full(len(dataset), "none ")
    split[train_rows], split[val_rows] = "train", "val"
    kept = replace(dataset, split=split).take(np.sort(np.concatenate([train_rows, val_rows])))
    return replace(
        kept, targets=kept.targets[:, [target]], target_names=[dataset.target_names[target]], units=[""],
        replicates=kept.replicates[:, [target]], keeps_calibration_rows=False,
    )  # fmt: skip


def score(dataset: Dataset, config: ModelConfig, seed: int, folder: Path) -> float:
    """Train one model, and return its r on validation rows."""
    model = train(dataset, config, folder / "m.safetensors", seed=seed, machine=Machine("cpu", threads=1))
    rows = dataset.part("val")
    y, y_hat = dataset.targets[rows, 0], model.predict_rows(dataset.rows.take(rows))[:, 0]
    measured = np.isfinite(y)
    return float(METRICS["pearson"](y[measured].astype(float), y_hat[measured].astype(float)))


def scaled(config: ModelConfig, factor: float) -> ModelConfig:
    """Return a configuration with the learning rate times a factor of the source's."""
    lr = config.training.lr * factor
    return config.model_copy(update={"training": config.training.model_copy(update={"lr": lr})})


def trials(name: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table that are missing for a dataset."""
    settings = [(SCRATCH, 1.0), *product(FREEZE, FACTORS)]
    keys = [
        (name, target, freeze, f"{factor:g}", str(seed))
        for target, (freeze, factor), seed in product(TARGETS, settings, SEEDS)
    ]
    done = {tuple(row.values())[:-1] for row in finished()}
    if not (missing := [key for key in keys if key not in done]):
        return
    dataset = DATASETS[name]()
    sizes = (LIBRARY_ROWS, 1000, VALIDATION_ROWS, SMALL_ROWS)
    library, library_val, few_val, few = parts(dataset, sizes)
    source, machine = folder / "source.safetensors", Machine("cpu", threads=1)
    train(with_split(dataset, 0, library, library_val), named_config("cnn"), source, machine=machine)
    for key in missing:
        _, target, freeze, factor, seed = key
        config = named_config("cnn")
        if freeze != SCRATCH:
            pretrained = pretrained_from(source, freeze, None, "transfer")
            config = scaled(transfer_config(pretrained), float(factor))
        small = with_split(dataset, TARGETS.index(target), few, few_val)
        yield (*key, f"{score(small, config, int(seed), folder):.4f}")


def finished() -> list[dict[str, str]]:
    """Return the rows of the table."""
    if not TABLE.is_file():
        return []
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def add(cells: tuple[str, ...]) -> None:
    """Add a line to the table."""
    lines = [] if TABLE.is_file() else ["\t".join(COLUMNS)]
    with TABLE.open("a") as file:
        file.write("\n".join([*lines, "\t".join(cells)]) + "\n")


def write_page() -> None:
    """Write the page."""
    values = defaultdict(list)
    for row in finished():
        values[row["data"], row["target"], row["freeze"], row["factor"]].append(float(row["pearson"]))
    heads = ["data", "target", SCRATCH, "layers frozen", *(f"factor {factor:g}" for factor in FACTORS)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for (name, target), freeze in product(dict.fromkeys(key[:2] for key in values), FREEZE):
        cells = [_cell(values[name, target, freeze, f"{factor:g}"]) for factor in FACTORS]
        scratch = _cell(values[name, target, SCRATCH, "1"])
        lines.append(f"| {' | '.join([name, target, scratch, freeze, *cells])} |")
    PAGE.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def _cell(r: list[float]) -> str:
    """Return mean and SD of some scores."""
    return f"{np.mean(r):.3f} ± {np.std(r, ddof=1):.3f}" if len(r) > 1 else "-"


def main(names: list[str]) -> None:
    """Run what is missing, and write the page."""
    logging.disable(logging.WARNING)
    for name in names:
        with TemporaryDirectory() as temporary:
            for cells in trials(name, Path(temporary)):
                add(cells)
    write_page()


if __name__ == "__main__":
    main([name for name in DATASETS if name in sys.argv[1:] or len(sys.argv) == 1])
