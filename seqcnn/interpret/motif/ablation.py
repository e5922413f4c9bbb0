"""Ablate motifs: the effect is the prediction with the motif minus the prediction without it.

A filter is ablated by replacing its activation, at each position, with its mean over the sequences; an
element of a sequence by shuffling its bases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.progress import track

SHUFFLES = 5
"""Number of shuffles of an element; the mean prediction stands for its absence."""

_BLOCK = 256


def filter_effects(
    member: SequenceRegressor,
    activation: nn.Module,
    x: Tensor,
    *,
    filters: int,
    target: int,
    channel_axis: int = 1,
) -> np.ndarray:
    """Ablate each filter in turn.

    Parameters
    ----------
    member
        The network.
    activation
        The activation module of the first convolution, whose outputs are ablated.
    x
        One-hot batch (N, 4, L).
    filters
        Number of filters F; channels F, F + 1, ... are the reverse complements of filters 0, 1, ...
    target
        Index of the target.
    channel_axis
        Axis of the channels in the output of `activation`.

    Returns
    -------
    float64 (F, N): what each filter adds to each prediction, in the units of the target.
    """
    sums: list[Tensor] = []
    record = activation.register_forward_hook(
        lambda _module, _input, out: sums.append(out.movedim(channel_axis, 1).cpu().double().sum(0))
    )
    reference = _predict(member, x, target)
    record.remove()
    mean = (torch.stack(sums).sum(0) / len(x)).float().to(x.device)  # (C, ..., L)
    effects = np.empty((filters, len(x)))
    for number in track(range(filters), "ablating filters", "filters"):

        def ablate(_module: nn.Module, _input: Any, output: Tensor, number: int = number) -> Tensor:
            """Replace the activations of one filter, in both orientations, with their mean."""
            ablated = output.clone()
            ablated.movedim(channel_axis, 1)[:, number::filters] = mean[number::filters]
            return ablated

        hook = activation.register_forward_hook(ablate)
        effects[number] = reference - _predict(member, x, target)
        hook.remove()
    return effects


def element_effects(
    member: nn.Module, x: Tensor, sites: np.ndarray, width: int, *, target: int, seed: int = 1
) -> np.ndarray:
    """Shuffle the bases of each element; return what it adds to its prediction, float64 (S,).

    Parameters
    ----------
    x
        One-hot batch (N, 4, L).
    sites
        Row and start in the window of each element, int (S, 2).
    width
        Width of the elements in bp.
    """
    rng = np.random.default_rng(seed)
    with_element = x[torch.from_numpy(sites[:, 0])]
    reference = _predict(member, with_element, target)
    total = np.zeros(len(sites))
    for _ in range(SHUFFLES):
        without = with_element.clone()
        for sequence, start in zip(without, sites[:, 1].tolist(), strict=True):
            order = torch.from_numpy(rng.permutation(width))
            sequence[:, start : start + width] = sequence[:, start + order]
        total += _predict(member, without, target)
    return reference - total / SHUFFLES


def _predict(member: nn.Module, x: Tensor, target: int) -> np.ndarray:
    """Predict one target of a one-hot batch, float64 (N,)."""
    with torch.inference_mode():
        parts = [member(part)[:, target] for part in torch.split(x, _BLOCK)]
    return np.asarray(torch.cat(parts).cpu().double().numpy())
