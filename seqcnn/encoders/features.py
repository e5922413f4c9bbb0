"""A small head on features of a sequence, such as embeddings of a foundation model that the user computed.

The features take the place of the one-hot sequence: D numbers at each of P positions, (N, D, P).
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import BatchNorm1d, Encoder


class FeaturesEncoder(Encoder):
    """Mean and maximum over the positions, batch norm of each feature, and a dense layer.

    `dim` (D) is that of the features, and need not be given.
    """

    EXAMPLES: ClassVar = ({"dim": 5, "hidden": 7},)
    STEM: ClassVar = "dense"

    def __init__(self, length: int, *, dim: int = 1, hidden: int = 64, dropout: float = 0.2) -> None:
        super().__init__(length)
        self.norm = BatchNorm1d(2 * dim)
        self.dropout_in = nn.Dropout(dropout)
        self.dense = nn.Linear(2 * dim, hidden)
        self.activation = nn.ReLU()
        self.dropout_out = nn.Dropout(dropout)
        self.out_features = hidden

    def forward(self, x: Tensor) -> Tensor:
        """Embed features (N, D, P) as (N, hidden)."""
        pooled = torch.cat([x.mean(2), x.amax(2)], 1)  # (N, 2 D)
        z = self.dropout_in(self.norm(pooled))  # (N, 2 D)
        return self.dropout_out(self.activation(self.dense(z)))  # (N, hidden)
