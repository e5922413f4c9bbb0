"""Rows of the speed table from a FASTA file to a table of predictions.

`python benchmarks/speed_files.py` prints them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import lightning
import numpy as np
import pandas as pd
import speed_plain as plain
import torch
from Bio import SeqIO
from peer_environments import FOLDER, environment
from speed_rows import Row, Times, interleaved, markdown, wall_seconds
from speed_yardstick import random_letters, write_fasta, yardstick
from tangermeme.predict import predict as tangermeme_predict
from tangermeme.utils import one_hot_encode
from torch import nn
from torch.utils.data import DataLoader, Dataset

from seqcnn.model.export import export
from seqcnn.model.predictions import predict_file

N = 20_000
"""Sequences of the file."""

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
"""Sequences of the files that show how the cost grows."""


def rows(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Measure all rows, in wall time on all cores."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        bundle = yardstick(folder)
        export(bundle, folder / "fp32.onnx")
        library = write_fasta(folder / "library.fa", random_letters(5000, seed=6))
        export(bundle, folder / "int8.onnx", calibrate=library)
        return [
            *end_to_end_rows(folder, bundle),
            start_row(folder, folder / "fp32.onnx"),
            *scale_rows(folder, folder / "int8.onnx", sizes),
        ]


def end_to_end_rows(folder: Path, bundle: Path) -> list[Row]:
    """Every way against the typical script."""
    fasta, output = write_fasta(folder / "seqs.fa", random_letters(N)), folder / "out.tsv"
    model = plain.network()
    functions: dict[str, Callable[[], object]] = {
        "script": lambda: plain.predict_file(fasta, output, model),
        "seqcnn, torch": lambda: predict_file(fasta, [bundle], output, device="cpu"),
    }
    for engine, precision in (("onnx", "fp32"), ("openvino", "fp32"), ("openvino", "int8")):
        exported = folder / f"{precision}.onnx"
        functions[f"seqcnn, {engine} {precision}"] = lambda exported=exported, engine=engine: predict_file(
            fasta, [exported], output, engine=engine
        )
    functions |= {
        "tangermeme": lambda: with_tangermeme(fasta, output, model),
        "Lightning predict": lambda: with_lightning(fasta, output, model),
    }
    times = interleaved(functions, 5, clock=wall_seconds)
    peers = {"gReLU": ("grelu", "grelu"), "CREsted": ("crested", "crested", "tensorflow-cpu", "biopython")}
    for name, (folder_name, *packages) in peers.items():
        if python := environment(folder_name, *packages):
            times[name] = peer_times(python, f"predict_{folder_name}.py", fasta, output)
    base = times["script"].median
    return [
        Row(
            f"FASTA to TSV, {name}", times[name].median / base, "<= 0.40" if name[0] == "s" else "peer",
            f"{N / times[name].median:,.0f} sequences/s",
        )
        for name in times if name != "script"
    ]  # fmt: skip


def peer_times(python: Path, script: str, *arguments: object, repeats: int = 3) -> Times:
    """Time a script in its own environment; the first run warms up."""
    path = Path(__file__).parent / "peers" / script
    command = [python, path, *arguments, torch.get_num_threads(), repeats + 1]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True, cwd=FOLDER)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("seconds ")]
    seconds = np.array([float(line[1]) for line in lines[1:]])
    return Times(float(np.median(seconds)), float(np.ptp(seconds) / np.median(seconds)))


def with_tangermeme(fasta: Path, output: Path, model: nn.Module) -> None:
    """Encode and predict with tangermeme."""
    records = list(SeqIO.parse(fasta, "fasta"))
    x = torch.stack([one_hot_encode(str(record.seq)) for record in records]).float()
    y_hat = tangermeme_predict(model, x, batch_size=64, device="cpu").squeeze(1).numpy()
    pd.DataFrame({"id": [r.id for r in records], "prediction": y_hat}).to_csv(output, sep="\t", index=False)


class Encoded(Dataset):
    """A dataset that encodes an item when it is asked for."""

    def __init__(self, sequences: list[str]) -> None:
        self.sequences = sequences

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, at: int) -> torch.Tensor:
        return torch.from_numpy(plain.one_hot(self.sequences[at]))


class Plain(lightning.LightningModule):
    """The yardstick in Lightning."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict."""
        return self.model(x)


def with_lightning(fasta: Path, output: Path, model: nn.Module) -> None:
    """Predict with Lightning's trainer and a dataset item by item."""
    records = list(SeqIO.parse(fasta, "fasta"))
    loader = DataLoader(Encoded([str(record.seq) for record in records]), batch_size=64)
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False
    )
    y_hat = torch.cat(trainer.predict(Plain(model), loader)).squeeze(1).numpy()
    pd.DataFrame({"id": [r.id for r in records], "prediction": y_hat}).to_csv(output, sep="\t", index=False)


def start_row(folder: Path, model: Path) -> Row:
    """A cold command on ten sequences with ONNX Runtime, which loads no torch."""
    fasta = write_fasta(folder / "ten.fa", random_letters(10))
    arguments = ["predict", fasta, "-m", model, "--engine", "onnx", "-o", folder / "out.tsv"]
    times = interleaved({"cold": lambda: measured_command(arguments)}, 5, clock=wall_seconds)
    return Row("cold `seqcnn predict` of an export, seconds", times["cold"].median, "< 0.5", "ONNX Runtime")


def scale_rows(folder: Path, model: Path, sizes: tuple[int, ...]) -> list[Row]:
    """Time and memory of the command on files of growing size, against the smallest."""
    found = []
    for n in sizes:
        fasta = write_fasta(folder / "many.fa", random_letters(n))
        seconds, megabytes = measured_command(["predict", fasta, "-m", model, "-o", folder / "out.tsv"])
        fasta.unlink()
        found.append((n, seconds, megabytes))
    least = found[0][2]
    return [
        Row(f"predict, {n:,} records, int8", memory / least, "memory constant",
            f"{seconds:.1f} s with the start, {1e6 * seconds / n:.0f} us a sequence; peak {memory:.0f} MB")
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
    print(markdown(rows()))
