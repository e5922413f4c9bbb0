"""What every encoder is: a module from a one-hot batch (N, 4, L) to an embedding (N, D)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


class Encoder(nn.Module):
    """Base of all encoders.

    A subclass takes `length` (L in bp) and keyword-only arguments with defaults, which are its
    config schema, and sets `out_features` (D).
    """

    out_features: int

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, out_features)."""
        raise NotImplementedError
