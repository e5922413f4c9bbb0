"""What is changed at random in training sequences: drawn on the host, applied where the sequences are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seqcnn.sequence.onehot import UNAMBIGUOUS
from seqcnn.sequence.random_changes import RandomChanges

Batch = dict[str, Tensor]
"""`numbers` (N,) of rows; where they are needed `shift` and `reverse` (N,), `letters` and `bases` (N, L),
and those of `RandomChanges.draw`."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What is changed at random in a training sequence."""

    max_shift: int = 0
    """Largest shift of the window, bp."""
    reverse: bool = False
    """Read half of the inserts from the other strand."""
    mutation_rate: float = 0.0
    """Part of the bases that are replaced by random ones."""
    changes: RandomChanges | None = None
    """Deletions, insertions and the like."""
    first_clean_epoch: int | None = None
    """Epoch, from 0, from which on sequences are as they are, but for the strand; None for no such epoch."""

    def __bool__(self) -> bool:
        return bool(self.max_shift or self.reverse or self.mutation_rate or self.changes)

    def draw(self, n: int, length: int, seed: int, *, epoch: int = 0) -> Batch:
        """Draw for n sequences of some length in bp, in an epoch counted from 0.

        Returns
        -------
        `shift` int64 (n,) in bp; `reverse` bool (n,); if bases are replaced, `letters` uint8
        (n, length), packed bases to put in place of those that are there, 0 where these stay; and with
        `changes` what these draw.  A clean epoch has the same columns, which change nothing.
        """
        generator = torch.Generator().manual_seed(seed)
        randomness = {"shift": torch.randint(-self.max_shift, self.max_shift + 1, (n,), generator=generator)}
        randomness["reverse"] = (torch.rand(n, generator=generator) < 0.5) & self.reverse
        if self.mutation_rate:
            hit = torch.rand((n, length), generator=generator) < self.mutation_rate
            letter = torch.tensor(list(UNAMBIGUOUS), dtype=torch.uint8)
            randomness["letters"] = letter[torch.randint(0, 4, (n, length), generator=generator)] * hit
        if self.changes:
            randomness |= self.changes.draw(n, length, generator)
        if self.first_clean_epoch is not None and epoch >= self.first_clean_epoch:
            for name in randomness.keys() & {"shift", "letters", "kind"}:
                randomness[name].zero_()
        return randomness
