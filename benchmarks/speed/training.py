"""Rows of the speed table on training: three epochs of 50,000 sequences, in memory and on disk.

`python -m benchmarks.speed.training` prints them.  Keras and TensorFlow are installed by pip into an
environment in benchmarks/runs/peers on first use.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import lightning
import numpy as np
import sklearn.covariance  # noqa: F401 -- imported here so that its import is not timed
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.speed import plain_torch as plain
from benchmarks.speed.files import measured_command, seconds_of
from benchmarks.speed.peer_environments import environment
from benchmarks.speed.reference_network import CONFIG, LENGTH, packed_rows, random_letters
from benchmarks.speed.rows import Row, interleaved, markdown, wall_seconds
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.encoders import ENCODERS
from seqcnn.model.inference.device import tune_malloc
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.model.train import train
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.window import Layout

N, HELD_OUT = 50_000, 256
"""Numbers of training sequences, and of validation and test sequences each."""

BATCH, EPOCHS = 128, 3

MEMORY = 2
"""MB of sequences in memory, of 10 MB, when they stay on disk."""

MANY, HELD = 2_000_000, 40
"""Number of sequences of the dataset of the memory rows (400 MB), and MB of them in memory."""


def rows(n: int = N, repeats: int = 3) -> list[Row]:
    """Measure all rows, in wall time on all cores; each run is a separate process without its imports."""
    keras = environment("keras", "tensorflow-cpu", "keras")
    script = [sys.executable, "-W", "ignore", "-m", "benchmarks.speed.training"]
    peer = Path(__file__).parent / "peers" / "train_keras.py"
    seconds: dict[str, list[float]] = {way: [] for way in (*WAYS, *(["Keras"] if keras else []))}
    for _ in range(repeats):
        for way in WAYS:
            seconds[way] += seconds_of([*script, way, n])
        if keras:  # the first epoch includes tracing and is left out
            epochs = seconds_of([keras, peer, n, BATCH, torch.get_num_threads(), EPOCHS + 1])
            seconds["Keras"].append(sum(epochs[1:]))
    medians = {way: float(np.median(found)) for way, found in seconds.items()}
    note = f"{EPOCHS} passes over {n:,} sequences, batches of {BATCH}"
    overhead = medians["seqcnn train"] / medians["bare"]
    found = [Row("`seqcnn train` / the same network in a bare loop", overhead, "<= 1.05", note)]
    target = {"plain": "baseline", "seqcnn train": "<= 0.62", "bare": ""}
    for way, median in medians.items():
        spread = f"+-{50 * np.ptp(seconds[way]) / median:.0f} %"
        speed = f"{EPOCHS * n / median:,.0f} sequences/s {spread}; {note}"
        found.append(Row(f"train, CPU, {way}", median / medians["plain"], target.get(way, "peer"), speed))
    with TemporaryDirectory() as name:
        return [*found, disk_row(dataset(n), Path(name), repeats), *memory_rows(Path(name))]


def time_once(way: str, n: int) -> None:
    """Print the seconds of one way to train."""
    data = dataset(n)
    x = expand(torch.from_numpy(data.rows.bases[:n])).contiguous()
    y = torch.from_numpy(data.targets[:n]).float()
    begin = wall_seconds()
    WAYS[way](data, x, y)
    print("seconds", wall_seconds() - begin)


def disk_row(data: Dataset, folder: Path, repeats: int) -> Row:
    """Time training from disk relative to training in memory, including reading."""
    file, output = folder / "dataset.h5", folder / "model.safetensors"
    data.save(file)
    times = interleaved({
        held: lambda held=held: trained(
            load_dataset(file, megabytes=held), output, Machine("cpu", megabytes=held)
        )
        for held in (None, MEMORY)
    }, repeats, clock=wall_seconds)  # fmt: skip
    note = f"--memory {MEMORY}, of {data.rows.bases.nbytes / 1e6:.0f} MB"
    return Row("train from disk, speed", times[None].median / times[MEMORY].median, ">= 0.80", note)


def memory_rows(folder: Path) -> list[Row]:
    """Measure the peak memory of training on a large dataset relative to a small one."""
    model, peaks = folder / "small.yaml", {}
    model.write_text("encoder: mlp\nargs: {hidden: [4]}\ntraining: {epochs: 1, batch_size: 1024}\n")
    for n, more in ((10_000, []), (MANY, []), (MANY, ["--memory", HELD])):
        dataset(n).save(folder / "many.h5")
        command = ["train", folder / "many.h5", "--config", model, *more, "-o", folder / "model.safetensors"]
        peaks[n, bool(more)] = measured_command(command)[1]
    least = peaks[10_000, False]
    return [
        Row(f"train {n:,} sequences, {'on disk' if disk else 'in memory'}", peak / least, "bounded",
            f"peak {peak:.0f} MB, of which {peak - least:.0f} MB are data"
            + (f"; --memory {HELD}" if disk else ""))
        for (n, disk), peak in peaks.items()
    ]  # fmt: skip


def dataset(n: int) -> Dataset:
    """Return random sequences with random measurements."""
    letters = random_letters(n + 2 * HELD_OUT, seed=8)
    total = len(letters)
    return Dataset(
        ids=[str(number) for number in range(total)],
        rows=packed_rows(letters),
        targets=np.random.default_rng(9).normal(size=(total, 1)).astype(np.float32),
        weights=np.ones(total, np.float32),
        split=np.array(["train"] * n + ["val"] * HELD_OUT + ["test"] * HELD_OUT),
        groups=np.arange(total, dtype=np.int32),
        max_train_identity=np.full(total, np.nan, np.float32),
        nearest_train_row=np.full(total, -1, np.int32),
        recurring_fraction=np.full(total, np.nan, np.float32),
        replicates=np.empty((total, 1, 0), np.float32),
        categories=np.empty((total, 0), str),
        target_names=["y"],
        category_names=[],
        units=[""],
        layout=Layout(LENGTH),
        provenance={"inputs": {}, "split": "given", "notes": []},
    )


def trained(
    data: Dataset, output: Path, machine: Machine, *, batch: int = BATCH, epochs: int = EPOCHS
) -> None:
    """Train as `seqcnn train` does, including scores and bundle."""
    plan = CONFIG.training.model_copy(update={"epochs": epochs, "batch_size": batch})
    train(data, CONFIG.model_copy(update={"training": plan}), output, machine=machine)


def seqcnn_network() -> nn.Module:
    """Return seqcnn's network, for a plain loop."""
    encoder = ENCODERS["cnn"](200, **CONFIG.args)
    return SequenceRegressor(encoder, 1)


