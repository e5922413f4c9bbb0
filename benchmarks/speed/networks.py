"""Rows of the speed table on the network: predictions in full precision and int8, ISM.

`python -m benchmarks.speed.networks` prints them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.speed import plain_torch as plain
from benchmarks.speed.reference_network import packed_rows, random_letters, reference_bundle, write_fasta
from benchmarks.speed.rows import Row, interleaved, markdown, wall_seconds
from seqcnn.interpret.attribution.ism import ism
from seqcnn.model.export import export
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.onnx.engines import ENGINES
from seqcnn.model.open_model import open_model

N = 4096
"""Number of sequences per prediction."""

FLOP = 14.5e6
"""Floating-point operations of the reference network, one sequence forward."""


def rows() -> list[Row]:
    """Measure all rows, in wall time on all cores."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        bundle = reference_bundle(folder)
        return [*predict_rows(bundle, folder), ism_row(bundle)]


def predict_rows(bundle: Path, folder: Path) -> list[Row]:
    """Time packed bases to predictions of every engine, relative to eager torch on one-hot input."""
    letters = random_letters(N, seed=5)
    packed, model = packed_rows(letters), plain.network()
    x = torch.from_numpy(np.stack([plain.one_hot(row.tobytes().decode()) for row in letters]))
    export(bundle, folder / "fp32.onnx")
    library = write_fasta(folder / "library.fa", random_letters(5000, seed=6))
    r = export(bundle, folder / "int8.onnx", calibrate=library)
    engines = {"torch": open_model(bundle, device="cpu")}
    for engine in ENGINES:
        for precision in ("fp32", "int8"):
            engines[f"{engine} {precision}"] = open_model(folder / f"{precision}.onnx", engine=engine)
    functions = {
        f"eager {batch}": lambda batch=batch: plain.predict_in_batches(model, x, batch)
        for batch in plain.BATCHES
    }
    functions |= {name: lambda m=m: network_only(m, packed) for name, m in engines.items()}
    times = interleaved(functions, clock=wall_seconds)
    best = min(times[f"eager {batch}"].median for batch in plain.BATCHES)
    large, rates = times["eager 256"].median, {"GEMM": gemm_rate(), "convolution": convolution_rate()}
    found = []
    for name in engines:
        int8 = name.endswith("int8")
        seconds = times[name].median
        note = f"{N / seconds:,.0f} sequences/s; against batch 256 {seconds / large:.2f}"
        shares = [f"{FLOP * N / seconds / rate:.0%} of the {of} rate" for of, rate in rates.items()]
        note += f"; int8 r = {r:.5f}" if int8 else f"; {', '.join(shares)}"
        what = f"predict, network only, {name}"
        found.append(Row(what, seconds / best, "<= 0.30" if int8 else "<= 0.75", note))
    return found


def network_only(model: object, packed: object) -> None:
    """Predict without the out-of-distribution flag."""
    model.header = model.header.model_copy(update={"ood": None})  # type: ignore[attr-defined]
    model.predict_members(packed)  # type: ignore[attr-defined]


def gemm_rate() -> float:
    """Return the FLOP/s of a large matrix product, the best of 20."""
    a, b = torch.randn(2048, 1024), torch.randn(1024, 2048)
    return 2 * 2048 * 2048 * 1024 / _shortest(lambda: a @ b)


def convolution_rate() -> float:
    """Return the FLOP/s of the second convolution of the reference network alone, the best of 20.

    On a processor on which torch's matrix product does not use the widest instructions, such as an EPYC, it
    is the higher rate.
    """
    x = torch.randn(256, 128, 1, 100).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(64, 128, 1, 7)
    flop = 2 * 256 * 100 * 128 * 64 * 7
    return flop / _shortest(lambda: torch.conv2d(x, weight, padding=(0, 3)))


def _shortest(function: Callable[[], object]) -> float:
    """Return the shortest of 20 wall times of a function."""
    seconds = []
    for _ in range(20):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def ism_row(bundle: Path) -> Row:
    """Time ISM relative to predicting every mutant in full at the best batch size."""
    letters, model, engines = random_letters(64, seed=7), plain.network(), load_model(bundle)
    x = torch.from_numpy(np.stack([plain.one_hot(row.tobytes().decode()) for row in letters[:4]]))
    packed = packed_rows(letters)
    functions = {
        f"naive {batch}": lambda batch=batch: [plain.ism(model, one, batch) for one in x]
        for batch in (64, 600)
    }
    times = interleaved({"seqcnn": lambda: ism(engines, packed), **functions}, clock=wall_seconds)
    naive = {batch: times[f"naive {batch}"].median / 4 for batch in (64, 600)}
    each = times["seqcnn"].median / 64
    note = (
        f"{1 / each:.0f} sequences/s; naive {1 / naive[64]:.1f} in batches of 64, {1 / naive[600]:.1f} of 600"
    )
    return Row("ISM, all mutants of 200 bp", min(naive.values()) / each, ">= 8 x naive", note)


if __name__ == "__main__":
    print(markdown(rows()))
