"""Dataset + bundle -> controls.json: the score with shuffled measurements and with shuffled sequences.

A model trained on shuffled measurements must not predict them, or information leaks from training to test
rows.  The score of the model on shuffled test sequences shows how much it owes to base composition
(`shuffled_bases`) and to dinucleotide composition (`shuffled_dinucleotides`).
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.data.dataset import Dataset
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import BundleError, place
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.evaluation.score import logged_r
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.model.metrics import METRICS
from seqcnn.model.network.bundle import encoder_args
from seqcnn.model.network.header import Header
from seqcnn.model.network.kmer_baseline import require_network
from seqcnn.model.train import train_once
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.shuffle import Shuffle, shuffle_bases, shuffle_dinucleotides, shuffle_rows

logger = logging.getLogger(__name__)

PATIENCE = 2
"""Epochs without a better validation loss after which the model of shuffled measurements stops."""

SHUFFLES: dict[str, Shuffle] = {
    "shuffled_bases": shuffle_bases,
    "shuffled_dinucleotides": shuffle_dinucleotides,
}
"""Name in controls.json -> shuffle of the test sequences."""


def controls(
    dataset: Dataset, bundle: Path, output: Path, *, machine: Machine | None = None, overwrite: bool = False
) -> dict[str, Any]:
    """Score the controls of a trained model on the test rows, and write JSON.

    Returns
    -------
    `{"model", "member", "controls": {name: {target: scores of `evaluate`}}}`, the names being
    `shuffled_targets` and those of `SHUFFLES`.

    Raises
    ------
    BundleError
        If the model was not trained on this dataset.
    UsageError
        If the output is an input, or exists and `overwrite` is False.
    """
    refuse_outputs((output,), (dataset.path, bundle), overwrite=overwrite)
    machine = machine or Machine()
    model = load_model(bundle, machine.device)
    require_network(model.network, bundle)
    if model.header.training_sha256 != dataset.digest():
        raise BundleError(f"{place(bundle)}: was not trained on the training rows of this dataset")
    scores = {"shuffled_targets": _score_shuffled_targets(dataset, model.header, output, machine)}
    scores |= {name: _score_shuffled_bases(dataset, model, shuffle) for name, shuffle in SHUFFLES.items()}
    member = bundle.resolve().parent
    result = {"model": member.parent.name, "member": member.name, "controls": scores}
    write_json(output, result)
    for name, by_target in scores.items():
        r = ", ".join(f"{t} {logged_r(s)}" for t, s in by_target.items())
        logger.info("control %s: test r %s", name.replace("_", " "), r)
    return result


def shuffle_targets(dataset: Dataset, seed: int) -> Dataset:
    """Permute the measurements within each part of the split, with their weights and replicates."""
    rng, order = np.random.default_rng(seed), np.arange(len(dataset))
    for part in PARTS:
        rows = dataset.part(part)
        order[rows] = rng.permutation(rows)
    columns = ("targets", "weights", "replicates")
    return replace(dataset, **{name: getattr(dataset, name)[order] for name in columns})


def _score_shuffled_targets(
    dataset: Dataset, header: Header, output: Path, machine: Machine
) -> dict[str, Any]:
    """Train the same network on shuffled measurements, and score it on shuffled test measurements."""
    config, seed = _config(header)
    shuffled, state = shuffle_targets(dataset, seed), output.with_name(output.name + ".state")
    bundle, purpose = state / "model.safetensors", "control with shuffled measurements"
    model = train_once(shuffled, config, bundle, seed=seed, machine=machine, purpose=purpose)
    scores = _scores(shuffled, model, shuffled.rows.take(shuffled.part("test")))
    shutil.rmtree(state)
    return scores


def _score_shuffled_bases(dataset: Dataset, model: LoadedModel, shuffle: Shuffle) -> dict[str, Any]:
    """Score a model on shuffled test sequences; not defined for a model of features, which these lack."""
    rows = dataset.rows.take(dataset.part("test"))
    if not model.header.feature_shape:
        return _scores(dataset, model, shuffle_rows(rows, shuffle, seed=0))
    nothing = dict.fromkeys(("value", "low", "high"))
    scores = _scores(dataset, model, rows)
    return {target: by | dict.fromkeys(by.keys() & METRICS, nothing) for target, by in scores.items()}


def _scores(dataset: Dataset, model: LoadedModel, rows: Any) -> dict[str, Any]:
    """Score the predictions of rows that replace the test rows."""
    test = dataset.take(dataset.part("test"))
    scores: dict[str, Any] = evaluate(test, model.predict_rows(rows))["parts"]["test"]
    return scores


def _config(header: Header) -> tuple[ModelConfig, int]:
    """Return the configuration and the seed of a bundle, without what other models gave it."""
    seeds = header.training.get("seeds") or [header.training["seed"]]
    plan = {key: value for key, value in header.training.items() if key in TrainingPlan.model_fields}
    plan["patience"] = PATIENCE
    values = {"encoder": header.encoder, "args": encoder_args(header), "training": plan}
    return ModelConfig.model_validate(values), int(seeds[0])
