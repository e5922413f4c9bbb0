"""Measure reading, encoding, writing and start-up in CPU seconds on one thread, relative to peers.

`python -m benchmarks.speed.data` prints the rows of the table.  Peers that seqcnn does not depend on are
installed by pip into benchmarks/runs/peers on first use.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from Bio import SeqIO
from Bio.SeqIO.FastaIO import SimpleFastaParser
from tangermeme.utils import one_hot_encode

from benchmarks import ROOT
from benchmarks.speed.peer_environments import environment
from benchmarks.speed.reference_network import random_letters, reference_bundle, write_fasta
from benchmarks.speed.rows import ENCODED, Row, Times, interleaved, markdown
from seqcnn.data.readers.fasta import count_repeated_names, read_fasta_batches
from seqcnn.data.readers.sequences import read_batches
from seqcnn.io.table_output import column_lines
from seqcnn.model.inference.batches import BATCH
from seqcnn.model.inference.predict_records import CHUNK
from seqcnn.model.inference.prediction_table import prediction_columns
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.predict import Runtime, predict_file
from seqcnn.sequence.onehot import PACK, expand

N = 100_000
"""Number of sequences per file."""

BARE = """
import torch
from torch import nn
model = nn.Sequential(
    nn.Conv1d(4, 128, 13, padding=6), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(128, 64, 7, padding=3), nn.ReLU(),
    nn.MaxPool1d(2), nn.Flatten(), nn.Linear(3200, 64), nn.ReLU(), nn.Linear(64, 1),
)
with torch.inference_mode():
    print(model(torch.zeros(10, 4, 200)))
"""
"""Baseline of the start-up of `predict`."""


def rows() -> list[Row]:
    """Measure all rows."""
    torch.set_num_threads(1)
    with TemporaryDirectory() as name:
        folder, letters = Path(name), random_letters(N)
        two_lines = write_fasta(folder / "two_lines.fa", letters)
        wrapped = write_fasta(folder / "wrapped.fa", letters, width=60)
        model, peers = reference_bundle(folder), peer_times(two_lines)
        return [
            fasta_row("FASTA, two lines per record", two_lines, peers.get("pyfastx")),
            fasta_row("FASTA, lines of 60 bp", wrapped, None),
            one_hot_row(letters, peers.get("seqpro")),
            input_output_row(write_fasta(folder / "some.fa", letters[: 8 * CHUNK]), model),
            *start_rows(write_fasta(folder / "ten.fa", letters[:10]), model),
        ]


def peer_times(path: Path) -> dict[str, Times]:
    """Time the peers in their own environment; {} if they cannot be installed."""
    python = environment("data", "pyfastx", "seqpro")
    if python is None:
        return {}
    command = [python, "-m", "benchmarks.speed.fasta_peers", path]
    found = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    return {name: Times(*times) for name, times in json.loads(found.stdout).items()}


def fasta_row(what: str, path: Path, pyfastx: Times | None) -> Row:
    """Time names and sequences of a file: checked and packed by seqcnn, unchecked by Biopython."""
    times = interleaved({
        "seqcnn": lambda: deque(read_fasta_batches(path, changes=Counter()), 0),
        "SeqIO, id and str(seq)": lambda: deque(
            ((record.id, str(record.seq)) for record in SeqIO.parse(path, "fasta")), 0
        ),
        "SeqIO, untouched records": lambda: deque(SeqIO.parse(path, "fasta"), 0),
        "SimpleFastaParser": lambda: simple(path),
    })  # fmt: skip
    ratio = times["SeqIO, id and str(seq)"].median / times["seqcnn"].median
    times |= {"pyfastx": pyfastx} if pyfastx else {}
    return Row(what, ratio, ">= 5 x Bio.SeqIO", rates(times, path.stat().st_size / 1e6, "MB"))


def simple(path: Path) -> None:
    """Read with Biopython's `SimpleFastaParser`."""
    with path.open(encoding="utf-8") as file:
        deque(SimpleFastaParser(file), 0)


