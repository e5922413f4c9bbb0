"""Rows of the speed table on encoders of 1-D layers: prediction and training, relative to plain layers.

`python -m benchmarks.speed.encoders` prints them: one thread, in CPU seconds, called in turn; random weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.speed.ism import untrained
from benchmarks.speed.reference_network import LENGTH, packed_rows, random_letters
from benchmarks.speed.rows import Row, Times, cpu_seconds, interleaved, markdown
from seqcnn.encoders import ENCODERS
from seqcnn.model.layers.images import as_images
from seqcnn.model.network.regressor import Network, SequenceRegressor
from seqcnn.sequence.onehot import expand

BATCH = 128
"""Sequences of `LENGTH` bp in a batch."""

REPEATS = 5

LAYERS = {"1-D layers": lambda x, _: x, "images": as_images}
"""How the layers compute -> the function of a batch and its network."""


def rows() -> list[Row]:
    """Measure every encoder of 1-D layers with its default arguments."""
    torch.set_num_threads(1)
    return [row for name, encoder in ENCODERS.items() if encoder.HAS_LOCAL_LAYERS for row in of_encoder(name)]


def of_encoder(name: str) -> list[Row]:
    """Time predictions and training steps of an encoder."""
    model = untrained(name)
    bases = torch.from_numpy(np.array(packed_rows(random_letters(BATCH, seed=1)).bases))
    x = expand(bases, model.header.layout.ambiguity)
    network = model.regressor.members[0]
    difference = largest_difference(network, x)
    predict = {kind: partial(prediction, network, x, layers) for kind, layers in LAYERS.items()}
    found = [row(f"predict {LENGTH} bp, {name}", interleaved(predict, repeats=REPEATS, clock=cpu_seconds))]
    train = {kind: partial(step, network.train(), x, layers) for kind, layers in LAYERS.items()}
    found.append(row(f"training step, {name}", interleaved(train, repeats=REPEATS, clock=cpu_seconds)))
    note = f"{found[0].note}; largest difference {difference:.0e} of the largest prediction"
    return [Row(found[0].what, found[0].ratio, found[0].target, note), found[1]]


def row(what: str, times: dict[str, Times]) -> Row:
    """Return the row of a task."""
    each = [f"{kind} {1e6 * t.median / BATCH:,.0f} us +-{t.spread:.0%}" for kind, t in times.items()]
    ratio = times["1-D layers"].median / times["images"].median
    return Row(what, ratio, ">= 1.15", f"per sequence: {'; '.join(each)}")


def prediction(network: SequenceRegressor, x: Tensor, layers: Callable[[Tensor, Network], Tensor]) -> Tensor:
    """Predict a batch."""
    with torch.inference_mode():
        return network(layers(x, network))  # type: ignore[no-any-return]


def step(network: SequenceRegressor, x: Tensor, layers: Callable[[Tensor, Network], Tensor]) -> None:
    """Compute the gradients of a batch."""
    network.zero_grad()
    network.scores(layers(x, network)).square().mean().backward()


def largest_difference(network: SequenceRegressor, x: Tensor) -> float:
    """Return the largest difference between the two predictions, relative to the largest one."""
    plain, images = (prediction(network, x, layers) for layers in LAYERS.values())
    return float((plain - images).abs().max() / plain.abs().max())


if __name__ == "__main__":
    print(markdown(rows()))
