"""The order of the rows of an epoch, and the random seeds of a training.

Every random choice is a pure function of (run seed, stream, epoch or step), so that a resumed run sees the
same batches as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from seqcnn.data.batches.disk_blocks import ShuffleBlocks


class Shard(NamedTuple):
    """One of several devices that share the rows of every step."""

    rank: int = 0
    world: int = 1


def derive_seed(*numbers: int) -> int:
    """Return one seed from several numbers: run seed, stream, epoch or step."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Return the number of batches per epoch; the last one may be smaller."""
    return -(-rows // batch_size)


class EpochSampler(Sampler[tuple[int, Tensor]]):
    """Steps of one epoch: the number of the first step, and the rows of up to K steps, int64 (K, N).

    The last step, if it is smaller than the others, is yielded by itself.

    Parameters
    ----------
    rows
        Row numbers to permute, int64 (n,).
    batch_size
        Rows per step and device.
    seed
        Seed of the permutation.
    shard
        The device; it gets every `world`-th row of a step.
    done
        Steps to skip, of a resumed epoch.
    steps_per_call
        K, the number of steps per item.
    blocks
        How to shuffle rows that are read from disk; by default all rows are shuffled at once.
    """

    def __init__(
        self,
        rows: np.ndarray,
        batch_size: int,
        *,
        seed: int,
        shard: Shard = Shard(),  # noqa: B008
        done: int = 0,
        steps_per_call: int = 1,
        blocks: ShuffleBlocks | None = None,
    ) -> None:
        self.rows, self.blocks = torch.from_numpy(rows), blocks
        self.size, self.done, self.steps_per_call = batch_size * shard.world, done, steps_per_call
        self.seed, self.shard = seed, shard

    def __len__(self) -> int:
        whole, rest = divmod(len(self.rows), self.size)
        return -(-max(whole - self.done, 0) // self.steps_per_call) + bool(rest and self.done <= whole)

    def __iter__(self) -> Iterator[tuple[int, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed)
        n, (rank, world) = len(self.rows), self.shard
        shuffled = self.blocks.order(n, generator) if self.blocks else torch.randperm(n, generator=generator)
        order, whole = self.rows[shuffled], n // self.size
        for step in range(self.done, whole, self.steps_per_call):
            steps = order[step * self.size : min(step + self.steps_per_call, whole) * self.size]
            yield step, steps.view(-1, self.size)[:, rank::world]
        if len(rest := order[max(whole, self.done) * self.size :]):
            share = rest[rank::world]
            yield whole, (share if len(share) else rest[:1]).unsqueeze(0)  # no device may be without a row
