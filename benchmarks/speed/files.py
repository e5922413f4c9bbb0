"""Rows of the speed table from a FASTA file to a table of predictions.

`python -m benchmarks.speed.files` prints them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import lightning
import numpy as np
import pandas as pd
import torch
from Bio import SeqIO
from tangermeme.predict import predict as tangermeme_predict
from tangermeme.utils import one_hot_encode
from torch import nn
from torch.utils.data import DataLoader, Dataset

from benchmarks import ROOT
from benchmarks.speed import plain_torch as plain
from benchmarks.speed.peer_environments import FOLDER, environment
from benchmarks.speed.reference_network import random_letters, reference_bundle, write_fasta
from benchmarks.speed.rows import Row, interleaved, markdown, wall_seconds
from seqcnn.model.export import export
from seqcnn.model.predict import Runtime, predict_file

N = 60_000
"""Number of sequences of the file."""

REPEATS = 5

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
"""Numbers of sequences of the files for the scaling of time and memory."""


def rows(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Measure all rows, in wall time on all cores."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        bundle = reference_bundle(folder)
        export(bundle, folder / "fp32.onnx")
        library = write_fasta(folder / "library.fa", random_letters(5000, seed=6))
        export(bundle, folder / "int8.onnx", calibrate=library)
        return [
            *end_to_end_rows(folder, bundle),
            start_row(folder, folder / "fp32.onnx"),
            *scale_rows(folder, folder / "int8.onnx", sizes),
        ]


def end_to_end_rows(folder: Path, bundle: Path) -> list[Row]:
    """Time every engine and peer relative to the typical script; each run is a separate process."""
    fasta, output = write_fasta(folder / "seqs.fa", random_letters(N)), folder / "out.tsv"
    exported = [folder / "fp32.onnx", folder / "fp32.onnx", folder / "int8.onnx"]
    engine_arguments = {"torch": (bundle, "torch")}
    for model, engine in zip(exported, ("onnx", "openvino", "openvino"), strict=True):
        engine_arguments[f"{engine} {model.stem}"] = (model, engine)
    commands = {name: [name, fasta, output] for name in WAYS}
    commands |= {f"seqcnn, {name}": ["seqcnn", fasta, output, *how] for name, how in engine_arguments.items()}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    script = [sys.executable, "-W", "ignore", "-m", "benchmarks.speed.files"]
    for _ in range(REPEATS):
        for name, arguments in commands.items():
            seconds[name] += seconds_of([*script, *arguments])
    peers = {"gReLU": ("grelu", "grelu"), "CREsted": ("crested", "crested", "tensorflow-cpu", "biopython")}
    for name, (short, *packages) in peers.items():
        if python := environment(short, *packages):
            peer = Path(__file__).parent / "peers" / f"predict_{short}.py"
            threads = torch.get_num_threads()
            seconds[name] = seconds_of([python, peer, fasta, output, threads, REPEATS + 1])[1:]
    medians = {name: float(np.median(found)) for name, found in seconds.items()}
    base = min(medians[name] for name in SCRIPTS)
    target = {name: "<= 0.40" for name in commands if "seqcnn" in name} | dict.fromkeys(SCRIPTS, "baseline")
    return [
        Row(
            f"FASTA to TSV, {name}", median / base, target.get(name, "peer"),
            f"{N / median:,.0f} sequences/s +-{50 * np.ptp(seconds[name]) / median:.0f} %",
        )
        for name, median in medians.items()
    ]  # fmt: skip


def seconds_of(command: list) -> list[float]:
    """Run a command and return the numbers of its lines `seconds <number>`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [*map(str, command)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=FOLDER, env=environment)
    return [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("seconds ")]


def with_tangermeme(fasta: Path, output: Path, model: nn.Module) -> None:
    """Encode and predict with tangermeme."""
    records = list(SeqIO.parse(fasta, "fasta"))
    x = torch.stack([one_hot_encode(str(record.seq)) for record in records]).float()
    y_hat = tangermeme_predict(model, x, batch_size=64, device="cpu").squeeze(1).numpy()
    pd.DataFrame({"id": [r.id for r in records], "prediction": y_hat}).to_csv(output, sep="\t", index=False)