def one_hot_row(letters: np.ndarray, seqpro: Times | None) -> Row:
    """Time letters to float32 (n, 4, L) in batches, relative to seqpro's uint8 (n, L, 4)."""
    batches = [letters[start : start + ENCODED] for start in range(0, len(letters), ENCODED)]
    texts = [row.tobytes().decode() for row in letters[:1000]]
    times = interleaved({
        "seqcnn": lambda: each(batches, from_letters),
        "numpy, one comparison per base": lambda: each(batches, compared),
    })  # fmt: skip
    slow = interleaved({
        "numpy.eye, one by one": lambda: each(texts, by_eye),
        "tangermeme": lambda: each(texts, by_tangermeme),
    })  # fmt: skip
    times |= {name: Times(t.median * len(letters) / len(texts), t.spread) for name, t in slow.items()}
    times |= {"seqpro": seqpro} if seqpro else {}
    base = times.get("seqpro", times["numpy, one comparison per base"])
    ratio = base.median / times["seqcnn"].median
    return Row("one-hot", ratio, ">= 5 x seqpro", rates(times, letters.size / 1e6, "Mbp"))


def from_letters(letters: np.ndarray) -> None:
    """Pack and expand, as `predict` does."""
    packed = np.frombuffer(bytearray(letters).translate(PACK), np.uint8)
    expand(torch.from_numpy(packed.reshape(letters.shape)))


def compared(letters: np.ndarray) -> None:
    """Encode with one comparison per base."""
    torch.from_numpy(np.stack([letters == base for base in b"ACGT"], axis=1).astype(np.float32))


def by_eye(text: str) -> None:
    """Encode one sequence with `numpy.eye`."""
    torch.from_numpy(np.eye(4, dtype=np.float32)[["ACGT".index(base) for base in text]].T)


def by_tangermeme(text: str) -> None:
    """Encode one sequence with tangermeme (extra `interpret`)."""
    one_hot_encode(text, dtype=torch.float32)


def each(items: Sequence, function: Callable[..., None]) -> None:
    """Call a function with each item; discard the results."""
    for item in items:
        function(item)


def input_output_row(path: Path, bundle: Path) -> Row:
    """Time `predict` without the network, as a fraction of the whole."""
    times = interleaved({
        "predict": lambda: predict_file(
            path, [bundle], path.with_suffix(".tsv"), runtime=Runtime(device="cpu", threads=1), overwrite=True
        ),
        "without the network": lambda: beside_the_network(path, bundle),
    }, 3)  # fmt: skip
    n = 8 * CHUNK
    each_us = {name: f"{name} {t.median / n * 1e6:.3g} us per sequence" for name, t in times.items()}
    part = times["without the network"].median / times["predict"].median
    return Row("input, encoding, flag, output", part, "<= 0.05 of predict", "; ".join(each_us.values()))


def beside_the_network(path: Path, bundle: Path) -> None:
    """Read, lay out, encode, flag out-of-distribution rows, and write."""
    model, changes = load_model(bundle), Counter[str]()
    with path.with_suffix(".beside").open("wb") as file:
        for batch in count_repeated_names(read_batches(path, CHUNK, changes=changes), changes=changes):
            laid_out = model.lay_out(batch, path)
            for start in range(0, len(batch), BATCH):
                expand(torch.from_numpy(laid_out.bases[start : start + BATCH]))
            ood = model.flag_ood(laid_out)
            found = Predictions(np.zeros((1, len(batch), 1), np.float32), None, ood)
            file.write(
                column_lines(prediction_columns(batch.names, found)).encode("utf-8", "surrogateescape")
            )


def start_rows(path: Path, bundle: Path) -> list[Row]:
    """Time a cold command with compiled Python modules."""
    command = ["-m", "seqcnn", "predict", path, "-m", bundle, "--threads", "1", "--device", "cpu"]
    times = interleaved({
        "help": lambda: python("-m", "seqcnn", "--help"),
        "predict": lambda: python(*command),
        "bare": lambda: python("-c", BARE),
    })  # fmt: skip
    ratio = times["predict"].median / times["bare"].median
    absolute = "; ".join(f"{name} {t.median:.2f} s +-{50 * t.spread:.0f} %" for name, t in times.items())
    return [
        Row("`seqcnn --help`, seconds", times["help"].median, "< 0.3", "CPU"),
        Row("cold `seqcnn predict` of 10 sequences", ratio, "<= 1.1 x import torch + forward", absolute),
    ]


def python(*arguments: object) -> None:
    """Run Python on one thread."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-W", "ignore", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def rates(times: Mapping[str, Times], amount: float, unit: str) -> str:
    """Format the rate of each function per CPU second with half its spread."""
    found = (f"{name} {amount / t.median:.0f} +-{50 * t.spread:.0f} %" for name, t in times.items())
    return f"{unit} per CPU second: {'; '.join(found)}"


if __name__ == "__main__":
    print(markdown(rows()))
