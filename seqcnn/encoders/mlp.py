"""Dense layers on the whole one-hot sequence, without the translation invariance of a convolution."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from seqcnn.encoders.base import Encoder


class MLPEncoder(Encoder):
    """Flatten, then dense layers with ReLU and dropout."""

    EXAMPLES: ClassVar = ({"hidden": (8, 7)}, {"hidden": (3,)})

    STEM: ClassVar = "layers.1"

    def __init__(self, length: int, *, hidden: tuple[int, ...] = (256, 128), dropout: float = 0.3) -> None:
        super().__init__(length)
        sizes = (4 * length, *hidden)
        layers: list[nn.Module] = [nn.Flatten()]
        for in_features, out_features in zip(sizes, hidden, strict=False):
            layers += [nn.Linear(in_features, out_features), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.out_features = sizes[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden[-1])."""
        return self.layers(x)  # (N, hidden[-1])
