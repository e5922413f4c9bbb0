"""Rows of the speed table on training with a GPU; where there is none, a row that says so.

`python benchmarks/speed_gpu.py` prints them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from speed_rows import Row, interleaved, markdown, wall_seconds
from speed_training import N, dataset, ours, trained, with_lightning

from seqcnn.data.onehot import expand
from seqcnn.model.trainer import Machine

BATCH, EPOCHS = 1024, 40

WANTED = ">= 5 x Lightning + DataLoader"

SAMPLES = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]
"""Prints the part of the time that a kernel ran, in percent, ten times a second."""


def rows(device: str = "cuda", epochs: int = EPOCHS) -> list[Row]:
    """Measure all rows, in wall time; both ways train one network, and start once to warm up."""
    if device == "cuda" and not torch.cuda.is_available():
        return [Row("train, GPU", None, WANTED, "not measured: no GPU here")]
    data = dataset(N)
    x = expand(torch.from_numpy(data.rows.bases[:N])).contiguous()
    y = torch.from_numpy(data.targets[:N])
    with TemporaryDirectory() as name:
        output, machine = Path(name, "model.safetensors"), Machine(device)
        ways = {
            "seqcnn train": lambda: trained(data, output, machine, batch=BATCH, epochs=epochs),
            "Lightning + DataLoader": lambda: with_lightning(
                x, y, ours(), accelerator={"cuda": "gpu"}.get(device, device), batch=BATCH, epochs=epochs
            ),
        }
        times = interleaved(ways, 3, clock=wall_seconds)
        busy = utilisation(ways["seqcnn train"])
    card = torch.cuda.get_device_name() if device == "cuda" else device
    speeds = {way: f"{way} {epochs * N / t.median:,.0f} sequences/s" for way, t in times.items()}
    note = f"{'; '.join(speeds.values())}; {epochs} passes over {N:,} sequences, batches of {BATCH}; {card}"
    ratio = times["Lightning + DataLoader"].median / times["seqcnn train"].median
    return [
        Row("train, GPU", ratio, WANTED, note),
        Row("train, GPU, utilisation", busy, ">= 0.90", f"nvidia-smi, start and scores included; {card}"),
    ]


def utilisation(run: Callable[[], object]) -> float:
    """Return the median part of the time that the GPU is busy while something runs."""
    with subprocess.Popen(SAMPLES, stdout=subprocess.PIPE, text=True) as monitor:
        run()
        monitor.terminate()
        samples, _ = monitor.communicate()
    return float(np.median([float(line) for line in samples.split()])) / 100


if __name__ == "__main__":
    print(markdown(rows()))
