"""AlexNet in one dimension: five convolutions, three of them with overlapping max pooling, and dense layers.

Krizhevsky, Sutskever & Hinton 2012, doi:10.1145/3065386.  Channels are those that the paper computed on each
of its two GPUs.  Differences: one dimension; the first convolution looks at every position, not at every
fourth one; batch norm instead of local response normalisation; dense layers of 256 neurons instead of 4,096.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from seqcnn.encoders.base import BatchNorm1d, Encoder
from seqcnn.encoders.mlp import dense_layers

POOLED = (0, 1, 4)
"""Numbers of the convolutions that max pooling follows."""


class AlexNetEncoder(Encoder):
    """Convolutions, overlapping pooling, then dense layers with dropout."""

    EXAMPLES: ClassVar = (
        {"channels": (8, 8, 7, 6, 6), "hidden": (9,)},
        {"channels": (8, 7, 6, 6, 5), "kernel_sizes": (7, 5, 3, 3, 3), "hidden": (9, 8)},
    )

    HAS_LOCAL_LAYERS: ClassVar = True
    STEM: ClassVar = "convolutions.0"

    def __init__(
        self,
        length: int,
        *,
        channels: tuple[int, int, int, int, int] = (48, 128, 192, 192, 128),
        kernel_sizes: tuple[int, int, int, int, int] = (11, 5, 3, 3, 3),
        hidden: tuple[int, ...] = (256, 256),
        dropout: float = 0.5,
    ) -> None:
        super().__init__(length)
        layers: list[nn.Module] = []
        for number, (in_channels, out_channels) in enumerate(zip((4, *channels), channels, strict=False)):
            conv = nn.Conv1d(in_channels, out_channels, kernel_sizes[number], padding="same", bias=False)
            layers += [conv, BatchNorm1d(out_channels), nn.ReLU()]
            if number in POOLED:
                layers.append(nn.MaxPool1d(3, stride=2, padding=1))
                length = -(-length // 2)
        self.convolutions = nn.Sequential(*layers)
        self.dense = dense_layers(channels[-1] * length, hidden, dropout)
        self.out_features = hidden[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden[-1])."""
        features = self.convolutions(x)  # (N, channels[-1], L / 8)
        return self.dense(features)  # (N, hidden[-1])
