"""Distillation: a student network learns from an ensemble's mean prediction as well as from measurements.

The teachers predict each training sequence as the student sees it, augmented, so that the student also learns
from predictions for sequences that were never measured (Hinton, Vinyals & Dean 2015, arXiv:1503.02531).
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

    `weight`, 0 to 1, is that of the mean prediction; `digests` are the SHA-256 of the teachers' bundles.
    """

    def __init__(
        self, networks: Sequence[Network] = (), weight: float = 0.0, digests: Sequence[str] = ()
    ) -> None:
        self.networks = [network.eval().requires_grad_(False) for network in networks]
        self.weight, self.digests = weight, list(digests)

    @property
    def provenance(self) -> dict[str, Any]:
        """What the student's bundle records: `teachers` and `teacher_weight`; nothing without teachers."""
        return {"teachers": self.digests, "teacher_weight": self.weight} if self.digests else {}

    def to(self, device: torch.device) -> None:
        """Move the networks to the device of the training."""
        for network in self.networks:
            network.to(device)

    def blend(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the student's targets (N, T) for one-hot x (N, 4, L) and measurements y (N, T).

        That is (1 - weight) y + weight * (mean prediction), or the mean prediction where y is NaN.
        """
        if not self.networks:
            return y
        with torch.no_grad():
            y_hat = torch.stack([network(x).float() for network in self.networks]).mean(0)
        return torch.where(torch.isfinite(y), (1 - self.weight) * y + self.weight * y_hat, y_hat)


def load_teachers(paths: Sequence[Path], dataset: Dataset, distillation: Teacher | None) -> Teachers:
    """Load the teachers of a model; none for a model without `teacher` in its configuration.

    Raises
    ------
    ConfigError
        If bundles are given and the configuration names no teacher, or the other way round.
    BundleError
        If a teacher was not trained on the training rows of `dataset`, and may have seen test rows.
    """
    if distillation is None or not paths:
        if distillation or paths:
            teacher = f"teacher {distillation.model} needs its bundles" if distillation else None
            needed = teacher or "there is no `teacher`"
            raise ConfigError(f"model config: {needed}, and {len(paths)} were given with --teacher")
        return Teachers()
    networks, digests = [], []
    for path in paths:
        network, header = load_network(path)
        if (header.training_sha256, header.layout) != (dataset.digest(), dataset.layout):
            raise BundleError(
                f"{place(path)}: was not trained on the training rows of this dataset; a teacher must be, "
                "or test rows could leak into the student"
            )
        networks.append(network)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return Teachers(networks, distillation.weight, digests)
