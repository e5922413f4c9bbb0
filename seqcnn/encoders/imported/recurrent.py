"""LSTM, GRU and the plain recurrent layer, with the conventions of Keras.

Where the activations are those of torch, its own layer computes; else the steps are taken one by one.
Weights have the names and the order of gates of torch: input, forget, cell, output of an LSTM; reset,
update, new of a GRU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from seqcnn.encoders.imported.elementwise import FUNCTIONS, Function
from seqcnn.encoders.imported.layer import LayerSpec, Shape, Size

MAX_STEPS = 20_000
"""Largest number of positions of a recurrent layer."""

Gate = Function | Literal["relu", "linear"]

Network = Literal["lstm", "gru", "rnn"]
_MODULES: dict[Network, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Recurrent(LayerSpec):
    """A recurrent layer over the positions of (N, L, C)."""

    kind: Literal["recurrent"] = "recurrent"
    network: Network
    units: Size
    activation: Gate = "tanh"
    gate: Gate = "sigmoid"
    """Activation of the gates."""
    reset_after: bool = True
    """Whether the reset gate of a GRU acts after the product with the recurrent weights."""
    backwards: bool = False
    """Whether the last position is the first step."""
    sequences: bool = False
    """Whether the states of all steps are returned, (N, L, units), or the last one, (N, units)."""
    in_order: bool = False
    """Whether the states of `backwards` are returned in the order of the positions, not of the steps."""

    def module(self, shapes: Sequence[Shape]) -> nn.Module:
        """Return the layer."""
        if len(shapes[0]) != 2 or shapes[0][0] > MAX_STEPS:
            raise ValueError(f"takes up to {MAX_STEPS:,} positions of channels; found the shape {shapes[0]}")
        return _Recurrent(self, shapes[0][1])

    @property
    def is_plain(self) -> bool:
        """Whether the layer of torch computes the same."""
        gated = self.network == "rnn" or self.gate == "sigmoid"
        return self.activation == "tanh" and gated and (self.network != "gru" or self.reset_after)


class _Recurrent(nn.Module):
    """`Recurrent`."""

    def __init__(self, spec: Recurrent, channels: int) -> None:
        super().__init__()
        self.spec = spec
        self.rnn = _MODULES[spec.network](channels, spec.units, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, C) to the states (N, L, units), or to the last one (N, units)."""
        spec = self.spec
        if spec.backwards:
            x = x.flip(1)
        plain = spec.is_plain or x.is_meta  # the shape alone, which the steps would take long to compute
        states = self.rnn(x)[0] if plain else self._steps(x)
        if not spec.sequences:
            return states[:, -1]
        return states.flip(1) if spec.backwards and spec.in_order else states

    def _steps(self, x: Tensor) -> Tensor:
        """Take the steps one by one: (N, L, C) to (N, L, units)."""
        step = {"lstm": self._lstm, "gru": self._gru, "rnn": self._rnn}[self.spec.network]
        inputs = nn.functional.linear(x, *self._weights("ih"))  # (N, L, gates * units)
        state = x.new_zeros(x.shape[0], self.spec.units)
        memory, states = state, []
        for position in range(x.shape[1]):
            state, memory = step(inputs[:, position], state, memory)
            states.append(state)
        return torch.stack(states, 1)

    def _lstm(self, inputs: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Return state and memory after a step."""
        activation, gate = _function(self.spec.activation), _function(self.spec.gate)
        i, f, c, o = (inputs + self._recurrent(state)).chunk(4, 1)
        memory = gate(f) * memory + gate(i) * activation(c)
        return gate(o) * activation(memory), memory

    def _gru(self, inputs: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state after a step, twice."""
        activation, gate = _function(self.spec.activation), _function(self.spec.gate)
        units = self.spec.units
        if self.spec.reset_after:
            recurrent = self._recurrent(state)
            reset, update = gate(inputs[:, : 2 * units] + recurrent[:, : 2 * units]).chunk(2, 1)
            new = activation(inputs[:, 2 * units :] + reset * recurrent[:, 2 * units :])
        else:
            weight, bias = self._weights("hh")
            gates = nn.functional.linear(state, weight[: 2 * units], bias[: 2 * units])
            reset, update = gate(inputs[:, : 2 * units] + gates).chunk(2, 1)
            recurrent = nn.functional.linear(reset * state, weight[2 * units :], bias[2 * units :])
            new = activation(inputs[:, 2 * units :] + recurrent)
        state = update * state + (1 - update) * new
        return state, state

    def _rnn(self, inputs: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state after a step, twice."""
        state = _function(self.spec.activation)(inputs + self._recurrent(state))
        return state, state

    def _recurrent(self, state: Tensor) -> Tensor:
        """Multiply the state with the recurrent weights."""
        return nn.functional.linear(state, *self._weights("hh"))

    def _weights(self, of: Literal["ih", "hh"]) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the inputs (`ih`) or of the state (`hh`)."""
        return self.rnn.get_parameter(f"weight_{of}_l0"), self.rnn.get_parameter(f"bias_{of}_l0")


def _function(name: Gate) -> Callable[[Tensor], Tensor]:
    """Return an activation by its name."""
    others: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "linear": lambda x: x}
    return others.get(name) or FUNCTIONS[name]
