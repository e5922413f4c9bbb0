"""The k-mer profile of the training sequences, as a part of the network that is saved with it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.model.network.ood import CONTEXT, K, distances, fitted
from seqcnn.sequence.window import Rows


class KmerProfile(nn.Module):
    """What the k-mers of the training sequences look like; see `seqcnn.model.network.ood`."""

    mean: Tensor
    whitening: Tensor
    surprise: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4**K))
        self.register_buffer("whitening", torch.zeros(4**K, 4**K))
        self.register_buffer("surprise", torch.zeros(4**CONTEXT))

    def fit(self, rows: Rows, *, double: bool) -> None:
        """Learn the profile of training sequences; `double` takes both strands as equal."""
        for name, array in fitted(rows, double=double).items():
            self.get_buffer(name).copy_(torch.from_numpy(array))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the profile as `seqcnn.model.network.ood` takes it."""
        return {name: tensor.cpu().numpy() for name, tensor in self.named_buffers()}

    def distances(self, rows: Rows, *, double: bool) -> np.ndarray:
        """Return distance and surprise of sequences, float64 (N, 2), no unit."""
        return distances(self.arrays(), rows, double=double)
