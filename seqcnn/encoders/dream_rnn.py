"""DREAM-RNN: convolutions of two widths, a bidirectional LSTM, and convolutions again.

The winning combination of blocks of the Random Promoter DREAM Challenge (Rafi et al. 2024,
doi:10.1038/s41587-024-02414-w), with its defaults: 4.2 million parameters.  With the same weights it computes
what the authors' code for human reporter assays does (benchmarks/validation/encoders).  Differences: no fifth
input channel for the strand, initial weights of PyTorch, and bases in the order A C G T instead of A G C T.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import Encoder


class ParallelConvs(nn.Module):
    """Convolutions of several widths side by side, each with ReLU and dropout: (N, C, L) to (N, C', L)."""

    def __init__(
        self, in_channels: int, channels: int, kernel_sizes: tuple[int, ...], dropout: float
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(in_channels, channels, kernel_size, padding="same"), nn.ReLU(), nn.Dropout(dropout)
            )
            for kernel_size in kernel_sizes
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of all convolutions, one after the other."""
        return torch.cat([conv(x) for conv in self.convs], dim=1)


class DreamRNNEncoder(Encoder):
    """Parallel convolutions, an LSTM in both directions, parallel convolutions, a 1x1 convolution, the mean.

    `channels` are those of one width.  `dropout` follows each convolution, `last_dropout` the last ones.
    The maximum of every `pool_size` positions enters the LSTM; 1, as published, keeps all positions.
    """

    EXAMPLES: ClassVar = (
        {"channels": 4, "hidden": 5, "out_channels": 6},
        {"channels": 3, "kernel_sizes": (3,), "hidden": 4, "out_channels": 5, "last_dropout": 0.1},
        {"channels": 4, "hidden": 5, "out_channels": 6, "pool_size": 2},
    )

    STEM: ClassVar = "first"

    def __init__(
        self,
        length: int,
        *,
        channels: int = 160,
        kernel_sizes: tuple[int, ...] = (9, 15),
        hidden: int = 320,
        out_channels: int = 256,
        pool_size: int = 1,
        dropout: float = 0.2,
        last_dropout: float = 0.5,
    ) -> None:
        super().__init__(length)
        width = channels * len(kernel_sizes)
        self.first = ParallelConvs(4, channels, kernel_sizes, dropout)
        self.pool = nn.MaxPool1d(pool_size, ceil_mode=True)
        self.recurrent = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.second = ParallelConvs(2 * hidden, channels, kernel_sizes, dropout)
        self.last_dropout = nn.Dropout(last_dropout)
        self.mapper = nn.Conv1d(width, out_channels, 1)
        self.out_features = out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, out_channels)."""
        features = self.pool(self.first(x))  # (N, W, P), W = channels * widths, P = L / pool_size
        states = self.recurrent(features.transpose(1, 2))[0].transpose(1, 2)  # (N, 2 hidden, P)
        features = self.mapper(self.last_dropout(self.second(states)))  # (N, out_channels, P)
        return features.mean(2)  # (N, out_channels)
