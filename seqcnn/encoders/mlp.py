"""Dense layers on the whole one-hot sequence, without the translation invariance of a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from seqcnn.encoders.base import Encoder


def dense_layers(in_features: int, hidden: Sequence[int], dropout: float) -> nn.Sequential:
    """Return flattening, then dense layers with ReLU and dropout: (N, ...) to (N, hidden[-1])."""
    layers: list[nn.Module] = [nn.Flatten()]
    for features, out_features in zip((in_features, *hidden), hidden, strict=False):
        layers += [nn.Linear(features, out_features), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers)


class MLPEncoder(Encoder):
    """Flatten, then dense layers with ReLU and dropout."""

    EXAMPLES: ClassVar = ({"hidden": (8, 7)}, {"hidden": (3,)})

    STEM: ClassVar = "layers.1"

    def __init__(self, length: int, *, hidden: tuple[int, ...] = (256, 128), dropout: float = 0.3) -> None:
        super().__init__(length)
        self.layers = dense_layers(4 * length, hidden, dropout)
        self.out_features = hidden[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden[-1])."""
        return self.layers(x)  # (N, hidden[-1])
