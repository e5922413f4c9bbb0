"""The k-mer profile and the hashes of the training sequences, which are saved with the weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.model.network.ood import PROFILE_SHAPES, distances, fit_profile
from seqcnn.model.network.training_hashes import training_hashes
from seqcnn.sequence.window import Rows


class KmerProfile(nn.Module):
    """Buffers with the k-mer statistics of the training sequences; see `seqcnn.model.network.ood`."""

    mean: Tensor
    whitening: Tensor
    surprisal: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, shape in PROFILE_SHAPES.items():
            self.register_buffer(name, torch.zeros(shape))
        self.hashes: np.ndarray | None = None
        """See `seqcnn.model.network.training_hashes`; None in bundles of older versions."""

    def fit(self, rows: Rows, *, double: bool) -> None:
        """Estimate the profile of training sequences; with `double` the two strands are equal."""
        for name, array in fit_profile(rows, double=double).items():
            self.get_buffer(name).copy_(torch.from_numpy(array).float())
        self.hashes = training_hashes(rows)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the buffers as `seqcnn.model.network.ood` takes them."""
        return {name: tensor.cpu().numpy() for name, tensor in self.named_buffers()}

    def distances(self, rows: Rows, *, double: bool) -> np.ndarray:
        """Return distance and surprisal of sequences, float64 (N, 2), no unit and nat."""
        return distances(self.arrays(), rows, double=double)