class Plain(lightning.LightningModule):
    """Lightning module of a network."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.train()

    def training_step(self, batch: list[torch.Tensor], number: int) -> torch.Tensor:
        """Return the loss."""
        return nn.functional.mse_loss(self.model(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def with_lightning(
    x: torch.Tensor,
    y: torch.Tensor,
    model: nn.Module,
    *,
    accelerator: str = "cpu",
    batch: int = BATCH,
    epochs: int = EPOCHS,
) -> None:
    """Train with Lightning and a DataLoader."""
    loader = DataLoader(TensorDataset(x, y), batch_size=batch, shuffle=True)
    trainer = lightning.Trainer(
        accelerator=accelerator, max_epochs=epochs, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Plain(model), loader)


def with_our_command(data: Dataset, x: torch.Tensor, y: torch.Tensor) -> None:
    """Train as `seqcnn train` does."""
    with TemporaryDirectory() as name:
        trained(data, Path(name, "model.safetensors"), Machine("cpu"))


def with_bare_loop(x: torch.Tensor, y: torch.Tensor) -> None:
    """Train seqcnn's network in a plain loop, with the memory settings of `seqcnn train`."""
    tune_malloc()
    plain.train(seqcnn_network(), x, y, batch=BATCH, epochs=EPOCHS)


WAYS = {
    "plain": lambda data, x, y: plain.train(plain.network(), x, y, batch=BATCH, epochs=EPOCHS),
    "seqcnn train": with_our_command,
    "bare": lambda data, x, y: with_bare_loop(x, y),
    "Lightning + DataLoader": lambda data, x, y: with_lightning(x, y, plain.network()),
}
"""Name -> function that trains on a dataset or on its one-hot sequences and measurements."""


if __name__ == "__main__":
    if len(sys.argv) > 1:
        time_once(sys.argv[1], int(sys.argv[2]))
    else:
        print(markdown(rows()))
