"""Two convolutional layers and one dense layer: the default model.

The architecture follows Fig. 4 of Vainberg Slutskin et al. 2019 (PMID 31530582): convolution, activation
and pooling, twice, then a dense layer (the linear output neuron belongs to the head).  Its hyperparameters
could not be found, and were chosen on validation rows (benchmarks/accuracy/trials.md): the first layer
applies each filter in both orientations and has an exponential activation, the second has mean pooling.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from seqcnn.encoders.base import BatchNorm2d, Encoder

Activation = Literal["relu", "exponential"]
Pooling = Literal["max", "mean"]

MAX_EXPONENT = 4.0
"""Largest exponent of `Exponential`, whose output is at most 55."""


class Exponential(nn.Module):
    """Exponential activation, for first-layer filters that are whole motifs.

    Koo & Ploenzke 2021, doi:10.1038/s42256-020-00291-x; the exponent is capped here, so that no sequence
    overflows.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return exp(min(x, `MAX_EXPONENT`))."""
        return x.clamp(max=MAX_EXPONENT).exp()


class MaxPool(nn.Module):
    """Max pooling along the sequence; the last window may be narrower.

    Without gradients the maximum is taken over shifted views of the whole layer, which is up to
    twice as fast on a CPU; its backward pass would be slower.  The values are the same.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.pool = nn.MaxPool2d((1, size), ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        """Pool (N, C, 1, L) to (N, C, 1, ceil(L / size))."""
        if torch.is_grad_enabled() or self.size == 1:
            return self.pool(x)
        full, rest = divmod(x.shape[3], self.size)
        if rest == 1:  # the last window is one position: nothing to compare it with
            y, compared = x[..., :: self.size].clone(memory_format=torch.preserve_format), 1
        else:
            y, compared = torch.maximum(x[..., :: self.size], x[..., 1 :: self.size]), 2
        for offset in range(compared, self.size):
            windows = y if offset < rest or not rest else y[..., :full]  # the last window may be too short
            torch.maximum(windows, x[..., offset :: self.size], out=windows)
        return y


class MeanPool(nn.Module):
    """Mean pooling along the sequence; the last window may be narrower, and is divided by its own width."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Pool (N, C, 1, L) to (N, C, 1, ceil(L / size))."""
        full = x.shape[3] // self.size * self.size
        windows = [F.avg_pool2d(x[..., :full], (1, self.size))] if full else []
        if full < x.shape[3]:
            windows.append(x[..., full:].mean(3, keepdim=True))
        return torch.cat(windows, 3)


class ReverseComplementFilters(nn.Module):
    """Parametrization that adds the reverse complement of every filter to a convolution's weight."""

    def forward(self, filters: Tensor) -> Tensor:
        """Return filters (F, 4, 1, K) followed by their reverse complements, (2 F, 4, 1, K)."""
        return torch.cat([filters, filters.flip(1, 3)])

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return the filters (F, 4, 1, K) of a weight (2 F, 4, 1, K)."""
        return weight[: len(weight) // 2]


class ConvBlock(nn.Module):
    """Convolution, batch norm, activation, pooling and dropout of whole filters.

    Max pooling comes before batch norm and activation, which has the values of pooling after a monotonic
    activation, from fewer numbers.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int,
        pool_size: int,
        pooling: Pooling,
        batch_norm: bool,
        activation: Activation,
        dropout: float,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, (1, kernel_size), padding=(0, kernel_size // 2))
        self.pool = MaxPool(pool_size) if pooling == "max" else MeanPool(pool_size)
        self.norm = BatchNorm2d(out_channels) if batch_norm else nn.Identity()
        self.activation = Exponential() if activation == "exponential" else nn.ReLU()
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, 1, L) to (N, C', 1, L')."""
        return self.dropout(self.finish(self.conv(x)))

    def finish(self, y: Tensor) -> Tensor:
        """Normalise, activate and pool the output of the convolution, (N, C', 1, L) to (N, C', 1, L')."""
        if isinstance(self.pool, MaxPool):
            return self.activation(self.norm(self.pool(y)))
        return self.pool(self.activation(self.norm(y)))

    def out_length(self, length: int) -> int:
        """Return the number of positions of the output for an input of `length` positions."""
        convolved = length + 1 - self.conv.kernel_size[1] % 2  # an even kernel adds a position
        return -(-convolved // self.pool.size)


class DenseBlock(nn.Module):
    """Flatten, dropout, linear layer, ReLU and dropout."""

    def __init__(self, in_features: int, out_features: int, dropout: float) -> None:
        super().__init__()
        self.dropout_in = nn.Dropout(dropout)
        self.linear = nn.Linear(in_features, out_features)
        self.activation = nn.ReLU()
        self.dropout_out = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, 1, L) to (N, out_features)."""
        x = self.dropout_in(x.flatten(1))  # (N, C * L)
        return self.dropout_out(self.activation(self.linear(x)))  # (N, out_features)


class CNNEncoder(Encoder):
    """Two convolutional blocks and one dense block.

    With `rc_tied_filters` each filter of the first layer is applied in both orientations, and the second
    layer sees which one matched.  `activation` is that of the first layer; all others are ReLU.  `pooling`
    is that of the second layer: its maximum, or its mean, which counts matches instead of finding the best
    one; the first layer has max pooling.

    Sequences are images one pixel high, (N, 4, 1, L), because channels-last 2-D convolutions are faster on a
    CPU than 1-D ones.
    """

    EXAMPLES: ClassVar = (
        {
            "filters": (6, 5),
            "hidden": 7,
            "activation": "relu",
            "rc_tied_filters": False,
            "pooling": "max",
        },
        {"filters": (4, 3), "kernel_sizes": (8, 4), "pool_sizes": (2, 5), "batch_norm": False},
    )
    EARLIER_DEFAULTS: ClassVar = {"pooling": "max", "activation": "relu", "rc_tied_filters": False}

    STEM: ClassVar = "blocks.0"

    def __init__(
        self,
        length: int,
        *,
        filters: tuple[int, int] = (64, 64),
        kernel_sizes: tuple[int, int] = (11, 9),
        pool_sizes: tuple[int, int] = (4, 8),
        pooling: Pooling = "mean",
        hidden: int = 64,
        batch_norm: bool = True,
        activation: Activation = "exponential",
        rc_tied_filters: bool = True,
        filter_dropout: float = 0.2,
        dropout: float = 0.4,
    ) -> None:
        super().__init__(length)
        channels = (4, filters[0] * (2 if rc_tied_filters else 1), filters[1])
        layers: tuple[tuple[Activation, Pooling], ...] = ((activation, "max"), ("relu", pooling))
        blocks = []
        for number, (layer_activation, layer_pooling) in enumerate(layers):
            block = ConvBlock(
                channels[number],
                channels[number + 1],
                kernel_size=kernel_sizes[number],
                pool_size=pool_sizes[number],
                pooling=layer_pooling,
                batch_norm=batch_norm,
                activation=layer_activation,
                dropout=filter_dropout,
            )
            blocks.append(block)
            length = block.out_length(length)
        if rc_tied_filters:
            register_parametrization(blocks[0].conv, "weight", ReverseComplementFilters())
        self.blocks = nn.Sequential(*blocks)
        self.dense = DenseBlock(channels[-1] * length, hidden, dropout)
        self.out_features = hidden

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, hidden)."""
        image = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)  # (N, 4, 1, L)
        features = self.blocks(image)  # (N, filters[1], 1, ~ L / (pool_sizes[0] * pool_sizes[1]))
        return self.dense(features)  # (N, hidden)
