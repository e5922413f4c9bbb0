"""Where an imported model comes from: its files, its graph, and how well it agrees with the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from seqcnn.errors import show
from seqcnn.model.network.field_types import Digest, Text
from seqcnn.schema import Strict

IMPORTED = "imported"
"""Encoder of models that `seqcnn import` wrote; its graph is in the header."""

WRAPPED = "wrapped"
"""Encoder of models of `seqcnn.wrap`, which have no bundle."""

UNTRAINED = (IMPORTED, WRAPPED)
"""Encoders of models that were not trained here, and whose training is not known."""


class Agreement(Strict):
    """Comparison of an imported model with predictions of the original."""

    n: int = Field(ge=1, le=10**12)
    """Number of sequences."""
    difference: float = Field(ge=0, le=1e100)
    """Largest absolute difference of a prediction."""
    scale: float = Field(ge=0, le=1e100)
    """Largest absolute prediction of the original."""

    @property
    def text(self) -> str:
        """The comparison in words."""
        share = f" ({self.difference / self.scale:.1g} of the largest)" if self.scale else ""
        return f"{self.n:,} predictions of the original differ by at most {self.difference:.2g}{share}"


class ImportedFrom(Strict):
    """Origin of an imported model."""

    library: Text
    """Library and version that wrote the files, such as Keras 2.7.0."""
    files: dict[Text, Digest] = Field(min_length=1, max_length=2)
    """Name -> SHA-256 of the model file, and of the file of its weights if that is another one."""
    graph: dict[str, Any]
    """Fields of `seqcnn.encoders.imported.graph.Graph`, which checks them."""
    outputs: tuple[Text, ...] = Field(default=(), max_length=10_000)
    """Names of its outputs in the file, in the order of the targets; none if there is one output only."""
    check: Agreement | None = None
    """None if the model was not compared with the original."""

    def outputs_text(self, targets: Sequence[str]) -> str:
        """Return which output each target is; '' if there is one output only."""
        if len(self.outputs) == len(targets):
            pairs = zip(targets, self.outputs, strict=True)
            return ", ".join(f"{show(target, 40)[1:-1]} <- {show(name, 40)[1:-1]}" for target, name in pairs)
        names = ", ".join(show(name, 40)[1:-1] for name in self.outputs)
        return names and f"columns of {names}, in this order"
