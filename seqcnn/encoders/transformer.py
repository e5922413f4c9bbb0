"""Convolutional stem, then transformer encoder blocks, written out from their parts.

Vaswani et al. 2017, doi:10.48550/arXiv.1706.03762, in the pre-norm form of Xiong et al. 2020,
doi:10.48550/arXiv.2002.04745.  A token summarises a few bp of the sequence.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import Encoder, Stem
from seqcnn.errors import ConfigError


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return softmax(Q K^T / sqrt(E)) V.

    Parameters
    ----------
    query, key, value
        (N, H, W, E): sequence, head, token, feature of one head.

    Returns
    -------
    (N, H, W, E): for each query the mean of the values, weighted by the similarity of query and key.
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (N, H, W, W)
    return scores.softmax(dim=-1) @ value  # (N, H, W, E)


def sinusoidal_positions(tokens: int, features: int) -> Tensor:
    """Return (tokens, features): sines and cosines of the position, wavelengths 2 pi to 20,000 pi."""
    position = torch.arange(tokens).unsqueeze(1)  # (W, 1)
    frequency = torch.exp(-math.log(10_000) * torch.arange(0, features, 2) / features)  # (F / 2,)
    angle = position * frequency  # (W, F / 2)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)[:, :features]


class SelfAttention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, features: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(features, 3 * features)
        self.out = nn.Linear(features, features)

    def forward(self, tokens: Tensor) -> Tensor:
        """Attend from every token to all tokens, (N, W, F) to (N, W, F)."""
        n, w, f = tokens.shape
        projected = self.query_key_value(tokens).view(n, w, 3, self.heads, f // self.heads)
        query, key, value = projected.permute(2, 0, 3, 1, 4)  # each (N, H, W, F / H)
        attended = scaled_dot_product_attention(query, key, value)  # (N, H, W, F / H)
        return self.out(attended.transpose(1, 2).reshape(n, w, f))  # (N, W, F)


class TransformerBlock(nn.Module):
    """Self-attention, then a two-layer perceptron; each after a layer norm and with a residual connection."""

    def __init__(self, features: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attention = SelfAttention(features, heads)
        self.mlp = nn.Sequential(
            nn.Linear(features, 2 * features),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * features, features),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Transform the tokens, (N, W, F) to (N, W, F)."""
        tokens = tokens + self.dropout(self.attention(self.norm1(tokens)))
        return tokens + self.dropout(self.mlp(self.norm2(tokens)))


class TransformerEncoder(Encoder):
    """Tokens of DNA and their positions, then blocks of self-attention, then the mean over the tokens."""

    EXAMPLES: ClassVar = (
        {"features": 8, "heads": 2},
        {"features": 6, "heads": 3, "layers": 1, "kernel_size": 1, "pool_size": 1},
    )

    def __init__(
        self,
        length: int,
        *,
        features: int = 96,
        heads: int = 4,
        layers: int = 2,
        kernel_size: int = 11,
        pool_size: int = 5,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(length)
        if features % heads:
            raise ConfigError(
                f"transformer: {features} features cannot be divided among {heads} heads; use a multiple"
            )
        self.stem = Stem(length, features, kernel_size, pool_size)
        positions = sinusoidal_positions(self.stem.out_length, features)
        self.register_buffer("positions", positions, persistent=False)
        self.blocks = nn.ModuleList(TransformerBlock(features, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(features)
        self.out_features = features

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, features)."""
        tokens = self.stem(x).transpose(1, 2) + self.positions  # (N, W, F)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens).mean(dim=1)  # (N, F)
