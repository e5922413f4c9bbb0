"""Self-attention over short words of DNA, written out from its parts.

Vaswani et al. 2017, doi:10.48550/arXiv.1706.03762, in the pre-norm form of Xiong et al. 2020,
doi:10.48550/arXiv.2002.04745.  Read from the bottom up: `TransformerEncoder` cuts the sequence
into words and says where each stands, a `Block` lets every word look at all others and then thinks
about what it saw, `SelfAttention` is the looking.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from seqcnn.encoders.base import Encoder
from seqcnn.errors import ConfigError


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Mix the values, each query taking most from the keys that it resembles.

    Parameters
    ----------
    query, key, value
        (N, H, W, E): sequence, head, word, feature of one head.

    Returns
    -------
    (N, H, W, E): softmax(Q K^T / sqrt(E)) V.
    """
    likeness = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (N, H, W, W)
    return likeness.softmax(dim=-1) @ value


def sinusoidal_positions(words: int, features: int) -> Tensor:
    """Return (words, features): sines and cosines of the position, wavelengths 2 pi to 20,000 pi."""
    position = torch.arange(words).unsqueeze(1)  # (W, 1)
    frequency = torch.exp(-math.log(10_000) * torch.arange(0, features, 2) / features)  # (F / 2,)
    angle = position * frequency  # (W, F / 2)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)[:, :features]


class SelfAttention(nn.Module):
    """Several heads, each a `scaled_dot_product_attention` in its own subspace."""

    def __init__(self, features: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(features, 3 * features)
        self.out = nn.Linear(features, features)

    def forward(self, words: Tensor) -> Tensor:
        """Let every word look at all words: (N, W, F) -> (N, W, F)."""
        n, w, f = words.shape
        parts = self.query_key_value(words).view(n, w, 3, self.heads, f // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (N, H, W, F / H)
        seen = scaled_dot_product_attention(query, key, value)  # (N, H, W, F / H)
        z: Tensor = self.out(seen.transpose(1, 2).reshape(n, w, f))
        return z


class Block(nn.Module):
    """Look (attention), then think (two dense layers); each is added to what was there before."""

    def __init__(self, features: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm_look, self.norm_think = nn.LayerNorm(features), nn.LayerNorm(features)
        self.look = SelfAttention(features, heads)
        self.think = nn.Sequential(
            nn.Linear(features, 2 * features),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * features, features),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, words: Tensor) -> Tensor:
        """Refine the words: (N, W, F) -> (N, W, F)."""
        words = words + self.dropout(self.look(self.norm_look(words)))
        out: Tensor = words + self.dropout(self.think(self.norm_think(words)))
        return out


class TransformerEncoder(Encoder):
    """Words of DNA + their positions -> blocks of self-attention -> mean over the words."""

    def __init__(
        self,
        length: int,
        *,
        features: int = 96,
        heads: int = 4,
        layers: int = 2,
        word: int = 11,
        stride: int = 5,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(length)
        if features % heads:
            raise ConfigError(
                f"transformer: {features} features cannot be shared by {heads} heads; use a multiple"
            )
        self.words = nn.Sequential(
            nn.Conv1d(4, features, word, padding=word // 2), nn.MaxPool1d(stride, ceil_mode=True), nn.ReLU()
        )
        count = -(-(length + 1 - word % 2) // stride)
        self.register_buffer("positions", sinusoidal_positions(count, features), persistent=False)
        self.blocks = nn.ModuleList(Block(features, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(features)
        self.out_features = features

    def forward(self, x: Tensor) -> Tensor:
        """Embed a one-hot batch (N, 4, L) as (N, features)."""
        words = self.words(x).transpose(1, 2) + self.positions  # (N, W, F)
        for block in self.blocks:
            words = block(words)
        z: Tensor = self.norm(words).mean(dim=1)  # (N, F)
        return z
