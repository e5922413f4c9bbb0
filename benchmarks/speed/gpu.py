"""Rows of the speed table on a GPU; without a GPU, one row that states it.

`python -m benchmarks.speed.gpu` prints them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.speed import plain_torch as plain
from benchmarks.speed.reference_network import random_letters, reference_bundle, write_fasta
from benchmarks.speed.rows import Row, interleaved, markdown, wall_seconds
from benchmarks.speed.training import dataset, seqcnn_network, trained, with_lightning
from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.data.dataset import Dataset
from seqcnn.model.predict import Runtime, predict_file
from seqcnn.model.train import train
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.onehot import expand

BATCH = 1024

SIZES = {50_000: (20, 20), 1_000_000: (10, 1)}
"""Number of training sequences -> epochs of seqcnn and of the baseline, whose start-up is negligible."""

ACCELERATORS = {"cuda": "gpu", "cpu": "cpu"}
"""Lightning's names of devices."""

WANTED = ">= 5 x Lightning + DataLoader"

SAMPLES = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]
"""Command that prints the percentage of the time with a running kernel, ten times per second."""

SEEDS, LEARNT, WORDS = 3, 20_000, 12
"""Comparison with a CPU: seeds, sequences, and 4-mers whose counts determine the measurement."""

RECORDS = 200_000
"""Number of records of the predicted file."""

RECIPE = ModelConfig(encoder="cnn", training=TrainingPlan(epochs=10, batch_size=128, lr=0.01))
"""Configuration of the network of that comparison."""


def rows(device: str = "cuda", repeats: int = 3) -> list[Row]:
    """Measure all rows, in wall time."""
    if device == "cuda" and not torch.cuda.is_available():
        return [Row("train, GPU", None, WANTED, "not measured: no GPU")]
    found = [row for n, epochs in SIZES.items() for row in speed(device, n, *epochs, repeats)]
    return [*found, accuracy(device), prediction(device, repeats)]


def speed(device: str, n: int, epochs: int, passes: int, repeats: int) -> list[Row]:
    """Compare training speeds of the same network after a warm-up."""
    data = dataset(n)
    x = expand(torch.from_numpy(data.rows.bases[:n])).contiguous()
    y = torch.from_numpy(data.targets[:n])
    with TemporaryDirectory() as name:
        output, machine = Path(name, "model.safetensors"), Machine(device)

        def with_lightning_as_it_comes() -> None:
            """Train with torch's default precision of convolutions, as a plain script does."""
            torch.backends.cudnn.allow_tf32 = True
            with_lightning(
                x, y, seqcnn_network(), accelerator=ACCELERATORS[device], batch=BATCH, epochs=passes
            )

        ways = {
            "seqcnn train": lambda: trained(data, output, machine, batch=BATCH, epochs=epochs),
            "Lightning + DataLoader": with_lightning_as_it_comes,
        }
        times = interleaved(ways, repeats, clock=wall_seconds)
        busy = utilisation(ways["seqcnn train"])
    card = torch.cuda.get_device_name() if device == "cuda" else device
    done = {"seqcnn train": epochs, "Lightning + DataLoader": passes}
    rate = {way: done[way] * n / t.median for way, t in times.items()}
    speeds = (f"{way} {rate[way]:,.0f} sequences/s +-{50 * t.spread:.0f} %" for way, t in times.items())
    note = f"{'; '.join(speeds)}; {epochs} and {passes} passes, batches of {BATCH}; {card}"
    ratio = rate["seqcnn train"] / rate["Lightning + DataLoader"]
    what = f"train, GPU, {n:,} sequences"
    return [
        Row(what, ratio, WANTED, note),
        Row(f"{what}, utilisation", busy, ">= 0.90", f"nvidia-smi, including start-up and scores; {card}"),
    ]


def accuracy(device: str) -> Row:
    """Compare the test r of GPU training with that of CPU training in 32 bits."""
    data, r = learnable(), {}
    test = data.part("test")
    for where in ("cpu", device):
        r[where] = []
        for seed in range(SEEDS):
            with TemporaryDirectory() as name:
                model = train(data, RECIPE, Path(name, "m"), seed=seed, machine=Machine(where))
            y_hat = model.predict_rows(data.rows.take(test))
            r[where].append(np.corrcoef(y_hat[:, 0], data.targets[test, 0])[0, 1])
    note = "; ".join(f"{where} {np.mean(found):.4f} +-{np.ptp(found) / 2:.4f}" for where, found in r.items())
    ratio = float(np.mean(r[device]) / np.mean(r["cpu"]))
    return Row("train, GPU, test r / test r on a CPU", ratio, "same", f"r of {SEEDS} seeds: {note}")


def prediction(device: str, repeats: int) -> Row:
    """Time the prediction of a file relative to the typical script on the same device."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        fasta, output = write_fasta(folder / "seqs.fa", random_letters(RECORDS)), folder / "out.tsv"
        bundle, model = reference_bundle(folder), plain.network().to(device)

        def on_device(x: torch.Tensor) -> torch.Tensor:
            """Predict on the device and return the result to the CPU."""
            return model(x.to(device)).cpu()

        def with_seqcnn() -> None:
            """Predict as the command does."""
            output.unlink(missing_ok=True)
            predict_file(fasta, [bundle], output, runtime=Runtime(device=device))

        ways = {
            "seqcnn predict": with_seqcnn,
            "script": lambda: plain.predict_file(fasta, output, on_device, batch=BATCH),
        }
        times = interleaved(ways, repeats, clock=wall_seconds)
    note = "; ".join(f"{way} {RECORDS / t.median:,.0f} sequences/s" for way, t in times.items())
    ratio = times["seqcnn predict"].median / times["script"].median
    return Row("FASTA to TSV, GPU", ratio, "<= 0.40", f"{note}; the script in batches of {BATCH}")


def learnable() -> Dataset:
    """Return random sequences whose measurement is a noisy sum of 4-mer counts."""
    data, random = dataset(LEARNT), np.random.default_rng(10)
    bases = np.log2(data.rows.bases).astype(int)
    word = sum(bases[:, k : bases.shape[1] - 3 + k] * 4**k for k in range(4))
    words = random.choice(256, WORDS, replace=False)
    counts = np.stack([(word == each).sum(1) for each in words], 1)
    y = counts @ random.normal(size=WORDS) + random.normal(0, 1, len(counts))
    return replace(data, targets=y[:, None].astype(np.float32))


def utilisation(run: Callable[[], object]) -> float:
    """Return the median GPU utilisation during a function."""
    with subprocess.Popen(SAMPLES, stdout=subprocess.PIPE, text=True) as monitor:
        run()
        monitor.terminate()
        samples, _ = monitor.communicate()
    return float(np.median([float(line) for line in samples.split()])) / 100


if __name__ == "__main__":
    print(markdown(rows()))
