"""Facts of a model that its page needs: JSON values from the header and the k-mer profile.

Names of input files, training plan and hashes of training sequences stay in the bundle.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from seqcnn.data.transform import Transform
from seqcnn.model.inference.conformal import error_quantile, supports_level
from seqcnn.model.inference.coverage import narrow_fifth
from seqcnn.model.inference.predictions import MAX_AMBIGUOUS
from seqcnn.model.network.cautions import MIN_SD_MEMBERS, weakness
from seqcnn.model.network.header import Calibration, Header
from seqcnn.sequence.window import MAX_LENGTH

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Levels of prediction intervals that the page offers, where the calibration supports them."""


def facts_of(header: Header, profile: Mapping[str, np.ndarray], sha256: str) -> dict[str, Any]:
    """Return the facts of a model.

    Parameters
    ----------
    header, profile
        Those of the bundle.
    sha256
        SHA-256 of the bundle's file.
    """
    layout = header.layout
    return {
        "length": layout.length,
        "align": layout.align,
        "flank5": layout.flank5,
        "flank3": layout.flank3,
        "crop": layout.crop,
        "minLength": header.min_length,
        "maxLength": MAX_LENGTH if layout.crop else layout.length,
        "maxAmbiguous": MAX_AMBIGUOUS,
        "double": header.strand == "double",
        "members": header.members,
        "hasNoise": header.predicts_noise,
        "targets": [
            {"name": name, "unit": unit, "transform": _transform(header.transforms.get(name))}
            for name, unit in zip(header.targets, header.units, strict=True)
        ],
        "intervals": [interval for level in LEVELS if (interval := _interval(header, level))],
        "thresholds": header.ood and header.ood.model_dump(),
        "profile": {name: _base64(array) for name, array in profile.items()},
        "about": _about(header, sha256),
    }


def _base64(array: np.ndarray) -> str:
    """Return the float32 numbers of an array."""
    return base64.b64encode(array.astype("<f4").tobytes()).decode()


def _transform(transform: Transform | None) -> dict[str, Any] | None:
    """Return what inverts a transform: its name and pseudocount, or its table of quantiles."""
    if transform is None:
        return None
    if transform.name != "rank-normal":
        return {"name": transform.name, "pseudocount": transform.pseudocount}
    last = NormalDist().inv_cdf(1 - 0.5 / transform.n)
    return {"name": transform.name, "quantiles": transform.quantiles, "last": last}


def _interval(header: Header, level: float) -> dict[str, Any] | None:
    """Return the errors that intervals of a level reach, per target; None if a target does not support it."""
    calibrations = [header.calibration.get(target) for target in header.targets]
    if not all(calibration and supports_level(calibration, level) for calibration in calibrations):
        return None
    return {"level": level, "targets": [_errors(c, level) for c in calibrations if c]}


def _errors(calibration: Calibration, level: float) -> dict[str, Any]:
    """Return the error of one target, and of its predicted levels if each of them supports the level."""
    parts = calibration.by_level
    supported = parts and all(supports_level(part, level) for part in parts)
    return {
        "error": error_quantile(calibration, level),
        "floor": calibration.scale_floor,
        "edges": calibration.edges if supported else [],
        "errors": [error_quantile(part, level) for part in parts] if supported else [],
    }


def _about(header: Header, sha256: str) -> dict[str, Any]:
    """Return what a reader should know of the model."""
    narrow = {name: narrow_fifth(coverage) for name, coverage in header.coverage.items()}
    return {
        "encoder": header.encoder,
        "sizes": header.split_sizes,
        "scores": {name: _score(header, name) for name in header.targets},
        "calibratedOn": header.calibrated_on if header.calibration else None,
        "isWeak": bool(weakness(header)),
        "narrow": [{"target": name, "share": fifth[1]} for name, fifth in narrow.items() if fifth],
        "fewMembers": 1 < header.members < MIN_SD_MEMBERS,
        "importedFrom": header.imported and header.imported.library,
        "isCompared": header.imported is None or header.imported.check is not None,
        "version": header.seqcnn_version,
        "sha256": sha256,
    }


def _score(header: Header, target: str) -> float | None:
    """Return Pearson's r of the test rows, which may not have been scored; rows that a fold tested count."""
    parts = (header.metrics.get(part, {}).get(target, {}) for part in ("test", "out_of_fold"))
    scores = (part["pearson"] for part in parts if part.get("pearson") is not None)
    return next(scores, None)
