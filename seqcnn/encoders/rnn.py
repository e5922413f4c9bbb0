"""Convolutional stem, then a bidirectional LSTM or GRU."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import Encoder, Stem


class RNNEncoder(Encoder):
    """A convolution with pooling, then an LSTM or GRU in both directions.

    The embedding is the mean and the maximum over positions of the recurrent states, so that it
    depends neither on the sequence's end nor on a single position.
    """

    EXAMPLES: ClassVar = (
        {"hidden": 5, "channels": 6},
        {"cell": "gru", "hidden": 3, "kernel_size": 3, "pool_size": 2, "channels": 2},
    )

    def __init__(
        self,
        length: int,
        *,
        cell: Literal["lstm", "gru"] = "lstm",
        hidden: int = 96,
        kernel_size: int = 11,
        pool_size: int = 5,
        channels: int = 96,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(length)
        self.stem = Stem(length, channels, kernel_size, pool_size)
        recurrent = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.recurrent = recurrent(channels, hidden, batch_first=True, bidirectional=True)
        self.pool_mean, self.pool_max = nn.AdaptiveAvgPool1d(1), nn.AdaptiveMaxPool1d(1)
        self.dropout = nn.Dropout(dropout)
        self.out_features = 4 * hidden

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, 4 hidden)."""
        features = self.stem(x).transpose(1, 2)  # (N, W, channels)
        states = self.recurrent(features)[0].transpose(1, 2)  # (N, 2 hidden, W)
        pooled = self.pool_mean(states).flatten(1), self.pool_max(states).flatten(1)  # each (N, 2 hidden)
        return self.dropout(torch.cat(pooled, dim=1))  # (N, 4 hidden)
