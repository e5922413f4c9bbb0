"""Distillation: a network learns from the mean prediction of an ensemble as well as from measurements.

The teachers see each training sequence as the pupil does, with its random bases, so that the pupil learns
what the ensemble makes of sequences that nobody measured (Hinton, Vinyals & Dean 2015, arXiv:1503.02531).
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
from seqcnn.model.network.bundle import load_bundle
from seqcnn.model.network.regressor import Network


class Teachers:
    """Trained networks whose mean prediction is part of another one's target."""

    def __init__(self, networks: Sequence[Network] = (), weight: float = 0.0) -> None:
        self.networks = [network.eval().requires_grad_(False) for network in networks]
        self.weight = weight

    def to(self, device: torch.device) -> None:
        """Move them to the device of the training."""
        for network in self.networks:
            network.to(device)

    def blend(self, x: Tensor, y: Tensor) -> Tensor:
        """Mix measurements (N, T) with the teachers' predictions of one-hot x (N, 4, L), in target units.

        Where nothing was measured (NaN) the prediction stands alone.
        """
        if not self.networks:
            return y
        with torch.no_grad():
            taught = torch.stack([network(x).float() for network in self.networks]).mean(0)
        return torch.where(torch.isfinite(y), (1 - self.weight) * y + self.weight * taught, taught)


def load_teachers(
    paths: Sequence[Path], dataset: Dataset, lesson: Teacher | None
) -> tuple[Teachers, dict[str, Any]]:
    """Load the teachers of a model, and say what its bundle keeps of them.

    Returns
    -------
    The teachers; and `{"teachers": SHA-256 of each bundle, "teacher_weight": ...}`, nothing without teachers.

    Raises
    ------
    ConfigError
        If there are teachers and the model's config names none, or the other way round.
    BundleError
        If one was trained on other sequences or measurements: it may have seen the test rows.
    """
    if lesson is None or not paths:
        if lesson or paths:
            wanted = f"teacher {lesson.model} needs its bundles" if lesson else "there is no `teacher`"
            raise ConfigError(f"model config: {wanted}, and {len(paths)} were given with --teacher")
        return Teachers(), {}
    networks, digests = [], []
    for path in paths:
        network, header = load_bundle(path)
        if (header.training_sha256, header.layout) != (dataset.digest(), dataset.layout):
            raise BundleError(
                f"{place(path)}: was not trained on the training rows of this dataset; a teacher must be, "
                "or it could tell about test rows"
            )
        networks.append(network)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return Teachers(networks, lesson.weight), {"teachers": digests, "teacher_weight": lesson.weight}
