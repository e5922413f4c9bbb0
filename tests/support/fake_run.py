"""A run's folder with made-up measurements and predictions, as the pipeline writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.config.model import TrainingPlan
from seqcnn.data.dataset import Dataset
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.prediction_table import write_predictions
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout


def dataset(n=240, *, targets=("activity",), ids=None, notes=(), replicates=2, vary=True) -> Dataset:
    """A made-up experiment: the measurement is the share of A and of C, and noise."""
    rng = np.random.default_rng(0)
    letters = ["".join(rng.choice(list("ACGT"), rng.integers(40, 61) if vary else 60)) for _ in range(n)]
    layout = Layout(length=60)
    signal = (
        np.array([[s.count("A") / len(s), s.count("C") / len(s)] for s in letters])[:, : len(targets)] * 10
    )
    copies = signal[:, :, None] + rng.normal(0, 0.5, (*signal.shape, max(replicates, 1)))
    number = np.arange(n)
    split = np.array(["train", "train", "val", "test"])[number % 4]
    identity = np.where(split == "train", np.nan, np.where(number % 8 == 7, 0.9, 0)).astype(np.float32)
    return Dataset(
        ids=ids or [f"oligo_{i}" for i in range(n)],
        rows=layout.rows([pack(s) for s in letters]),
        targets=copies.mean(2).astype(np.float32),
        weights=np.ones(n, np.float32),
        split=split,
        groups=number.astype(np.int32),
        max_train_identity=identity,
        nearest_train_row=np.where(identity > 0, number - 7, -1).astype(np.int32),
        recurring_fraction=identity,
        replicates=copies[:, :, :replicates].astype(np.float32),
        categories=np.array(["a", "b"])[number % 2][:, None],
        target_names=list(targets),
        category_names=["class"],
        units=["log2"] * len(targets),
        layout=layout,
        provenance={"inputs": {"a.fa": "0" * 64}, "split": "random, by group (seed 1)", "notes": list(notes)},
    )


def add_member(run: Path, data: Dataset, member: str, noise: float, extras: bool = True) -> None:
    """Write what the pipeline writes for one fit; infinite noise predicts a constant."""
    rng = np.random.default_rng(len(member))
    y_hat = np.nan_to_num(data.targets) + rng.normal(0, min(noise, 1e3), data.targets.shape)
    y_hat = y_hat if np.isfinite(noise) else np.full_like(data.targets, 2.5)
    folder = run / member
    write_predictions(folder / "predictions.tsv", data.ids, y_hat[None], data.target_names)
    write_json(folder / "metrics.json", evaluate(data, y_hat, resamples=50))
    if not extras or folder.name == "ensemble":
        return
    numbers = {"seconds": 75.3, "device": "CPU", "threads": 2, "parameters": None}
    if folder.name.startswith("seed"):
        numbers |= {"parameters": 123_456, "epochs": 12, "best_epoch": 7}
        losses = [f"{e},{1 / e:.4f},{0.2 + (e - 7) ** 2 / 100:.4f},0.001" for e in range(1, 13)]
        (folder / "history.csv").write_text("\n".join(["epoch,train_loss,val_loss,lr", *losses]) + "\n")
        add_bundle(folder / "model.safetensors", data)
    (folder / "run.json").write_text(json.dumps(numbers))


def add_bundle(path: Path, data: Dataset) -> None:
    """Write a tiny untrained model."""
    from seqcnn.model.network.bundle import build, save_bundle
    from seqcnn.model.network.header import Header

    plan = TrainingPlan().model_dump() | {"seed": 1}
    header = Header(
        seqcnn_version="0.1.0", torch_version="2.10", encoder="mlp", args={},
        link="identity", strand="single", layout=data.layout, min_length=0, training=plan,
        targets=tuple(name[:2000] for name in data.target_names), units=tuple(data.units),
        training_sha256=data.digest(), inputs={}, split=data.provenance["split"],
        split_sizes={"train": 1, "val": 1, "test": 1}, metrics={},
    )  # fmt: skip
    save_bundle(path, build(header), header)


def make_run(run: Path, data: Dataset, members: dict[str, float], *, extras: bool = True) -> Path:
    data.save(run / "dataset.h5")
    for member, noise in members.items():
        add_member(run, data, member, noise, extras)
    if extras:
        (run / "learning_curve.json").write_text(json.dumps(fake_curve(data.target_names)))
        name, member = next(iter(members)).split("/")
        (run / "controls.json").write_text(json.dumps(fake_controls(data.target_names, name, member)))
        add_folds(run, data, name)
    return run


def add_folds(run, data, model="cnn", r=0.9, by_fold=(0.8, 0.9, 1.0)):
    """Write the scores of a cross-validation, r - 0.01 to r + 0.01 for all targets."""
    counts = zip(data.target_names, np.isfinite(data.targets).sum(0).tolist(), strict=True)
    pearson = {"value": r, "low": r - 0.01, "high": r + 0.01}
    scores = {t: {"n": n, "ceiling": None, "pearson": pearson} for t, n in counts}
    each = [{t: {"n": 1, "pearson": x} for t in data.target_names} for x in by_fold]
    content = {"model": model, "folds": len(by_fold), "scores": scores, "by_fold": each}
    content |= {"verdict": "This split is clean", "untested": 0}
    folder = run / "cross_validation" / model
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(content))


def fake_controls(targets, model="cnn", member="seed1", *, bases=0.2, pairs=0.3, targets_r=0.01):
    """Controls with intervals of r - 0.06 to r + 0.06."""

    def scores(r):
        pearson = {
            "value": r,
            "low": None if r is None else r - 0.06,
            "high": None if r is None else r + 0.06,
        }
        return {t: {"n": 60, "ceiling": None, "pearson": pearson} for t in targets}

    names = {"shuffled_targets": targets_r, "shuffled_bases": bases, "shuffled_dinucleotides": pairs}
    return {"model": model, "member": member, "controls": {name: scores(r) for name, r in names.items()}}


def fake_curve(targets, r=(0.2, 0.4, 0.55, 0.66, 0.74), first=100) -> dict[str, Any]:
    """A curve of 100, 200, 400, ... training sequences."""
    scores = [{t: {"pearson": {"value": v, "low": v, "high": v}, "n": 600} for t in targets} for v in r]
    return {
        "model": "cnn",
        "points": [{"n": first * 2**k, "epochs": 1, "test": each} for k, each in enumerate(scores)],
    }


MEMBERS = {"cnn/seed1": 0.4, "cnn/seed2": 0.5, "cnn/ensemble": 0.3, "ridge/fit": 0.9, "mean/fit": np.inf}
