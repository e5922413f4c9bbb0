"""Models of the pages on biology: trained by commands of seqcnn when they are missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

RUNS = Path("benchmarks/runs/biology")


class Recipe(NamedTuple):
    """Commands of seqcnn, and the bundle and the dataset that they write."""

    commands: tuple[str, ...]
    model: Path
    dataset: Path

    @property
    def text(self) -> str:
        """The commands, as text of a page."""
        return "; ".join(f"`seqcnn {command}`" for command in self.commands)


def _fit(name: str, options: str) -> Recipe:
    """Return a fit of the example; its model is the ensemble of `cnn_motifs`."""
    folder = RUNS / name
    command = f"fit data/example/oligos.fa data/example/targets.tsv {options} -o {folder}"
    return Recipe((command,), folder / "cnn_motifs/ensemble/model.safetensors", folder / "dataset.h5")


def _terminators() -> Recipe:
    """Return two networks on the published split of the plant terminators."""
    folder = RUNS / "terminators"
    data = (
        f"{folder}/data/sequences.fa {folder}/data/targets.tsv --data-config configs/plant_terminators.yaml"
    )
    commands = [f"fetch plant_terminators -o {folder}/data", f"prepare {data} -o {folder}/dataset.h5"]
    bundles = [f"{folder}/seed{seed}.safetensors" for seed in (1, 2)]
    commands += [
        f"train {folder}/dataset.h5 --config cnn --seed {seed} -o {bundle}"
        for seed, bundle in enumerate(bundles, 1)
    ]
    commands.append(
        f"ensemble {folder}/dataset.h5 {' '.join(f'-m {b}' for b in bundles)} -o {folder}/model.safetensors"
    )
    return Recipe(tuple(commands), folder / "model.safetensors", folder / "dataset.h5")


def _designs(number: int) -> Recipe:
    """Return one of two ensembles of four networks of the example, with other seeds each."""
    folder = RUNS / "designs"
    data = "data/example/oligos.fa data/example/targets.tsv --data-config configs/example_biology.yaml"
    seeds = "1,2,3,4,5,6,7,8"
    commands = [f"fit {data} --configs cnn_motifs --seeds {seeds} --threads 1 -o {folder}"]
    for first in (1, 5):
        members = " ".join(
            f"-m {folder}/cnn_motifs/seed{seed}/model.safetensors" for seed in range(first, first + 4)
        )
        commands.append(
            f"ensemble {folder}/dataset.h5 {members} -o {folder}/seeds_{first}_to_{first + 3}.safetensors"
        )
    return Recipe(
        tuple(commands), folder / f"seeds_{4 * number - 3}_to_{4 * number}.safetensors", folder / "dataset.h5"
    )


ATTRIBUTED = {
    "cnn_motifs": "", "cnn": "", "resnet": "--epochs 8 ", "rnn": "", "transformer": "",
    "dream_rnn_small": "--epochs 8 ",
}  # fmt: skip
"""Configuration of a network whose attributions are compared -> options of its training."""


def _attributions() -> Recipe:
    """Return the dataset of the example, and single networks of several configurations; the last is named."""
    folder = RUNS / "attributions"
    data = "data/example/oligos.fa data/example/targets.tsv --data-config configs/example_biology.yaml"
    commands = [f"prepare {data} -o {folder}/dataset.h5"]
    commands += [
        f"train {folder}/dataset.h5 --config {name} {options}--threads 1 -o {folder}/{name}.safetensors"
        for name, options in ATTRIBUTED.items()
    ]
    return Recipe(tuple(commands), folder / f"{list(ATTRIBUTED)[-1]}.safetensors", folder / "dataset.h5")


_PIPELINE = Path("results/example_biology")

RECIPES = {
    "example": Recipe(
        ("run configs/example_biology.yaml",),
        _PIPELINE / "cnn_motifs/ensemble/model.safetensors",
        _PIPELINE / "dataset.h5",
    ),
    "calls": _fit(
        "calls", "--target expression --group family --configs cnn_motifs --seeds 1,2,3 --epochs 8"
    ),
    "attributions": _attributions(),
    "designs 1": _designs(1),
    "designs 2": _designs(2),
    "terminators": _terminators(),
}
"""Part of `python -m benchmarks.biology` -> its model; the example has two more for designs."""


def trained(name: str) -> tuple[Path, Path]:
    """Return the bundle and the dataset of a part; run the commands if one of them is missing."""
    recipe = RECIPES[name]
    if not (recipe.model.exists() and recipe.dataset.exists()):
        for command in recipe.commands:
            subprocess.run([sys.executable, "-m", "seqcnn", *command.split()], check=True)
    return recipe.model, recipe.dataset
