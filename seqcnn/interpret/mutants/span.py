"""Which positions of a layer differ between mutants and the sequence itself.

Shapes: M mutants, C channels, L positions of a layer, W neighbouring ones that a mutation changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass
class Reference:
    """Features of the sequence itself after each layer, computed once for several batches of its mutants."""

    layers: list[Tensor] = field(default_factory=list)
    """float32 (1, C, 1, L) each."""
    number: int = 0
    """Number of layers that the current batch of mutants has passed."""
    is_mixed: bool = False
    """Whether a layer has computed all positions of the mutants before the last ones, which takes memory."""

    def rewind(self) -> Reference:
        """Return to the first layer, for another batch of mutants; return this object."""
        self.number = 0
        return self

    def after(self, layer: Callable[[Tensor], Tensor], features: Tensor) -> Tensor:
        """Return the features after the next layer: `layer` of the features before it."""
        if self.number == len(self.layers):
            self.layers.append(layer(features))
        self.number += 1
        return self.layers[self.number - 1]


@dataclass(frozen=True, slots=True)
class Span:
    """The positions that the mutations change, W of them in each mutant."""

    features: Tensor
    """float32 (1, C, 1, L), features of the sequence itself."""
    first: Tensor
    """int64 (M,), on the CPU: the first of the W positions, some of which may be beyond the ends."""
    width: int
    """W."""
    reference: Reference
    """What computed `features`."""

    @property
    def length(self) -> int:
        """Number of positions of the layer, L."""
        return self.features.shape[3]

    def positions(self) -> Tensor:
        """Return the positions, int64 (M, W)."""
        return self.first.unsqueeze(1) + torch.arange(self.width)

    def inside(self) -> Tensor:
        """Return which positions are in the layer, bool (M, W); values at the others mean nothing."""
        positions = self.positions()
        return (positions >= 0) & (positions < self.length)

    def whole(self, values: Tensor) -> Tensor:
        """Return values (M, C, 1, W) between the features of the sequence itself, (M, C, 1, L)."""
        columns = self._columns().expand(len(values), -1, -1).contiguous()  # (M, L, C)
        inside = self.inside()
        mutant, offset = inside.nonzero(as_tuple=True)
        columns[mutant, self.positions()[inside]] = _by_position(values)[mutant, offset]
        return columns.transpose(1, 2).unsqueeze(2)

    def around(self, values: Tensor, start: Tensor, width: int, *, padding: float) -> Tensor:
        """Return `width` positions from `start` (M,) on, among which are those of values (M, C, 1, W).

        `padding` is the value beyond the ends of the layer.  Returns (M, C, 1, width).
        """
        columns, changed = self._columns(), _by_position(values)  # (L, C), (M, W, C)
        before, last = max(0, -int(start.min())), int(start.max()) + width
        padded = F.pad(columns, (0, 0, before, max(0, last - self.length)), value=padding)
        index = (start + before).unsqueeze(1) + torch.arange(width)
        result = F.embedding(index.to(columns.device), padded)  # (M, width, C): faster than indexing
        if not bool((inside := self.inside()).all()):
            changed = changed.masked_fill(~inside.unsqueeze(2).to(columns.device), padding)
        offset = self.first - start
        if bool((offset == offset[0]).all()):
            result[:, int(offset[0]) : int(offset[0]) + self.width] = changed
        else:
            mutant = torch.arange(len(result)).unsqueeze(1)
            result[mutant, offset.unsqueeze(1) + torch.arange(self.width)] = changed
        return result.transpose(1, 2).unsqueeze(2)

    def _columns(self) -> Tensor:
        """Return the features of the sequence itself, (L, C)."""
        return self.features[0, :, 0].T


def _by_position(images: Tensor) -> Tensor:
    """Return images (M, C, 1, W) as (M, W, C), which is their order in memory."""
    return images.squeeze(2).transpose(1, 2)
