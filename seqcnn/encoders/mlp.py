"""Dense layers on the whole one-hot sequence: no notion of a motif that moves."""

from __future__ import annotations

from torch import Tensor, nn

from seqcnn.encoders.base import Encoder


class MLPEncoder(Encoder):
    """Flatten, then dense layers with ReLU and dropout."""

    def __init__(self, length: int, *, hidden: tuple[int, ...] = (256, 128), dropout: float = 0.3) -> None:
        super().__init__(length)
        sizes = (4 * length, *hidden)
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in zip(sizes, hidden, strict=False):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.out_features = sizes[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden[-1])."""
        z: Tensor = self.layers(x)
        return z
