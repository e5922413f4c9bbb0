"""Measure effects of single-base variants of the example, for networks trained on larger libraries.

`python -m benchmarks.biology.example.library_size dataset.h5` prints the table (15 minutes on one core).  The
variants are those of `variants.py`, in test oligos of the example.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks.biology.example.variants import variant_effects

SIZES = (6000, 40_000)
SEED = 7
"""Random seed of the larger libraries; the example has seed 1."""

MODELS = ("cnn", "cnn_motifs")


def effects_by_library(dataset: Path) -> dict[str, float]:
    """Return r of predicted and true effects for each library size and model configuration."""
    found = {}
    for size in SIZES:
        for name in MODELS:
            model = yaml.safe_load(Path(f"configs/models/{name}.yaml").read_text(encoding="utf-8"))
            with tempfile.TemporaryDirectory() as folder:
                bundle = _trained(Path(folder), size, model)
                found[f"{size:,} oligos, {name}"] = variant_effects(bundle, dataset)["r"]
    return found


def _trained(folder: Path, size: int, model: dict) -> Path:
    """Simulate a library and train a network on it."""
    (folder / "model.yaml").write_text(yaml.safe_dump(model))
    files = [str(folder / "oligos.fa"), str(folder / "targets.tsv")]
    _seqcnn("simulate", "-n", str(size), "--seed", str(SEED), "-o", str(folder))
    _seqcnn("prepare", *files, "--data-config", "configs/pipeline.yaml", "-o", str(folder / "d.h5"))
    bundle = folder / "m.safetensors"
    _seqcnn("train", str(folder / "d.h5"), "--config", str(folder / "model.yaml"), "-o", str(bundle))
    return bundle


def _seqcnn(*arguments: str) -> None:
    """Run a command."""
    subprocess.run([sys.executable, "-m", "seqcnn", *arguments], check=True)


if __name__ == "__main__":
    for name, r in effects_by_library(Path(sys.argv[1])).items():
        print(f"| {name} | {r:.3g} |")
