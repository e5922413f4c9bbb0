"""Bundles of one architecture -> one bundle: an ensemble predicts the mean, with the SD of its members."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from seqcnn.config.model import members_fault
from seqcnn.data.dataset import Dataset
from seqcnn.errors import BundleError, UsageError, place, plural
from seqcnn.io.atomic import refuse_outputs
from seqcnn.model.inference.device import set_threads
from seqcnn.model.inference.original_scale import target_difference
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import build, encoder_args, load_network, save_bundle
from seqcnn.model.network.header import Header
from seqcnn.model.network.regressor import Ensemble, Network
from seqcnn.model.training.calibrate import calibrate_model

logger = logging.getLogger(__name__)

_COMMON_FIELDS = (
    "encoder",
    "args",
    "link",
    "predicts_noise",
    "strand",
    "layout",
    "feature_shape",
)


def ensemble(
    dataset: Dataset,
    models: Sequence[Path],
    output: Path,
    *,
    threads: int | None = None,
    overwrite: bool = False,
) -> LoadedModel:
    """Join bundles that were trained on one dataset, calibrate them together, and write one bundle.

    Parameters
    ----------
    dataset
        The dataset of the models; its validation rows calibrate.
    models, output
        Paths of the bundles that are joined, and of the one that is written.
    threads
        Number of CPU threads; None leaves it as it is.
    overwrite
        Whether an existing output is overwritten; else it is refused.

    Raises
    ------
    UsageError
        If there are fewer than two models, or the output exists and `overwrite` is False.
    BundleError
        If the models differ in more than their weights, or were not trained on this dataset.
    """
    refuse_outputs((output,), (dataset.path, *models), overwrite=overwrite)
    if threads is not None:
        set_threads(threads)
    if len(models) < 2:
        raise UsageError(f"ensemble: {len(models)} model given; expected at least two, each with --model")
    if fault := members_fault(models):
        raise UsageError(f"ensemble: models: {fault}")
    contents = [path.read_bytes() for path in models if path.is_file()]
    if len(set(contents)) < len(contents):
        raise UsageError("ensemble: the same model was given twice; expected models of different seeds")
    bundles = [load_network(path) for path in models]
    for path, (_, header) in zip(models, bundles, strict=True):
        if header.training_sha256 != dataset.digest():
            raise BundleError(f"{place(path)}: was not trained on the training rows of this dataset")
    headers = [header for _, header in bundles]
    network, header = join_networks([network for network, _ in bundles], headers)
    model = calibrate_model(network, header, _calibrating(dataset, headers))
    save_bundle(output, model.regressor, model.header)
    logger.info("%s joined in %s", plural(len(models), "model"), place(output))
    return model


def _calibrating(dataset: Dataset, headers: Sequence[Header]) -> Dataset:
    """Return the dataset; without rows for calibration only if they chose the epoch of one of the models."""
    if not dataset.has_calibration_rows or all(header.calibrated_on == "calibration" for header in headers):
        return dataset
    logger.warning(
        "ensemble: all validation rows chose the epoch of one of the models, which an older version trained; "
        "they calibrate the intervals, which may be too narrow; train the models again"
    )
    return replace(dataset, keeps_calibration_rows=False)


def join_networks(networks: Sequence[Network], headers: Sequence[Header]) -> tuple[Ensemble, Header]:
    """Return an ensemble, not calibrated yet, of networks that differ only in their weights.

    Raises
    ------
    BundleError
        If the networks differ in more, or one is an ensemble already.
    """
    headers = [header.model_copy(update={"args": encoder_args(header)}) for header in headers]
    first = headers[0]
    for header in headers:
        if header.members != 1:
            raise BundleError("ensemble: one of the models is an ensemble already; give its members")
        if fault := target_difference(header, first):
            raise BundleError(f"ensemble: the models differ in their {fault}")
        for name in _COMMON_FIELDS:
            if getattr(header, name) != getattr(first, name):
                raise BundleError(f"ensemble: the models differ in `{name}`; expected seeds of one model")
    seeds = [header.training.get("seed") for header in headers]
    plan = {key: value for key, value in first.training.items() if key != "seed"}
    if sources := [source for header in headers for source in header.training.get("sources", ())]:
        plan["sources"] = [source for n, source in enumerate(sources) if source not in sources[:n]]
    changes = {"members": len(headers), "training": plan | {"seeds": seeds}, "ood": None}
    changes |= {"threads": first.threads if len({header.threads for header in headers}) == 1 else None}
    changes |= {"min_length": min(header.min_length for header in headers), "calibration": {}, "metrics": {}}
    header = first.model_copy(update=changes)
    joined = cast(Ensemble, build(header))
    for member, network in zip(joined.members, networks, strict=True):
        weights = {k: v for k, v in network.state_dict().items() if not k.startswith("profile.")}
        member.load_state_dict(weights)
    return joined, header
