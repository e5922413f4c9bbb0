"""The interface of every encoder, and the stem and batch norm that some of them use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn
from torch.nn import functional

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

    EARLIER_DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    """Values of arguments in bundles that do not name them, where today's defaults are others."""

    IS_COMPLETE: ClassVar[bool] = False
    """Whether the output (N, out_features) is the prediction itself, which no linear head follows."""

    HAS_LOCAL_LAYERS: ClassVar[bool] = False
    """Whether it consists of layers of `torch.nn` for (N, C, L), the first of which change near a mutation
    only; see `seqcnn.interpret.mutants`, and `seqcnn.model.layers.images` on their memory format."""

    STEM: ClassVar[str] = "stem"
    """Name of the submodule that is the first layer, as of `get_submodule`."""

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


class _OneValueNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm that takes its running statistics for a batch with one value per channel, which has no SD.

    Such a batch is the last one of an epoch if it holds one sequence, of which pooling leaves one position.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, C, ...)."""
        if not self.training or x.numel() > x.shape[1]:
            return super().forward(x)
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


class BatchNorm1d(_OneValueNorm, nn.BatchNorm1d):
    """Batch norm of (N, C) or (N, C, L)."""


class BatchNorm2d(_OneValueNorm, nn.BatchNorm2d):
    """Batch norm of (N, C, H, L)."""
