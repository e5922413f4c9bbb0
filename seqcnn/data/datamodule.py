"""Dataset -> batches: packed rows are one-hot encoded on the training device, where they live if they fit.

The order of the rows, and every augmentation, is a pure function of (seed, epoch) or (seed, step):
a run that is killed and resumed sees the same batches as one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from seqcnn.data.batches.augmentation import Augmentation, Batch
from seqcnn.data.batches.disk_blocks import BufferedRows, ShuffleBlocks
from seqcnn.data.dataset import Dataset
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.window import slide

EVALUATION_BATCH = 256
"""Sequences per batch where no gradient is needed, or as many as in training, if these are more."""

Draw = Callable[[int, int], Batch]
"""Step of the epoch and number of its sequences -> what is drawn at random for them."""


def derive_seed(*numbers: int) -> int:
    """Return one seed from several numbers: run seed, stream, epoch or step."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


class EpochSampler(Sampler[tuple[int, Tensor]]):
    """Steps of an epoch: the number of the first, and their rows, int64 (K, N), up to `together` at a time.

    Rows come in a permutation drawn from (seed, epoch), dealt out over the devices; the last step, if it has
    fewer, comes by itself.  The first `done` steps are left out.  With `blocks`, some blocks of rows come
    after the others.
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
        together: int = 1,
        blocks: ShuffleBlocks | None = None,
    ) -> None:
        self.rows, self.blocks = torch.from_numpy(rows), blocks
        self.size, self.done, self.together = batch_size * world, done, together
        self.seed, self.epoch, self.rank, self.world = seed, epoch, rank, world

    def __len__(self) -> int:
        whole, rest = divmod(len(self.rows), self.size)
        return -(-max(whole - self.done, 0) // self.together) + bool(rest and self.done <= whole)

    def __iter__(self) -> Iterator[tuple[int, Tensor]]:
        generator = torch.Generator().manual_seed(derive_seed(self.seed, 0, self.epoch))
        n = len(self.rows)
        drawn = self.blocks.order(n, generator) if self.blocks else torch.randperm(n, generator=generator)
        order, whole = self.rows[drawn], n // self.size
        for step in range(self.done, whole, self.together):
            steps = order[step * self.size : min(step + self.together, whole) * self.size]
            yield step, steps.view(-1, self.size)[:, self.rank :: self.world]
        if len(rest := order[max(whole, self.done) * self.size :]):
            share = rest[self.rank :: self.world]
            yield whole, (share if len(share) else rest[:1]).unsqueeze(0)


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Return the number of batches of one epoch; the last one may be smaller."""
    return -(-rows // batch_size)


class _Steps(torch.utils.data.Dataset):
    """Steps of an epoch as the host gives them: rows, what was drawn for them, sequences kept on disk."""

    def __init__(self, sequences: Any, draw: Draw) -> None:
        self.sequences, self.draw = sequences, draw

    def __getitems__(self, steps: tuple[int, Tensor]) -> Batch:
        first, numbers = steps
        found = [{"numbers": rows, **self.draw(first + k, len(rows))} for k, rows in enumerate(numbers)]
        if self.sequences is not None:
            for batch in found:
                batch["bases"] = torch.from_numpy(self.sequences[batch["numbers"].numpy()])
        return {name: torch.stack([batch[name] for batch in found]) for name in found[0]}


def _nothing(step: int, n: int) -> Batch:
    """Draw nothing."""
    return {}


class SequenceDataModule(lightning.LightningDataModule):
    """What `encode` makes batches (x, y, w) of: one-hot (N, 4, L), targets (N, T) with NaN, weights (N,).

    Loaders give up to `together` steps at a time, columns of shape (K, N, ...).
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int = 128,
        seed: int = 1,
        augmentation: Augmentation | None = None,
        together: int = 1,
        blocks: ShuffleBlocks | None = None,
    ) -> None:
        super().__init__()
        self.dataset, self.seed = dataset, seed
        self.batch_size, self.together, self.blocks = batch_size, together, blocks
        self.augmentation = augmentation or Augmentation()
        self.rows = {part: dataset.part(part) for part in ("train", "val")}
        self.columns: dict[str, Tensor] = {}
        self.stored: dict[str, Any] = {}

    def setup(self, stage: str) -> None:
        """Move the packed sequences, targets and weights to the device of the run, once.

        With `blocks` the sequences stay in the dataset's file, and come with each batch.
        """
        rows = self.dataset.rows
        columns = {"start": rows.start, "insert_length": rows.insert_length}
        if self.blocks:
            train = BufferedRows(rows.bases, self.rows["train"], self.blocks)
            self.stored = {"train": train, "val": rows.bases}
        else:
            columns["bases"] = rows.bases
        columns |= {"targets": self.dataset.targets, "weights": self.dataset.weights}
        device = self._device()
        self.columns = {
            name: torch.from_numpy(np.require(column, requirements="W")).to(device)
            for name, column in columns.items()
        }

    def train_dataloader(self) -> DataLoader:
        """Steps of the current epoch that are not done; Lightning asks for a new loader every epoch."""
        if not self.trainer:
            return self._loader("train", self.batch_size)
        epoch, size = self.trainer.current_epoch, self.batch_size * self.trainer.world_size
        first = epoch * steps_per_epoch(len(self.rows["train"]), size)
        done = self.trainer.global_step - first
        draw = partial(self._draw, self.trainer.global_rank, first) if self.augmentation else _nothing
        return self._loader(
            "train", self.batch_size, epoch=epoch, done=done, together=self.together, draw=draw
        )

    def val_dataloader(self) -> DataLoader:
        """Batches of the validation rows."""
        return self._loader("val", max(EVALUATION_BATCH, self.batch_size))

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Look the rows of one step up and one-hot encode them, on the device that holds them."""
        numbers = batch["numbers"]
        rows = {name: column[numbers] for name, column in self.columns.items()}
        bases = batch["bases"] if self.blocks else rows["bases"]
        if "letters" in batch:
            bases = torch.where((batch["letters"] > 0) & (bases > 0), batch["letters"], bases)
        if "shift" in batch:
            bases = slide(
                bases, rows["start"], rows["insert_length"], shift=batch["shift"], reverse=batch["reverse"],
                flanks=(self.dataset.layout.flank5, self.dataset.layout.flank3),
            )  # fmt: skip
        return expand(bases, self.dataset.layout.ambiguity), rows["targets"], rows["weights"]

    def _device(self) -> torch.device:
        """Return the device of the run."""
        return self.trainer.strategy.root_device if self.trainer else torch.device("cpu")

    def _draw(self, rank: int, first: int, step: int, n: int) -> Batch:
        """Draw how n sequences are changed, from (seed, step, rank)."""
        seed = derive_seed(self.seed, 1, first + step, rank)
        return self.augmentation.draw(n, self.dataset.layout.length, seed)

    def _loader(
        self,
        part: str,
        batch_size: int,
        *,
        epoch: int = 0,
        done: int = 0,
        together: int = 1,
        draw: Draw = _nothing,
    ) -> DataLoader:
        """Return the loader of one part of the split."""
        rank, world = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        sampler: Any = EpochSampler(
            self.rows[part],
            batch_size,
            seed=self.seed,
            epoch=epoch,
            rank=rank,
            world=world,
            done=done,
            together=together,
            blocks=self.blocks if part == "train" else None,
        )
        collate: Any = _as_it_is
        pinned = self._device().type == "cuda"
        return DataLoader(
            _Steps(self.stored.get(part), draw), batch_sampler=sampler, collate_fn=collate, pin_memory=pinned
        )


def unstack(steps: Batch) -> Iterator[Batch]:
    """Take batches that came together apart."""
    for k in range(len(steps["numbers"])):
        yield {name: column[k] for name, column in steps.items()}


def _as_it_is(batch: Batch) -> Batch:
    """Return a batch, which is one already."""
    return batch
