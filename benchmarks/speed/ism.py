"""Rows of the speed table on in-silico mutagenesis (ISM) of every convolutional encoder.

`python -m benchmarks.speed.ism` prints them: seqcnn, every mutant predicted in full by seqcnn, and tangermeme
with and without `fast`, on one thread, in CPU seconds, called in turn.  Times are those of further sequences:
`FEW` are subtracted from `MANY`, because tangermeme captures the network first.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from tangermeme import saturation_mutagenesis as tangermeme_module
from tangermeme.saturation_mutagenesis import saturation_mutagenesis

from benchmarks.speed.reference_network import LENGTH, packed_rows, random_letters
from benchmarks.speed.rows import Row, cpu_seconds, interleaved, markdown
from seqcnn.encoders import ENCODERS
from seqcnn.interpret.attribution.ism import ism
from seqcnn.interpret.mutants.mutations import every_mutation, mutated
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import build
from seqcnn.model.network.header import Header
from seqcnn.sequence.window import Layout, Rows

FEW, MANY = 2, 10
"""Numbers of sequences of `LENGTH` bp."""

REPEATS = 5

CONVOLUTIONAL = ["cnn", *(name for name, encoder in ENCODERS.items() if encoder.HAS_LOCAL_LAYERS)]


def rows() -> list[Row]:
    """Measure the encoders with their default arguments and random weights."""
    torch.set_num_threads(1)
    # `fast` would not be tried on so few sequences, or given up where the first batch is slower
    tangermeme_module._FAST_MIN_SECONDS, tangermeme_module._FAST_MAX_RELATIVE_TIME = 0.0, np.inf
    return [ism_row(encoder) for encoder in CONVOLUTIONAL]


def ism_row(encoder: str) -> Row:
    """Time all mutants of some sequences, and compare their predictions with those of whole mutants."""
    model, sequences = untrained(encoder), packed_rows(random_letters(MANY, seed=7))
    functions = {
        "seqcnn": ism,
        "in full": in_full,
        "tangermeme, fast": partial(with_tangermeme, fast=True),
        "tangermeme": partial(with_tangermeme, fast=False),
    }
    sizes = {"few": sequences.take(slice(FEW)), "many": sequences}
    calls = {
        f"{name}, {size}": partial(function, model, part)
        for name, function in functions.items()
        for size, part in sizes.items()
    }
    times = interleaved(calls, repeats=REPEATS, clock=cpu_seconds)
    each = {
        name: (times[f"{name}, many"].median - times[f"{name}, few"].median) / (MANY - FEW)
        for name in functions
    }
    note = "; ".join(
        f"{name} {1e3 * each[name]:,.0f} ms +-{times[f'{name}, many'].spread:.0%}" for name in each
    )
    peer = min(each["tangermeme, fast"], each["tangermeme"])
    note += f"; the faster tangermeme / seqcnn {peer / each['seqcnn']:.2f}; "
    note += f"largest difference {difference(model, sequences):.0e} of the largest prediction"
    return Row(f"ISM of {LENGTH} bp, {encoder}", each["in full"] / each["seqcnn"], ">= 1.3 x in full", note)


def untrained(encoder: str) -> LoadedModel:
    """Return a model of random weights with the default arguments of an encoder."""
    header = Header(
        seqcnn_version="0", torch_version="0", encoder=encoder, args={}, link="identity", strand="single",
        layout=Layout(LENGTH), min_length=1, targets=("y",), units=("",), training={},
        training_sha256="0" * 64, inputs={}, split="", split_sizes={}, metrics={},
    )  # fmt: skip
    torch.manual_seed(0)
    return LoadedModel(build(header), header).eval()


def in_full(model: LoadedModel, sequences: Rows) -> np.ndarray:
    """Predict every mutant as any other sequence, (mutants,)."""
    mutants = mutated(sequences, every_mutation(sequences))
    return predict_members(model.regressor, model.header, mutants, flag_ood=False).mean[:, 0]


def with_tangermeme(model: LoadedModel, sequences: Rows, *, fast: bool) -> None:
    """Predict every mutant with tangermeme."""
    network, x = model.regressor.members[0], sequences.one_hot(model.header.layout.ambiguity)
    saturation_mutagenesis(network, x, batch_size=128, raw_outputs=True, device="cpu", fast=fast)


def difference(model: LoadedModel, sequences: Rows) -> float:
    """Return the largest difference between ISM and predictions in full, relative to the largest one."""
    mutations, expected = every_mutation(sequences), in_full(model, sequences)
    predicted = ism(model, sequences)[mutations.row, mutations.base, mutations.position]
    return float(np.abs(predicted - expected).max() / np.abs(expected).max())


if __name__ == "__main__":
    print(markdown(rows()))
