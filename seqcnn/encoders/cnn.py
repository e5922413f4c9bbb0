"""Two convolutional layers and one dense layer: the default model.

The architecture of Vainberg Slutskin et al. 2019 (PMID 31530582), Fig. 4: convolution, ReLU, max
pooling, twice, then a dense layer (the linear output neuron is the head's).  That paper's numbers
could not be found: filters, widths, pooling and dropout are seqcnn's own, chosen on validation rows.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from seqcnn.encoders.base import Encoder

Activation = Literal["relu", "exponential"]

LARGEST_EXPONENT = 4.0
"""Where `Exponential` stops to grow: 55 times its output at 0."""


class Exponential(nn.Module):
    """Exponential, for a first layer whose filters are whole motifs.

    Koo & Ploenzke 2021, doi:10.1038/s42256-020-00291-x; cut off here, so that no sequence overflows.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return e to the power of x, and of `LARGEST_EXPONENT` where x is larger."""
        return x.clamp(max=LARGEST_EXPONENT).exp()


class MaxPool(nn.Module):
    """Max pooling along the sequence; the last window may be narrower.

    Without gradients the maximum is taken over shifted views of the whole layer, which is up to
    twice as fast on a CPU; its backward pass would be slower.  The values are the same.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.pool = nn.MaxPool2d((1, width), ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        """Pool (N, C, 1, L) to (N, C, 1, L / width), rounded up."""
        if torch.is_grad_enabled() or self.width == 1:
            pooled: Tensor = self.pool(x)
            return pooled
        whole, rest = divmod(x.shape[3], self.width)
        if rest == 1:  # the last window is one position: nothing to compare it with
            y, first = x[..., :: self.width].clone(memory_format=torch.preserve_format), 1
        else:
            y, first = torch.maximum(x[..., :: self.width], x[..., 1 :: self.width]), 2
        for at in range(first, self.width):
            full = y if at < rest or not rest else y[..., :whole]
            torch.maximum(full, x[..., at :: self.width], out=full)
        return y


class BothStrands(nn.Module):
    """What makes one weight of two strands: filters, and the same filters for the other strand."""

    def forward(self, filters: Tensor) -> Tensor:
        """Return (F, 4, 1, width) and its reverse complement, (2 F, 4, 1, width)."""
        return torch.cat([filters, filters.flip(1, 3)])

    def right_inverse(self, both: Tensor) -> Tensor:
        """Return the filters of the strand as given."""
        return both[: len(both) // 2]


class CNNEncoder(Encoder):
    """Convolution, pooling, ReLU, twice; flatten; dense, ReLU.

    Of the first layer, `activation` takes ReLU's place, and with `both_strands` each filter stands twice: it
    looks for its motif on either strand, and the second layer knows which.

    The sequence is held as a picture one pixel high, (N, 4, 1, L), because channels-last 2-D
    convolutions are faster on a CPU than 1-D ones.  Pooling before ReLU or `Exponential` gives the same
    values as after it, from fewer numbers.
    """

    def __init__(
        self,
        length: int,
        *,
        filters: tuple[int, int] = (64, 64),
        widths: tuple[int, int] = (11, 9),
        pools: tuple[int, int] = (4, 8),
        dense: int = 64,
        batch_norm: bool = True,
        activation: Activation = "relu",
        both_strands: bool = False,
        filter_dropout: float = 0.2,
        dropout: float = 0.4,
    ) -> None:
        super().__init__(length)
        layers: list[nn.Module] = []
        channels = 4
        counts = (filters[0] * (2 if both_strands else 1), filters[1])
        for count, width, pool in zip(counts, widths, pools, strict=True):
            layers += [
                nn.Conv2d(channels, count, (1, width), padding=(0, width // 2)),
                MaxPool(pool),
                nn.BatchNorm2d(count) if batch_norm else nn.Identity(),
                Exponential() if activation == "exponential" and not layers else nn.ReLU(),
                nn.Dropout2d(filter_dropout),
            ]
            channels = count
            length = -(-(length + 1 - width % 2) // pool)
        if both_strands:
            register_parametrization(layers[0], "weight", BothStrands())
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(channels * length, dense),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.out_features = dense

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, dense)."""
        picture = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)  # (N, 4, 1, L)
        features = self.convolutions(picture)  # (N, filters[1], 1, L / pools)
        z: Tensor = self.dense(features)
        return z
