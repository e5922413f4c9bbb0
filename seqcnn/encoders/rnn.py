"""A recurrent network over the sequence: words of a few bases, then LSTM or GRU, both directions."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import Encoder


class RNNEncoder(Encoder):
    """A convolution with pooling reads words, an LSTM or GRU reads the words in both directions.

    The embedding is the mean and the maximum over positions of the recurrent states, so that it
    depends neither on the sequence's end nor on one word alone.
    """

    def __init__(
        self,
        length: int,
        *,
        cell: Literal["lstm", "gru"] = "lstm",
        hidden: int = 96,
        word: int = 11,
        stride: int = 5,
        channels: int = 96,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(length)
        self.words = nn.Sequential(
            nn.Conv1d(4, channels, word, padding=word // 2), nn.MaxPool1d(stride, ceil_mode=True), nn.ReLU()
        )
        recurrent = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.recurrent = recurrent(channels, hidden, batch_first=True, bidirectional=True)
        self.pool_mean, self.pool_max = nn.AdaptiveAvgPool1d(1), nn.AdaptiveMaxPool1d(1)
        self.dropout = nn.Dropout(dropout)
        self.out_features = 4 * hidden

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, 4 hidden)."""
        words = self.words(x).transpose(1, 2)  # (N, W, channels)
        states = self.recurrent(words)[0].transpose(1, 2)  # (N, 2 hidden, W)
        pooled = self.pool_mean(states).flatten(1), self.pool_max(states).flatten(1)  # each (N, 2 hidden)
        z: Tensor = self.dropout(torch.cat(pooled, dim=1))
        return z
