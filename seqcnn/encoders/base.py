"""The interface of every encoder, and the convolutional stem that some of them start with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


class Encoder(nn.Module):
    """Base class of the encoders: one-hot batch (N, 4, L) to embedding (N, D).

    A subclass takes `length` (L, in bp) and keyword-only arguments with defaults, which are its
    configuration schema, and sets `out_features` (D).
    """

    out_features: int

    EXAMPLES: ClassVar[Sequence[Mapping[str, Any]]] = ({},)
    """Arguments of small networks, for tests and quick runs; together they use every option."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, out_features)."""
        raise NotImplementedError


class Stem(nn.Module):
    """Convolution, max pooling and ReLU over the sequence: (N, 4, L) to (N, features, W).

    Each of the `out_length` (W) positions summarises `pool_size` bp; the last one may cover fewer.
    """

    def __init__(self, length: int, features: int, kernel_size: int, pool_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, features, kernel_size, padding=kernel_size // 2)
        self.pool = nn.MaxPool1d(pool_size, ceil_mode=True)
        self.activation = nn.ReLU()
        self.out_length = -(-(length + 1 - kernel_size % 2) // pool_size)  # an even kernel adds a position

    def forward(self, x: Tensor) -> Tensor:
        """Map one-hot (N, 4, L) to features (N, features, W)."""
        y = self.conv(x)  # (N, features, L), L + 1 for an even kernel
        return self.activation(self.pool(y))  # (N, features, W)