class Encoded(Dataset):
    """Dataset that encodes items on access."""

    def __init__(self, sequences: list[str]) -> None:
        self.sequences = sequences

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, at: int) -> torch.Tensor:
        return torch.from_numpy(plain.one_hot(self.sequences[at]))


class Plain(lightning.LightningModule):
    """The reference network in Lightning."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict."""
        return self.model(x)


def with_lightning(fasta: Path, output: Path, model: nn.Module) -> None:
    """Predict with Lightning's trainer and an item-wise dataset."""
    records = list(SeqIO.parse(fasta, "fasta"))
    loader = DataLoader(Encoded([str(record.seq) for record in records]), batch_size=64)
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False
    )
    y_hat = torch.cat(trainer.predict(Plain(model), loader)).squeeze(1).numpy()
    pd.DataFrame({"id": [r.id for r in records], "prediction": y_hat}).to_csv(output, sep="\t", index=False)


def start_row(folder: Path, model: Path) -> Row:
    """Time a cold command on ten sequences with ONNX Runtime, which loads no torch."""
    fasta = write_fasta(folder / "ten.fa", random_letters(10))
    arguments = ["predict", fasta, "-m", model, "--engine", "onnx", "--overwrite", "-o", folder / "out.tsv"]
    times = interleaved({"cold": lambda: measured_command(arguments)}, 5, clock=wall_seconds)
    return Row("cold `seqcnn predict` of an export, seconds", times["cold"].median, "< 0.5", "ONNX Runtime")


SCRIPTS = {f"script, batches of {batch}": batch for batch in (64, 256)}
"""Typical scripts; the faster one is the baseline."""

WAYS = {
    **{name: partial(plain.predict_file, batch=batch) for name, batch in SCRIPTS.items()},
    "tangermeme": with_tangermeme,
    "Lightning predict": with_lightning,
}
"""Name -> function that predicts a FASTA file with the plain network."""


def main() -> None:
    """Print the rows; with arguments, time one way once."""
    if len(sys.argv) == 1:
        print(markdown(rows()))
        return
    way, fasta, output, *engine_arguments = sys.argv[1:]
    model = plain.network()
    begin = time.perf_counter()
    if engine_arguments:
        predict_file(
            Path(fasta),
            [Path(engine_arguments[0])],
            Path(output),
            runtime=Runtime(engine_arguments[1], "cpu"),
            overwrite=True,
        )
    else:
        WAYS[way](Path(fasta), Path(output), model)
    print("seconds", time.perf_counter() - begin)


def scale_rows(folder: Path, model: Path, sizes: tuple[int, ...]) -> list[Row]:
    """Measure time and memory of the command by file size, relative to the smallest."""
    found = []
    for n in sizes:
        fasta = write_fasta(folder / "many.fa", random_letters(n))
        seconds, megabytes = measured_command(
            ["predict", fasta, "-m", model, "--overwrite", "-o", folder / "out.tsv"]
        )
        fasta.unlink()
        found.append((n, seconds, megabytes))
    least = found[0][2]
    return [
        Row(f"predict, {n:,} records, int8", memory / least, "memory constant",
            f"{seconds:.1f} s including start-up, {1e6 * seconds / n:.0f} us per sequence; "
            f"peak {memory:.0f} MB")
        for n, seconds, memory in found
    ]  # fmt: skip


def measured_command(arguments: list) -> tuple[float, float]:
    """Run a command; return its wall time, and its peak memory in MB."""
    code = "import runpy, sys, time; begin = time.time(); sys.argv[0] = 'seqcnn'\n"
    code += "try: runpy.run_module('seqcnn', run_name='__main__')\nexcept SystemExit: pass\n"
    code += "peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
    code += "print(time.time() - begin, int(peak[0]) / 1024)"
    command = [sys.executable, "-c", code, "-q", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = np.array(done.stdout.split(), float)
    return float(seconds), float(megabytes)


if __name__ == "__main__":
    main()
