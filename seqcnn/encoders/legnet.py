"""LegNet: convolutional blocks of EfficientNetV2 in one dimension, for massively parallel reporter assays.

Penzar et al. 2023, doi:10.1093/bioinformatics/btad457, in the form of Agarwal et al. 2025,
doi:10.1038/s41586-024-08430-9 (MPRALegNet), whose defaults these are: 1.32 million parameters.  With the same
weights it computes what the authors' code does (benchmarks/validation/encoders).  Differences: the initial
weights are those of PyTorch, and bases are in the order A C G T instead of A G C T.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import BatchNorm1d, Encoder


class ConvNormBlock(nn.Sequential):
    """Convolution without bias, batch norm and SiLU: (N, C, L) to (N, C', L)."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, groups: int = 1) -> None:
        super().__init__(
            nn.Conv1d(in_channels, out_channels, kernel_size, padding="same", groups=groups, bias=False),
            BatchNorm1d(out_channels),
            nn.SiLU(),
        )


class SqueezeExcite(nn.Module):
    """Scale each channel by a number between 0 and 1 that depends on the means of all channels.

    Hu et al. 2018, doi:10.1109/CVPR.2018.00745.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Linear(channels, hidden), nn.SiLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scale (N, C, L)."""
        return x * self.gate(x.mean(2)).unsqueeze(2)


class EffBlock(nn.Sequential):
    """Expand by a 1x1 convolution, filter each channel, squeeze and excite, project back: (N, C, L).

    The inverted residual block of EfficientNetV2 (Tan & Le 2021, doi:10.48550/arXiv.2104.00298).
    """

    def __init__(self, channels: int, kernel_size: int, expansion: int) -> None:
        inner = channels * expansion
        super().__init__(
            ConvNormBlock(channels, inner, 1),
            ConvNormBlock(inner, inner, kernel_size, groups=inner),
            SqueezeExcite(inner, channels),
            ConvNormBlock(inner, channels, 1),
        )


class Stage(nn.Module):
    """An `EffBlock`, whose output is concatenated with its input, then a convolution and max pooling."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, expansion: int, pool: nn.Module
    ) -> None:
        super().__init__()
        self.eff = EffBlock(in_channels, kernel_size, expansion)
        self.local = ConvNormBlock(2 * in_channels, out_channels, kernel_size)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, L) to (N, C', L / pool size)."""
        return self.pool(self.local(torch.cat([self.eff(x), x], dim=1)))


class LegNetEncoder(Encoder):
    """A stem, four stages that halve the positions, a 1x1 convolution, the mean, and a dense layer.

    Stages whose input is shorter than the pooling window do not pool.  The published network has no dropout.
    """

    EXAMPLES: ClassVar = (
        {"stem_channels": 6, "channels": (5, 4), "expansion": 2, "hidden": 7},
        {"stem_channels": 4, "channels": (6,), "stem_kernel_size": 3, "kernel_size": 5, "pool_size": 3},
    )

    HAS_LOCAL_LAYERS: ClassVar = True

    def __init__(
        self,
        length: int,
        *,
        stem_channels: int = 64,
        stem_kernel_size: int = 11,
        channels: tuple[int, ...] = (80, 96, 112, 128),
        kernel_size: int = 9,
        expansion: int = 4,
        pool_size: int = 2,
        hidden: int = 256,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(length)
        self.stem = ConvNormBlock(4, stem_channels, stem_kernel_size)
        stages, before = [], stem_channels
        for features in channels:
            pool: nn.Module = nn.MaxPool1d(pool_size) if length >= pool_size else nn.Identity()
            stages.append(Stage(before, features, kernel_size, expansion=expansion, pool=pool))
            before, length = features, max(length // pool_size, 1)
        self.stages = nn.Sequential(*stages)
        self.mapper = nn.Sequential(BatchNorm1d(before), nn.Conv1d(before, hidden, 1))
        self.dense = nn.Sequential(
            nn.Linear(hidden, hidden), BatchNorm1d(hidden), nn.SiLU(), nn.Dropout(dropout)
        )
        self.out_features = hidden

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden)."""
        features = self.mapper(self.stages(self.stem(x)))  # (N, hidden, L / pool_size ** stages)
        return self.dense(features.mean(2))  # (N, hidden)
