"""Batches of a dataset for training: packed rows on the training device, one-hot encoded there.

The order of the rows is a function of (seed, epoch) and the augmentation one of (seed, epoch, step), see
`seqcnn.data.batches.epoch_sampler`: a resumed run sees the same batches as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from seqcnn.data.batches.augmentation import Augmentation, Batch
from seqcnn.data.batches.disk_blocks import BufferedRows, ShuffleBlocks
from seqcnn.data.batches.epoch_sampler import EpochSampler, Shard, derive_seed, steps_per_epoch
from seqcnn.data.dataset import Dataset
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.window import slide

EVALUATION_BATCH = 256
"""Smallest number of sequences per validation batch; the training batch size if that is larger."""

Draw = Callable[[int, int], Batch]
"""Step of the epoch and number of its sequences -> the random choices of their augmentation."""


class _Steps(torch.utils.data.Dataset):
    """Steps of an epoch as the host prepares them: row numbers, random choices, sequences read from disk."""

    def __init__(self, sequences: Any, draw: Draw) -> None:
        self.sequences, self.draw = sequences, draw

    def __getitems__(self, steps: tuple[int, Tensor]) -> Batch:
        first, numbers = steps
        batches = [{"numbers": rows, **self.draw(first + k, len(rows))} for k, rows in enumerate(numbers)]
        if self.sequences is not None:
            for batch in batches:
                batch["bases"] = torch.from_numpy(self.sequences[batch["numbers"].numpy()])
        return {name: torch.stack([batch[name] for batch in batches]) for name in batches[0]}


def _no_augmentation(step: int, n: int) -> Batch:
    """Return no random choices."""
    return {}


class SequenceDataModule(lightning.LightningDataModule):
    """Loaders of row numbers, from which `encode` makes x (N, 4, L), targets (N, T) and weights (N,).

    Loaders yield up to `steps_per_call` steps at a time: columns of shape (K, N, ...), see `unstack`.

    Parameters
    ----------
    dataset
        The dataset; its training rows and the validation rows that choose a model are used.
    batch_size
        Rows per step and device.
    seed
        Random seed of the order of the rows and of the augmentation.
    augmentation
        Random changes of the training sequences; none by default.
    steps_per_call
        Number of steps per item of the training loader.
    blocks
        How to shuffle sequences that stay on disk; None keeps them in memory.
    features
        Whether x are the features of the rows, (N, D, P), instead of their sequences.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int = 128,
        seed: int = 1,
        augmentation: Augmentation | None = None,
        steps_per_call: int = 1,
        blocks: ShuffleBlocks | None = None,
        features: bool = False,
    ) -> None:
        super().__init__()
        self.dataset, self.seed, self.features = dataset, seed, features
        self.batch_size, self.steps_per_call, self.blocks = batch_size, steps_per_call, blocks
        self.augmentation = augmentation or Augmentation()
        self.rows = {"train": dataset.part("train"), "val": dataset.part("selection")}
        self.columns: dict[str, Tensor] = {}
        self.stored: dict[str, Any] = {}

    def setup(self, stage: str) -> None:
        """Move the packed sequences, targets and weights to the device of the run, once.

        With `blocks` the sequences stay in the dataset's file and are part of each batch.
        """
        rows = self.dataset.rows
        columns = {"start": rows.start, "insert_length": rows.insert_length}
        if self.features and rows.features is not None:
            columns = {"features": rows.features}
        elif self.blocks:
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
        """Return the loader of the remaining steps of the current epoch; Lightning reloads it every epoch."""
        if not self.trainer:
            return self._loader("train", self.batch_size)
        epoch, size = self.trainer.current_epoch, self.batch_size * self.trainer.world_size
        first = epoch * steps_per_epoch(len(self.rows["train"]), size)
        done = self.trainer.global_step - first
        draw = partial(self._draw, self.trainer.global_rank, epoch, first)
        return self._loader(
            "train", self.batch_size, epoch=epoch, done=done, steps_per_call=self.steps_per_call,
            draw=draw if self.augmentation else _no_augmentation,
        )  # fmt: skip

    def val_dataloader(self) -> DataLoader:
        """Return the loader of the validation rows."""
        return self._loader("val", max(EVALUATION_BATCH, self.batch_size))

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return x, targets and weights of the rows of one step, on the device that holds them."""
        numbers = batch["numbers"]
        rows = {name: column[numbers] for name, column in self.columns.items()}
        if self.features:
            return rows["features"].transpose(1, 2), rows["targets"], rows["weights"]
        bases = batch["bases"] if self.blocks else rows["bases"]
        if "letters" in batch:
            bases = torch.where((batch["letters"] > 0) & (bases > 0), batch["letters"], bases)
        if self.augmentation.changes and "kind" in batch:
            place, fixed_3p = (rows["start"], rows["insert_length"]), self.dataset.layout.align == "right"
            bases = self.augmentation.changes.apply(bases, *place, batch, fixed_3p=fixed_3p)
        if "shift" in batch:
            bases = slide(
                bases, rows["start"], rows["insert_length"], shift=batch["shift"], reverse=batch["reverse"],
                flanks=(self.dataset.layout.flank5, self.dataset.layout.flank3),
            )  # fmt: skip
        return expand(bases, self.dataset.layout.ambiguity), rows["targets"], rows["weights"]

    def _device(self) -> torch.device:
        """Return the device of the run."""
        return self.trainer.strategy.root_device if self.trainer else torch.device("cpu")

    def _draw(self, rank: int, epoch: int, first: int, step: int, n: int) -> Batch:
        """Return the random choices for n sequences, from (seed, step, rank)."""
        seed = derive_seed(self.seed, 1, first + step, rank)
        return self.augmentation.draw(n, self.dataset.layout.length, seed, epoch=epoch)

    def _loader(
        self,
        part: str,
        batch_size: int,
        *,
        epoch: int = 0,
        done: int = 0,
        steps_per_call: int = 1,
        draw: Draw = _no_augmentation,
    ) -> DataLoader:
        """Return the loader of one part of the split."""
        shard = Shard(self.trainer.global_rank, self.trainer.world_size) if self.trainer else Shard()
        sampler: Any = EpochSampler(
            self.rows[part],
            batch_size,
            seed=derive_seed(self.seed, 0, epoch),
            shard=shard,
            done=done,
            steps_per_call=steps_per_call,
            blocks=self.blocks if part == "train" else None,
        )
        collate: Any = _collated
        pinned = self._device().type == "cuda"
        return DataLoader(
            _Steps(self.stored.get(part), draw), batch_sampler=sampler, collate_fn=collate, pin_memory=pinned
        )


def unstack(steps: Batch) -> Iterator[Batch]:
    """Yield the K batches of columns of shape (K, N, ...)."""
    for k in range(len(steps["numbers"])):
        yield {name: column[k] for name, column in steps.items()}


def _collated(batch: Batch) -> Batch:
    """Return the batch unchanged: it is collated already."""
    return batch
