"""Rows of the speed table on training: one pass over 50,000 sequences.

`python benchmarks/speed_training.py` prints them.  Keras and TensorFlow are installed by pip into an
environment of their own below benchmarks/runs/peers, where that is not there yet.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import lightning
import numpy as np
import speed_plain as plain
import torch
from peer_environments import environment
from speed_files import seconds_of
from speed_rows import Row, Times, interleaved, markdown, wall_seconds
from speed_yardstick import CONFIG, random_letters
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from seqcnn.data.arrays import dataset_from_arrays
from seqcnn.data.dataset import Dataset
from seqcnn.data.onehot import expand
from seqcnn.encoders import ENCODERS
from seqcnn.model.regressor import SequenceRegressor
from seqcnn.model.train import train
from seqcnn.model.trainer import Machine

N, HELD_OUT = 50_000, 256
"""Training sequences; of validation and test, each."""

BATCH = 128


def rows(n: int = N, repeats: int = 3) -> list[Row]:
    """Measure all rows, in wall time on all cores."""
    data = dataset(n)
    x = expand(torch.from_numpy(data.rows.bases[:n])).contiguous()
    y = torch.from_numpy(data.targets[:n]).float()
    with TemporaryDirectory() as name:
        times = interleaved({
            "plain": lambda: plain.train(plain.network(), x, y, batch=BATCH),
            "seqcnn train": lambda: one_epoch(data, Path(name, "model.safetensors")),
            "bare": lambda: plain.train(ours(), x, y, batch=BATCH),
            "Lightning + DataLoader": lambda: with_lightning(x, y),
        }, repeats, clock=wall_seconds)  # fmt: skip
    times |= keras_times(n, repeats)
    base = times["plain"].median
    note = f"{n:,} sequences, batches of {BATCH}"

    overhead = times["seqcnn train"].median / times["bare"].median
    found = [Row("`seqcnn train` / the same network in a bare loop", overhead, "<= 1.05", note)]
    for name, wanted in (("seqcnn train", "<= 0.62"), ("Lightning + DataLoader", "peer"), ("Keras", "peer")):
        if name in times:
            speed = f"{n / times[name].median:,.0f} sequences/s; {note}"
            found.append(Row(f"train, CPU, {name}", times[name].median / base, wanted, speed))
    return found


def dataset(n: int) -> Dataset:
    """Return random sequences with measurements that are noise."""
    letters = random_letters(n + 2 * HELD_OUT, seed=8)
    split = ["train"] * n + ["val"] * HELD_OUT + ["test"] * HELD_OUT
    y = np.random.default_rng(9).normal(size=len(letters))
    return dataset_from_arrays([row.tobytes() for row in letters], y, split=split)


def one_epoch(data: Dataset, output: Path) -> None:
    """Train as the command does, scores and bundle included."""
    config = CONFIG.model_copy(
        update={"training": CONFIG.training.model_copy(update={"epochs": 1, "batch_size": BATCH})}
    )
    train(data, config, output, machine=Machine("cpu"))


def ours() -> nn.Module:
    """Return seqcnn's network for a loop by hand."""
    encoder = ENCODERS["cnn"](200, **CONFIG.args)
    return SequenceRegressor(encoder, 1)


class Plain(lightning.LightningModule):
    """The plain network in Lightning."""

    def __init__(self) -> None:
        super().__init__()
        self.model = plain.network().train()

    def training_step(self, batch: list[torch.Tensor], number: int) -> torch.Tensor:
        """Return the loss."""
        return nn.functional.mse_loss(self.model(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def with_lightning(x: torch.Tensor, y: torch.Tensor) -> None:
    """Train with Lightning and a DataLoader."""
    loader = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True)
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Plain(), loader)


def keras_times(n: int, repeats: int) -> dict[str, Times]:
    """Time Keras in an environment of its own; nothing if it cannot be installed here."""
    python = environment("keras", "tensorflow-cpu", "keras")
    if python is None:
        return {}
    script = Path(__file__).parent / "peers" / "train_keras.py"
    seconds = np.array(seconds_of([python, script, n, BATCH, torch.get_num_threads(), repeats + 1])[1:])
    return {"Keras": Times(float(np.median(seconds)), float(np.ptp(seconds) / np.median(seconds)))}


if __name__ == "__main__":
    print(markdown(rows()))
