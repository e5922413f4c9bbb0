"""VGG in one dimension: stages of convolutions of 3 bp, each stage with max pooling by 2.

Simonyan & Zisserman 2015, arXiv:1409.1556, configuration B (two convolutions per stage).  Differences: one
dimension; four stages instead of five, with half of the channels; batch norm, which the paper did not have;
dense layers of 256 neurons instead of 4,096.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from seqcnn.encoders.base import BatchNorm1d, Encoder
from seqcnn.encoders.mlp import dense_layers


class VGGStage(nn.Module):
    """Convolutions of 3 positions with batch norm and ReLU, then max pooling: (N, C, L) to (N, C', L / 2)."""

    def __init__(self, in_channels: int, out_channels: int, convolutions: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels in (in_channels, *[out_channels] * (convolutions - 1)):
            conv = nn.Conv1d(channels, out_channels, 3, padding=1, bias=False)
            layers += [conv, BatchNorm1d(out_channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.MaxPool1d(2, ceil_mode=True))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, L) to (N, C', ceil(L / 2))."""
        return self.layers(x)


class VGGEncoder(Encoder):
    """Stages of convolutions, then dense layers with dropout."""

    EXAMPLES: ClassVar = (
        {"channels": (6, 5), "hidden": (7,)},
        {"channels": (4,), "convolutions": 1, "hidden": (6, 5)},
    )

    HAS_LOCAL_LAYERS: ClassVar = True
    STEM: ClassVar = "stages.0"

    def __init__(
        self,
        length: int,
        *,
        channels: tuple[int, ...] = (32, 64, 128, 256),
        convolutions: int = 2,
        hidden: tuple[int, ...] = (256, 256),
        dropout: float = 0.5,
    ) -> None:
        super().__init__(length)
        stages = []
        for in_channels, out_channels in zip((4, *channels), channels, strict=False):
            stages.append(VGGStage(in_channels, out_channels, convolutions))
            length = -(-length // 2)
        self.stages = nn.Sequential(*stages)
        self.dense = dense_layers(channels[-1] * length, hidden, dropout)
        self.out_features = hidden[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden[-1])."""
        features = self.stages(x)  # (N, channels[-1], L / 2^stages)
        return self.dense(features)  # (N, hidden[-1])
