"""Score the default network and the k-mer ridge on growing numbers of training rows of public datasets.

`python -m benchmarks.accuracy.library_size` writes benchmarks/accuracy/library_size.md (20 minutes on one
core).  `seqcnn check` quotes the table, see `seqcnn.data.library_size`.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqcnn.config.pipeline import load_pipeline
from seqcnn.config.recipes import named_config
from seqcnn.data.assay.plan import Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.fetch import fetch
from seqcnn.data.prepare import prepare
from seqcnn.evaluation.learning_curve import subsample_training
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.metrics import METRICS
from seqcnn.model.train import Machine, train

PAGE = Path("benchmarks/accuracy/library_size.md")

DATA = ("yeast_5utr", "plant_terminators", "human_splicing_exons")
"""Public datasets whose automatic split is not leaky; introns are variants of one another."""

MODELS = ("cnn", "ridge")

DRAWS = {300: 3, 1000: 3, 3000: 3, 9000: 1}
"""Number of training rows -> number of random subsets, each with another seed of the networks."""

MAX_TEST = 2000
"""Largest number of test rows that are scored."""

HEADER = f"""# Score against the number of training sequences

Made by `python -m benchmarks.accuracy.library_size`: Pearson r on the test rows of the automatic split
(clusters of similar sequences stay together; at most {MAX_TEST:,} of them).  Training rows are whole
clusters drawn at random, about as many as stated; validation rows are an eighth as many.  `cnn` is the
configuration of the package with one seed; `ridge` sees counts of k-mers up to 4 bp.  Mean, and in brackets
smallest and largest value, of several random subsets.  Sizes that a dataset does not have are left out, and
so is `human_splicing_introns`: most of its sequences are variants of one another, which no split separates.
The numbers hold for these libraries; a noisier assay gives lower ones.

| data | training rows | subsets | {" | ".join(MODELS)} |
|---|---|---|{"---|" * len(MODELS)}
"""


def prepared(name: str, folder: Path) -> Dataset:
    """Return the dataset of a public configuration, with at most `MAX_TEST` test rows."""
    config = load_pipeline(Path(f"configs/{name}_auto.yaml"))
    files = fetch(str(config.fetch), folder / name)
    dataset = prepare(Inputs(files.sequences, files.targets), config.data)
    test = np.random.default_rng(0).permutation(dataset.part("test"))[:MAX_TEST]
    return dataset.take(np.sort(np.concatenate([test, np.flatnonzero(dataset.split != "test")])))


def reduced(dataset: Dataset, rows: int, seed: int) -> Dataset:
    """Return the dataset with about `rows` training rows, and an eighth as many validation rows."""
    subset = subsample_training(dataset, rows / len(dataset.part("train")), seed)
    left_out = np.random.default_rng(seed).permutation(subset.part("val"))[max(rows // 8, 40) :]
    return subset.take(np.setdiff1d(np.arange(len(subset)), left_out))


def score(dataset: Dataset, model: str, seed: int, folder: Path) -> float:
    """Return the test r of the first target."""
    config, path = named_config(model), folder / "model.safetensors"
    if config.encoder:
        fitted = train(dataset, config, path, seed=seed, machine=Machine("cpu", threads=1))
    else:
        fitted = fit_baseline(dataset, config, path, threads=1, overwrite=True)
    test = dataset.part("test")
    y = dataset.targets[test, 0].astype(float)
    y_hat = fitted.predict_rows(dataset.rows.select(test))[:, 0].astype(float)
    return float(METRICS["pearson"](y[np.isfinite(y)], y_hat[np.isfinite(y)]))


def lines(name: str, dataset: Dataset, folder: Path) -> Iterator[str]:
    """Yield a row of the table per number of training rows."""
    for rows, draws in DRAWS.items():
        if rows > 1.05 * len(dataset.part("train")):
            continue
        subsets = [reduced(dataset, rows, seed) for seed in range(1, draws + 1)]
        scores = [[score(s, model, n + 1, folder) for n, s in enumerate(subsets)] for model in MODELS]
        cells = " | ".join(map(_cell, scores))
        yield f"| {name}, {dataset.target_names[0]} | {rows:,} | {draws} | {cells} |"


def _cell(values: list[float]) -> str:
    """Return the mean and the range of scores."""
    bounds = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return f"{np.mean(values):.2f}{bounds}"


def main() -> None:
    """Write the page."""
    logging.disable(logging.WARNING)
    table = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in DATA:
            for line in lines(name, prepared(name, Path(temporary)), Path(temporary)):
                print(line, file=sys.stderr, flush=True)
                table.append(line)
    PAGE.write_text(HEADER + "\n".join(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
