"""Changes of the training rows for the default CNN: augmentations and oversampling.

`python -m benchmarks.accuracy.training_data [DATASET...]` runs what is missing in training_data.tsv, and
writes training_data.md.  Test rows are removed before anything is trained, validation rows are not changed.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.accuracy.trials import DATASETS, SEEDS, TABLE, development_rows, sampled, validation_score
from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.config.recipes import named_config
from seqcnn.data.dataset import Dataset
from seqcnn.model.train import Machine, train

RESULTS = TABLE.with_name("training_data.tsv")
PAGE = RESULTS.with_suffix(".md")
COLUMNS = ("dataset", "training_rows", "change", "seed", "pearson")

NAMES = ("example", "yeast", "exons", "terminators")
LONGER = 1.25
"""Number of epochs with augmentations relative to without, as the last fifth of them is without."""

HEADER = f"""# Changes of the training rows

Made by `python -m benchmarks.accuracy.training_data`: gain of Pearson's r on validation rows over the default
`cnn` with the same seed (mean ± SD of {len(SEEDS)} seeds); first row: r without a change. Test rows took no
part.

- mutations, shift: `mutation_rate: 0.05`; `max_shift: 3`.
- augmentation: `augmentation: {{}}`, of EvoAug's kind (Lee et al. 2023, doi:10.1186/s13059-023-02941-w), with
  {LONGER} times the epochs, of which the last fifth is on the rows as they are.
- longer: {LONGER} times the epochs, without augmentation.
- oversampling: the fifth of the rows with the highest measurement is there twice.

Yeast rows are those of an earlier version, with 1,303 that had no read, and without weights (weights.md).

"""


@dataclass(frozen=True, slots=True)
class Change:
    """Changes of the training."""

    training: dict[str, Any]
    rows: Callable[[Dataset, np.random.Generator], Dataset] | None = None
    epochs: float = 1.0
    """Number of epochs relative to that of the default."""


def oversampled(dataset: Dataset, draw: np.random.Generator) -> Dataset:
    """Return the dataset with the most active fifth of the training rows twice."""
    rows = dataset.part("train")
    y = np.nanmean(dataset.targets[rows], 1)
    active = rows[y >= np.nanquantile(y, 0.8)]
    taken = dataset.take(np.concatenate([np.arange(len(dataset)), active]))
    return replace(taken, ids=[f"{name}/{number}" for number, name in enumerate(taken.ids)])


CHANGES = {
    "none": Change({}),
    "mutations": Change({"mutation_rate": 0.05}),
    "shift": Change({"max_shift": 3}),
    "augmentation": Change({"augmentation": {}}, epochs=LONGER),
    "longer": Change({}, epochs=LONGER),
    "oversampling": Change({}, oversampled),
}


def score(dataset: Dataset, change: Change, seed: int) -> float:
    """Train one model on changed rows; return Pearson's r on validation rows."""
    machine, config = Machine("cpu", threads=1), _configuration(change)
    changed = change.rows(dataset, np.random.default_rng(seed)) if change.rows else dataset
    with TemporaryDirectory() as folder:
        model = train(changed, config, Path(folder) / "m.safetensors", seed=seed, machine=machine)
    return validation_score(dataset, model)


def _configuration(change: Change) -> ModelConfig:
    """Return the configuration of the default network with the changes of its training."""
    config = named_config("cnn")
    values = config.training.model_dump() | change.training
    values["epochs"] = round(values["epochs"] * change.epochs)
    return config.model_copy(update={"training": TrainingPlan.model_validate(values)})


def finished() -> dict[tuple[str, str, str, str], float]:
    """Return the rows of the table."""
    if not RESULTS.is_file():
        return {}
    with RESULTS.open(newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
    return {(row[0], row[1], row[2], row[3]): float(row[4]) for row in rows}


def run(names: list[str]) -> None:
    """Run what is not in the table, and add a line for each."""
    if not RESULTS.is_file():
        RESULTS.write_text("\t".join(COLUMNS) + "\n")
    for name in names:
        dataset = sampled(development_rows(name), DATASETS[name][1][1])
        count = str(len(dataset.part("train")))
        for change in CHANGES:
            for seed in SEEDS:
                if (key := (name, count, change, str(seed))) not in finished():
                    r = score(dataset, CHANGES[change], seed)
                    with RESULTS.open("a") as file:
                        file.write("\t".join([*key, f"{r:.4f}"]) + "\n")


def write_page() -> None:
    """Write the table of gains by dataset."""
    r = finished()
    gains: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (name, count, change, seed), value in r.items():
        base = 0.0 if change == "none" else r[name, count, "none", seed]
        gains[change, f"{name}, {int(count):,}"].append(value - base)
    columns = list(dict.fromkeys(column for _, column in gains))
    lines = [f"| change | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for change in CHANGES:
        cells = [
            _cell(gains.get((change, column), []), "" if change == "none" else "+") for column in columns
        ]
        lines.append(f"| {change} | {' | '.join(cells)} |")
    PAGE.write_text(HEADER + "\n".join(lines) + "\n")


def _cell(values: list[float], sign: str) -> str:
    """Return mean and SD of some values."""
    return f"{np.mean(values):{sign}.3f} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "-"


if __name__ == "__main__":
    run(sys.argv[1:] or list(NAMES))
    write_page()
