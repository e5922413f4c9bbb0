"""The graph of an imported network: what its input looks like, its layers in order, its outputs.

A graph stands in the header of a bundle, which is untrusted: every size has bounds, and a layer takes only
the input and layers before it, so that there are no cycles.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from seqcnn.encoders.imported.attention import Attention
from seqcnn.encoders.imported.convolution import Conv, GlobalPool, Pad, Pool, UpSample
from seqcnn.encoders.imported.dense import Affine, BatchNorm, Dense, LayerNorm, PReLU
from seqcnn.encoders.imported.elementwise import (
    Activation,
    Concatenate,
    Elu,
    Merge,
    Permute,
    Relu,
    Repeat,
    Reshape,
    Scale,
    Softmax,
)
from seqcnn.encoders.imported.layer import MAX_LAYERS
from seqcnn.encoders.imported.recurrent import Recurrent
from seqcnn.errors import SequenceError
from seqcnn.schema import Strict
from seqcnn.sequence.onehot import ALPHABET, pack

Layer = Annotated[
    Activation | Affine | Attention | BatchNorm | Concatenate | Conv | Dense | Elu | GlobalPool | LayerNorm
    | Merge | Pad | Permute | Pool | PReLU | Recurrent | Relu | Repeat | Reshape | Scale | Softmax | UpSample,
    Field(discriminator="kind"),
]  # fmt: skip
"""A layer, by its field `kind`."""

AXES = ("LB", "BL", "1LB", "1BL", "L1B", "B1L", "LB1", "BL1")
"""Shapes of a one-hot input without the batch: positions (L), bases (B) and axes of size 1."""


class GraphInput(Strict):
    """The one-hot input of a graph, which holds the insert between the flanks."""

    length: int = Field(ge=1, le=1_000_000)
    """L, positions of the input in bp, flanks included."""
    axes: Literal["LB", "BL", "1LB", "1BL", "L1B", "B1L", "LB1", "BL1"]
    """One of `AXES`."""
    bases: str = ALPHABET
    """Order of the bases."""
    flank5: Annotated[str, Field(max_length=100_000)] = ""
    """Bases before every insert."""
    flank3: Annotated[str, Field(max_length=100_000)] = ""
    """Bases after every insert."""

    @property
    def insert_length(self) -> int:
        """Length in bp of an insert."""
        return self.length - len(self.flank5) - len(self.flank3)

    @field_validator("bases")
    @classmethod
    def _four_bases(cls, bases: str) -> str:
        if sorted(bases) != sorted(ALPHABET):
            raise ValueError(f"expected the order of the bases, such as {ALPHABET}")
        return bases

    @field_validator("flank5", "flank3")
    @classmethod
    def _dna(cls, flank: str) -> str:
        try:
            pack(flank or "A")
        except SequenceError as error:
            raise ValueError(str(error)) from error
        return flank

    @model_validator(mode="after")
    def _has_room(self) -> GraphInput:
        if self.insert_length < 1:
            raise ValueError(f"flanks leave {self.insert_length} bp for the sequence")
        return self


class Graph(Strict):
    """An imported network."""

    input: GraphInput
    layers: tuple[Layer, ...] = Field(max_length=MAX_LAYERS)
    outputs: tuple[Annotated[int, Field(ge=0, le=MAX_LAYERS)], ...] = Field(min_length=1, max_length=10_000)
    """Tensors whose numbers are the predictions, in order."""

    @model_validator(mode="after")
    def _in_order(self) -> Graph:
        for number, layer in enumerate(self.layers):
            if max(layer.inputs) > number:
                raise ValueError(f"layer {number + 1} takes the output of layer {max(layer.inputs)}")
        if max(self.outputs) > len(self.layers):
            raise ValueError(f"output of layer {max(self.outputs)}, of {len(self.layers)} layers")
        return self
