"""Distillation: a student network learns from an ensemble's mean prediction as well as from measurements.

The teachers predict each training sequence as the student sees it, augmented, so that the student also learns
from predictions for sequences that were never measured (Hinton, Vinyals & Dean 2015, arXiv:1503.02531).  It
can learn the spread of the teachers as well, which tells where they disagree because they have seen little
(DEGU, Zhou et al. 2026, doi:10.1038/s44387-025-00053-3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqcnn.config.model import Teacher
from seqcnn.data.dataset import Dataset
from seqcnn.errors import BundleError, ConfigError, place
from seqcnn.model.network.bundle import load_network
from seqcnn.model.network.regressor import Network


class Teachers:
    """Trained networks whose mean prediction is part of a student's target.

    `weight`, 0 to 1, is that of the mean prediction; `spread` says whether the student learns their SD;
    `digests` are the SHA-256 of the teachers' bundles.
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        weight: float = 0.0,
        digests: Sequence[str] = (),
        *,
        spread: bool = False,
    ) -> None:
        self.networks = [network.eval().requires_grad_(False) for network in networks]
        self.weight, self.digests, self.spread = weight, list(digests), spread

    @property
    def provenance(self) -> dict[str, Any]:
        """What the student's bundle records; nothing without teachers."""
        if not self.digests:
            return {}
        weight = {"teachers": self.digests, "teacher_weight": self.weight}
        return weight | ({"teacher_spread": True} if self.spread else {})

    def to(self, device: torch.device) -> None:
        """Move the networks to the device of the training."""
        for network in self.networks:
            network.to(device)

    def blend(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the student's targets (N, T) for one-hot x (N, 4, L) and measurements y (N, T).

        Returns
        -------
        (1 - weight) y + weight * (mean prediction), or the mean prediction where y is NaN; and the SD of the
        predictions (N, T), None if the student does not learn it.
        """
        if not self.networks:
            return y, None
        with torch.no_grad():
            members = [network.predict_members(x)[0].float() for network in self.networks]  # (M, N, T) each
            y_hat = torch.stack([prediction.mean(0) for prediction in members]).mean(0)
            sd = torch.cat(members).std(0) if self.spread else None
        return torch.where(torch.isfinite(y), (1 - self.weight) * y + self.weight * y_hat, y_hat), sd


def load_teachers(paths: Sequence[Path], dataset: Dataset, distillation: Teacher | None) -> Teachers:
    """Load the teachers of a model; none for a model without `teacher` in its configuration.

    Raises
    ------
    ConfigError
        If bundles are given and the configuration names no teacher, or the other way round; or if the
        spread of a single network is wanted.
    BundleError
        If a teacher was not trained on the training rows of `dataset`, and may have seen test rows; or if one
        is given twice.
    """
    if distillation is None or not paths:
        if distillation or paths:
            teacher = f"teacher {distillation.model} needs its bundles" if distillation else None
            needed = teacher or "there is no `teacher`"
            raise ConfigError(f"model config: {needed}, and {len(paths)} were given with --teacher")
        return Teachers()
    networks = [_load_teacher(path, dataset) for path in paths]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    if len(set(digests)) < len(digests):
        raise BundleError("--teacher: the same model was given twice; give models of different seeds")
    if distillation.spread and sum(len(network.members) for network in networks) < 2:
        raise ConfigError("teacher: one network has no spread; give several with --teacher, or spread: false")
    return Teachers(networks, distillation.weight, digests, spread=distillation.spread)


def _load_teacher(path: Path, dataset: Dataset) -> Network:
    """Load one teacher; raise `BundleError` if it takes features, or was trained on other rows."""
    network, header = load_network(path)
    if header.feature_shape:
        raise BundleError(f"{place(path)}: a model of features; expected a teacher that takes sequences")
    if (header.training_sha256, header.layout) != (dataset.digest(), dataset.layout):
        raise BundleError(
            f"{place(path)}: was not trained on the training rows of this dataset; a teacher must be, "
            "or test rows could leak into the student"
        )
    return network
