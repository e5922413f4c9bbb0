"""Residual network of dilated convolutions with squeeze-and-excite.

Residual connections as He et al. 2016, doi:10.1109/CVPR.2016.90; dilations that double from block to block,
as in models of regulatory sequences (Kelley et al. 2018, doi:10.1101/gr.227819.117), so that a few blocks
see the whole oligonucleotide without pooling.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from seqcnn.encoders.base import BatchNorm1d, Encoder
from seqcnn.encoders.legnet import ConvNormBlock, SqueezeExcite


class ResidualBlock(nn.Module):
    """Two dilated convolutions and squeeze-and-excite, added to their input: (N, C, L) to (N, C, L)."""

    def __init__(self, channels: int, kernel_size: int, *, dilation: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, kernel_size, padding="same", dilation=dilation, bias=False),
            BatchNorm1d(channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv1d(channels, channels, kernel_size, padding="same", dilation=dilation, bias=False),
            BatchNorm1d(channels),
            SqueezeExcite(channels, max(channels // 4, 1)),
        )
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Add the block's output to its input."""
        return self.activation(x + self.body(x))


class ResNetEncoder(Encoder):
    """A stem, residual blocks of growing dilation, and the mean and dropout over the features."""

    EXAMPLES: ClassVar = (
        {"channels": 6, "dilations": (1, 2)},
        {"channels": 4, "dilations": (2,), "stem_kernel_size": 5, "kernel_size": 5, "pool_size": 2},
    )

    HAS_LOCAL_LAYERS: ClassVar = True

    def __init__(
        self,
        length: int,
        *,
        channels: int = 64,
        stem_kernel_size: int = 11,
        kernel_size: int = 3,
        dilations: tuple[int, ...] = (1, 2, 4, 8),
        pool_size: int = 2,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(length)
        self.stem = ConvNormBlock(4, channels, stem_kernel_size)
        self.pool = nn.MaxPool1d(pool_size, ceil_mode=True)
        self.blocks = nn.Sequential(
            *(ResidualBlock(channels, kernel_size, dilation=d, dropout=dropout) for d in dilations)
        )
        self.dropout = nn.Dropout(dropout)
        self.out_features = channels

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, channels)."""
        features = self.blocks(self.pool(self.stem(x)))  # (N, channels, L / pool_size)
        return self.dropout(features.mean(2))  # (N, channels)
