"""Where an imported model comes from: its files, its graph, and how well it agrees with the original."""

from __future__ import annotations

from typing import Any

from pydantic import Field

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
    check: Agreement | None = None
    """None if the model was not compared with the original."""
