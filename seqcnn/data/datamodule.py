"""Dataset -> batches: packed rows are one-hot encoded on the training device, where they live if they fit.

The order of the rows, and every augmentation, is a pure function of (seed, epoch) or (seed, step):
a run that is killed and resumed sees the same batches as one that is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from seqcnn.data.blocks import Blocks, HeldRows
from seqcnn.data.dataset import Dataset
from seqcnn.data.layout import slide
from seqcnn.data.onehot import expand

EVALUATION_BATCH = 256
"""Sequences per batch where no gradient is needed."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What is changed at random in a training sequence."""

    shift: int = 0
    """Largest shift of the window, bp."""
    reverse: bool = False
    """Read half of the inserts from the other strand."""
    mutate: float = 0.0
    """Part of the bases that are replaced by random ones."""

    def __bool__(self) -> bool:
        return bool(self.shift or self.reverse or self.mutate)


def derive_seed(*numbers: int) -> int:
    """Return one seed from several numbers: run seed, stream, epoch or step."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


class EpochSampler(Sampler[list[int]]):
    """Batches of row numbers: a permutation drawn from (seed, epoch), dealt out over the devices.

    The first `done` batches are left out.  With `blocks`, some blocks of rows come after the others.
    """

    def __init__(
        self,
        rows: np.ndarray,
        batch_size: int,
        *,
        seed: int,
        epoch: int,
        rank: int,
        world: int,
        done: int = 0,
        blocks: Blocks | None = None,
    ) -> None:
        self.rows, self.batch_size, self.blocks = torch.from_numpy(rows), batch_size, blocks
        self.seed, self.epoch, self.rank, self.world, self.done = seed, epoch, rank, world, done

    def __len__(self) -> int:
        return steps_per_epoch(len(self.rows), self.batch_size * self.world) - self.done

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(derive_seed(self.seed, 0, self.epoch))
        n = len(self.rows)
        drawn = self.blocks.order(n, generator) if self.blocks else torch.randperm(n, generator=generator)
        for batch in torch.split(self.rows[drawn], self.batch_size * self.world)[self.done :]:
            share = batch[self.rank :: self.world]
            yield (share if len(share) else batch[:1]).tolist()


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Return the number of batches of one epoch; the last one may be smaller."""
    return -(-rows // batch_size)


class _Numbers(torch.utils.data.Dataset):
    """A dataset whose items are row numbers, with the sequences unless these are on the device already."""

    def __init__(self, sequences: Any) -> None:
        self.sequences = sequences

    def __getitems__(self, numbers: list[int]) -> tuple[Tensor, ...]:
        if self.sequences is None:
            return (torch.tensor(numbers),)
        return torch.tensor(numbers), torch.from_numpy(self.sequences[np.array(numbers)])


class SequenceDataModule(lightning.LightningDataModule):
    """Batches (x, y, w): one-hot (N, 4, L), targets (N, T) with NaN, weights (N,)."""

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int = 128,
        seed: int = 1,
        augmentation: Augmentation | None = None,
        blocks: Blocks | None = None,
    ) -> None:
        super().__init__()
        self.dataset, self.seed = dataset, seed
        self.batch_size, self.blocks = batch_size, blocks
        self.augmentation = augmentation or Augmentation()
        self.columns: dict[str, Tensor] = {}
        self.stored: dict[str, Any] = {}

    def setup(self, stage: str) -> None:
        """Move the packed sequences, targets and weights to the device of the run, once.

        With `blocks` the sequences stay in the dataset's file, and come with each batch.
        """
        rows = self.dataset.rows
        columns = {"start": rows.start, "size": rows.size}
        if self.blocks:
            train = HeldRows(rows.bases, self.dataset.part("train"), self.blocks)
            self.stored = {"train": train, "val": rows.bases}
        else:
            columns["bases"] = rows.bases
        columns |= {"targets": self.dataset.targets, "weights": self.dataset.weights}
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        self.columns = {
            name: torch.from_numpy(np.require(column, requirements="W")).to(device)
            for name, column in columns.items()
        }

    def train_dataloader(self) -> DataLoader:
        """Batches of the current epoch that are not done; Lightning asks for a new loader every epoch."""
        if not self.trainer:
            return self._loader("train", self.batch_size)
        epoch, size = self.trainer.current_epoch, self.batch_size * self.trainer.world_size
        done = self.trainer.global_step - epoch * steps_per_epoch(len(self.dataset.part("train")), size)
        return self._loader("train", self.batch_size, epoch=epoch, done=done)

    def val_dataloader(self) -> DataLoader:
        """Batches of the validation rows."""
        return self._loader("val", EVALUATION_BATCH)

    def on_after_batch_transfer(
        self, batch: tuple[Tensor, ...], dataloader_idx: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Look the rows up and one-hot encode them on the device that holds them."""
        numbers, *sequences = batch
        rows = {name: column[numbers] for name, column in self.columns.items()}
        bases = sequences[0] if sequences else rows["bases"]
        if self.trainer and self.trainer.training and self.augmentation:
            bases = self._augment(bases, rows["start"], rows["size"])
        return expand(bases, self.dataset.layout.ambiguity), rows["targets"], rows["weights"]

    def _augment(self, bases: Tensor, start: Tensor, size: Tensor) -> Tensor:
        """Shift, turn over and mutate; drawn from (seed, step, rank)."""
        n, device = len(bases), bases.device
        trainer = self.trainer
        numbers = (self.seed, 1, trainer.global_step, trainer.global_rank) if trainer else (self.seed, 1)
        generator = torch.Generator().manual_seed(derive_seed(*numbers))
        most = self.augmentation.shift
        shift = torch.randint(-most, most + 1, (n,), generator=generator)
        reverse = (torch.rand(n, generator=generator) < 0.5) & self.augmentation.reverse
        if self.augmentation.mutate:
            hit = torch.rand(bases.shape, generator=generator) < self.augmentation.mutate
            letter = torch.tensor([1, 2, 4, 8], dtype=torch.uint8)
            drawn = letter[torch.randint(0, 4, bases.shape, generator=generator)].to(device)
            bases = torch.where(hit.to(device) & (bases > 0), drawn, bases)
        flanks = (self.dataset.layout.flank5, self.dataset.layout.flank3)
        return slide(bases, start, size, shift=shift.to(device), reverse=reverse.to(device), flanks=flanks)

    def _loader(self, part: str, batch_size: int, *, epoch: int = 0, done: int = 0) -> DataLoader:
        """Return the loader of one part of the split."""
        rows = self.dataset.part(part)
        rank, world = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        blocks = self.blocks if part == "train" else None
        sampler = EpochSampler(
            rows, batch_size, seed=self.seed, epoch=epoch, rank=rank, world=world, done=done, blocks=blocks
        )
        collate: Any = _as_it_is
        return DataLoader(_Numbers(self.stored.get(part)), batch_sampler=sampler, collate_fn=collate)


def _as_it_is(batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return a batch, which is one already."""
    return batch
