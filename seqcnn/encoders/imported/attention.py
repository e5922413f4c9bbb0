"""Multi-head attention between positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from seqcnn.encoders.imported.layer import LayerSpec, Shape, Size

MAX_WEIGHTS = 16_000_000
"""Largest number of attention weights of a sequence: heads * queries * keys."""


class Attention(LayerSpec):
    """Multi-head attention; inputs are query, value and, if it is another tensor, key, each (N, L, C)."""

    kind: Literal["attention"] = "attention"
    heads: int = Field(ge=1, le=1024)
    key_size: Size
    """Features of a head's queries and keys."""
    value_size: Size
    """Features of a head's values."""
    out_size: Size
    bias: bool = True

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the attention."""
        if {len(shape) for shape in shapes} != {2} or not 2 <= len(shapes) <= 3:
            raise ValueError(f"takes positions of channels; found {', '.join(map(str, shapes))}")
        if self.heads * shapes[0][0] * shapes[1][0] > MAX_WEIGHTS:
            raise ValueError(f"attends to more than {MAX_WEIGHTS:,} pairs of positions")
        return _Attention(self, shapes)


class _Attention(nn.Module):
    """`Attention`."""

    def __init__(self, spec: Attention, shapes: Sequence[Shape]) -> None:
        super().__init__()
        self.heads = spec.heads
        self.query = nn.Linear(shapes[0][1], spec.heads * spec.key_size, spec.bias)
        self.key = nn.Linear(shapes[-1][1], spec.heads * spec.key_size, spec.bias)
        self.value = nn.Linear(shapes[1][1], spec.heads * spec.value_size, spec.bias)
        self.out = nn.Linear(spec.heads * spec.value_size, spec.out_size, spec.bias)

    def forward(self, query: Tensor, value: Tensor, key: Tensor | None = None) -> Tensor:
        """Attend from the positions of `query` to those of `value`, (N, L, out_size)."""
        q, k, v = (
            layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2)  # (N, heads, L, size)
            for layer, x in (
                (self.query, query),
                (self.key, value if key is None else key),
                (self.value, value),
            )
        )
        weights = torch.softmax(q @ k.transpose(2, 3) * q.shape[3] ** -0.5, 3)  # (N, heads, L, L')
        return self.out((weights @ v).transpose(1, 2).flatten(2))
