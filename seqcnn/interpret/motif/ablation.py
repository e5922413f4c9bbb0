"""What a motif does to the prediction: with it, minus without it.

A filter is without its say when its activation is, at each position, the mean over the sequences; an
element of a sequence when its bases are shuffled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.model.network.regressor import SequenceRegressor

SHUFFLES = 5
"""Orders of an element's bases whose mean prediction stands for its absence."""

_BLOCK = 256


def filter_effects(
    member: SequenceRegressor, activation: nn.Module, x: Tensor, *, filters: int, target: int
) -> np.ndarray:
    """Silence each filter in turn.

    Parameters
    ----------
    member
        The network.
    activation
        The module through which the output of the first convolution goes; its outputs are silenced.
    x
        One-hot batch (N, 4, L).
    filters
        F; channels F, F + 1, ... are the other strand of the first, the second, ... filter.
    target
        Column of the prediction.

    Returns
    -------
    float64 (F, N): what each filter adds to each prediction, in the units of the target.
    """
    seen: list[Tensor] = []
    watch = activation.register_forward_hook(lambda _module, _input, out: seen.append(out.double().sum(0)))
    whole = _predicted(member, x, target)
    watch.remove()
    mean = (torch.stack(seen).sum(0) / len(x)).float()
    effects = np.empty((filters, len(x)))
    for number in range(filters):

        def silence(_module: nn.Module, _input: Any, output: Tensor, number: int = number) -> Tensor:
            """Put the mean in the place of one filter's activations."""
            changed = output.clone()
            changed[:, number::filters] = mean[number::filters]
            return changed

        hook = activation.register_forward_hook(silence)
        effects[number] = whole - _predicted(member, x, target)
        hook.remove()
    return effects


def element_effects(
    member: nn.Module, x: Tensor, sites: np.ndarray, width: int, *, target: int, seed: int = 1
) -> np.ndarray:
    """Shuffle the bases of each element (row and start in the window, (S, 2)); as `filter_effects`, (S,)."""
    rng = np.random.default_rng(seed)
    with_it = x[torch.from_numpy(sites[:, 0])]
    whole = _predicted(member, with_it, target)
    total = np.zeros(len(sites))
    for _ in range(SHUFFLES):
        without = with_it.clone()
        for changed, start in zip(without, sites[:, 1].tolist(), strict=True):
            order = torch.from_numpy(rng.permutation(width))
            changed[:, start : start + width] = changed[:, start + order]
        total += _predicted(member, without, target)
    return whole - total / SHUFFLES


def _predicted(member: nn.Module, x: Tensor, target: int) -> np.ndarray:
    """Predict one target of a one-hot batch, float64 (N,)."""
    with torch.inference_mode():
        parts = [member(part)[:, target] for part in torch.split(x, _BLOCK)]
    found: np.ndarray = torch.cat(parts).double().numpy()
    return found
