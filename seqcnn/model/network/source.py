"""The source of a transfer: the bundle whose weights a network started from, as its header records it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seqcnn.config.model import MAX_MEMBERS, Freeze
from seqcnn.errors import show
from seqcnn.model.network.field_types import Count, Digest, Text
from seqcnn.schema import Strict


class Relatives(Strict):
    """Rows of one part of the split that have a relative among the training rows of the source."""

    rows: Count
    """Number of rows with a relative."""
    n: Count
    """Number of rows of the part."""


class Source(Strict):
    """A bundle whose weights a network started from."""

    name: Text
    """File name."""
    sha256: Digest
    """SHA-256 of the file."""
    members: int = Field(1, ge=1, le=MAX_MEMBERS)
    """Number of its networks; seed s started from number (s - 1) mod `members`, from 0."""
    training_sha256: Digest
    """SHA-256 of the rows that it was trained on."""
    training_rows: Count
    """Number of these rows."""
    freeze: Freeze
    """Layers that stayed as they were."""
    head: Literal["kept", "new"]
    """Whether the output layer is that of the source."""
    relatives: dict[Literal["val", "test"], Relatives] | None = None
    """Leakage by the source; None if its training rows were not at hand."""

    @property
    def text(self) -> str:
        """The source, and what was taken from it, in words."""
        return self.describe()

    def describe(self, difference: str = "") -> str:
        """Return the source, what was taken from it and, if that is known, why the output layer is new."""
        frozen = {"none": "nothing frozen", "stem": "first layer frozen", "encoder": "encoder frozen"}
        rows = f"trained on {self.training_rows:,} sequences, SHA-256 {self.training_sha256[:12]}"
        name = f"{show(self.name)[1:-1]} (SHA-256 {self.sha256[:12]}, {rows})"
        head = f"output layer {self.head}{f' as {difference}' if difference else ''}"
        return f"{name}, {frozen[self.freeze]}, {head}"

    @property
    def leakage_text(self) -> str:
        """What is known of the similarity of held-out rows to its training rows, as the end of a sentence."""
        if self.relatives is None:
            return "its training sequences were not compared with the validation and test sequences"
        names = {"val": "validation", "test": "test"}
        counts = [f"{self.relatives[part].rows:,} of {self.relatives[part].n:,} {names[part]}"
                  for part in ("val", "test") if part in self.relatives]  # fmt: skip
        return f"{' and '.join(counts)} sequences have a relative among its training sequences"
