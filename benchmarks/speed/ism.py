"""Rows of the speed table on in-silico mutagenesis (ISM) of every convolutional encoder.

`python -m benchmarks.speed.ism` prints them: seqcnn, every mutant predicted in full by seqcnn, and tangermeme
with and without `fast`, on one thread, in CPU seconds, called in turn.  The time in which tangermeme captures
a network for `fast` is not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module

import numpy as np
import torch

from benchmarks.speed.reference_network import LENGTH, packed_rows, random_letters
from benchmarks.speed.rows import Row, cpu_seconds, interleaved, markdown
from seqcnn.encoders import ENCODERS
from seqcnn.interpret.attribution.fast_ism import mutant_effects
from seqcnn.interpret.attribution.ism import ism
from seqcnn.interpret.mutants.mutations import every_mutation, mutated, predict_mutants
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import build
from seqcnn.model.network.header import Header
from seqcnn.sequence.window import Layout, Rows

N = 4
"""Number of sequences of `LENGTH` bp."""

BATCH, REPEATS = 128, 3

tangermeme = import_module("tangermeme.saturation_mutagenesis")  # the package has a function of this name

CONVOLUTIONAL = ["cnn", *(name for name, encoder in ENCODERS.items() if encoder.HAS_LOCAL_LAYERS)]


def rows() -> list[Row]:
    """Measure the encoders with their default arguments and random weights."""
    torch.set_num_threads(1)
    # `fast` would not be tried on so few sequences, or given up where the first batch is slower
    vars(tangermeme).update(_FAST_MIN_SECONDS=0.0, _FAST_MAX_RELATIVE_TIME=np.inf)
    return [ism_row(encoder) for encoder in CONVOLUTIONAL]


def ism_row(encoder: str) -> Row:
    """Time all mutants of some sequences, and compare their predictions with those of whole mutants."""
    model, sequences = untrained(encoder), packed_rows(random_letters(N, seed=7))
    functions = {
        "seqcnn": partial(mutants, model, sequences),
        "in full": partial(in_full, model, sequences),
        "tangermeme, fast": tangermeme_fast(model, sequences),
        "tangermeme": partial(with_tangermeme, model, sequences),
    }
    times = interleaved(functions, repeats=REPEATS, clock=cpu_seconds)
    each = {name: time.median / N for name, time in times.items()}
    note = "; ".join(f"{name} {1e3 * each[name]:,.0f} ms +-{times[name].spread:.0%}" for name in each)
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


def mutants(model: LoadedModel, sequences: Rows) -> None:
    """Predict every mutant as ISM does, without the sequences themselves."""
    if model.is_convolutional:
        mutant_effects(model, sequences, 0)
    else:
        predict_mutants(model, sequences, every_mutation(sequences), 0)


def in_full(model: LoadedModel, sequences: Rows) -> np.ndarray:
    """Predict every mutant as any other sequence, (mutants,)."""
    mutants = mutated(sequences, every_mutation(sequences))
    return predict_members(model.regressor, model.header, mutants, flag_ood=False).mean[:, 0]


def with_tangermeme(model: LoadedModel, sequences: Rows) -> None:
    """Predict every mutant in full with tangermeme."""
    network, x = model.regressor.members[0], sequences.one_hot(model.header.layout.ambiguity)
    tangermeme.saturation_mutagenesis(
        network, x, batch_size=BATCH, raw_outputs=True, device="cpu", fast=False
    )


def tangermeme_fast(model: LoadedModel, sequences: Rows) -> Callable[[], None]:
    """Return a function that predicts every mutant with `fast` of tangermeme, after its capture."""
    network, x = model.regressor.members[0], sequences.one_hot(model.header.layout.ambiguity).to(torch.int8)
    captured, *_ = tangermeme._fast_path(network, x, None, 0, LENGTH, BATCH, None, "cpu", None)

    def predict() -> None:
        """Predict the mutants of every sequence."""
        for number in range(len(x)):
            _, base, position = tangermeme._single_edits(x[number], 0, LENGTH)
            captured.predict_edits(number, base, position, BATCH, None)

    return predict


def difference(model: LoadedModel, sequences: Rows) -> float:
    """Return the largest difference between ISM and predictions in full, relative to the largest one."""
    mutations, expected = every_mutation(sequences), in_full(model, sequences)
    predicted = ism(model, sequences)[mutations.row, mutations.base, mutations.position]
    return float(np.abs(predicted - expected).max() / np.abs(expected).max())


if __name__ == "__main__":
    print(markdown(rows()))
