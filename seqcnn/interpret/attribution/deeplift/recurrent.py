"""LSTM, GRU and simple recurrent layers, step by step, so that their gates are products with a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcnn.interpret.attribution.deeplift.pair import OperationError, rule

State = tuple[Tensor, ...]
"""State of each sequence, (N, H), and for an LSTM its memory, (N, H)."""

Step = Callable[[Tensor, Tensor, State], State]
"""Inputs and state after their linear maps, each (N, gates * H), and the state -> the next state."""


def _lstm(inputs: Tensor, recurrent: Tensor, state: State) -> State:
    """Take a step of an LSTM (Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735)."""
    i, f, g, o = (inputs + recurrent).chunk(4, -1)
    memory = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * memory.tanh(), memory


def _gru(inputs: Tensor, recurrent: Tensor, state: State) -> State:
    """Take a step of a GRU (Cho et al. 2014, doi:10.3115/v1/D14-1179) with the reset after the product."""
    (r, z, n), (r2, z2, n2) = inputs.chunk(3, -1), recurrent.chunk(3, -1)
    new = (n + (r + r2).sigmoid() * n2).tanh()
    update = (z + z2).sigmoid()
    return (new + update * (state[0] - new),)


def _tanh(inputs: Tensor, recurrent: Tensor, state: State) -> State:
    """Take a step of a simple recurrent layer."""
    return ((inputs + recurrent).tanh(),)


def _relu(inputs: Tensor, recurrent: Tensor, state: State) -> State:
    """Take a step of a simple recurrent layer with ReLU."""
    return (F.relu(inputs + recurrent),)


_STEPS: dict[str, Step] = {"gru": _gru, "lstm": _lstm, "rnn_relu": _relu, "rnn_tanh": _tanh}


@rule(*_STEPS)
def recurrent(
    operation: Any, x: Tensor, start: Any, weights: Sequence[Tensor], *settings: Any
) -> tuple[Tensor, ...]:
    """Return the states of the last layer at every position, and those after the last step.

    `settings` are those of torch: biases, layers, dropout, training, bidirectional, batch first.
    """
    if len(settings) != 6:
        raise OperationError(f"{operation.__name__} of sequences of several lengths")
    has_biases, layers, _, _, bidirectional, batch_first = settings
    directions, arrays = 1 + bidirectional, 4 if has_biases else 2
    if len(weights) != arrays * layers * directions:
        raise OperationError(f"{operation.__name__} with projections")
    starts = start if isinstance(start, tuple) else (start,)  # each (layers * directions, N, H)
    axis = 1 if batch_first else 0
    last = []
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            number = layer * directions + direction
            own = weights[arrays * number : arrays * (number + 1)]
            begin = tuple(state[number] for state in starts)
            states = _run(operation.__name__, x.movedim(axis, 0), begin, own, backwards=bool(direction))
            outputs.append(states[0])
            last.append(states[1])
        x = torch.cat(outputs, -1).movedim(0, axis)
    return x, *(torch.stack(states) for states in zip(*last, strict=True))


def _run(
    network: str, x: Tensor, state: State, weights: Sequence[Tensor], *, backwards: bool
) -> tuple[Tensor, State]:
    """Return the states (L, N, H) in the order of the positions (L, N, C), and the last one."""
    bias_inputs, bias_state = weights[2:] or (None, None)
    inputs = F.linear(x, weights[0], bias_inputs).unbind(0)  # each (N, gates * H)
    states = []
    for step in reversed(inputs) if backwards else inputs:
        state = _STEPS[network](step, F.linear(state[0], weights[1], bias_state), state)
        states.append(state[0])
    return torch.stack(states[::-1] if backwards else states), state
