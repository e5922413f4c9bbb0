"""The header of a model bundle: everything that prediction needs and a reader wants to know.

It is data from a file that may come from anywhere: every field has bounds, and nothing in it names
code, a path or an address.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from seqcnn.errors import BundleError, ConfigError, SequenceError, place
from seqcnn.schema import Strict, validate
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

NOT_OURS = "not a seqcnn model; expected the .safetensors file that `seqcnn train` writes"

Text = Annotated[str, Field(max_length=2000)]
Score = float | None


class Calibration(Strict):
    """Absolute errors of rows that the model was not trained on, from which prediction intervals are made."""

    n: int = Field(ge=1)
    """Rows: of validation, or all of a cross-validation."""
    errors: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1, max_length=1000)
    """Ascending, in the units of the target; all of them, or an even choice."""
    floor: float | None = Field(None, gt=0)
    """In the units of the target; where it is given, each error was divided by floor + spread of its row."""

    @model_validator(mode="after")
    def _whole(self) -> Calibration:
        if len(self.errors) > self.n or list(self.errors) != sorted(self.errors):
            raise ValueError(f"{len(self.errors)} errors of {self.n} rows, or not in order")
        return self


class Novelty(Strict):
    """From where on a sequence is said to be unlike those of the training; see `seqcnn.model.network.ood`."""

    n: int = Field(ge=1)
    """Validation rows."""
    rate: float = Field(gt=0, le=1)
    """Part of sequences like these that is flagged by mistake."""
    distance: float = Field(ge=0)
    """Of its 3-mers, no unit; larger ones are flagged."""
    surprise: float = Field(ge=0)
    """Mean of a base after five others, nat; larger ones are flagged."""


class Header(Strict):
    """Metadata of a bundle; see the fields."""

    format: Literal["seqcnn model 1"] = "seqcnn model 1"
    seqcnn_version: Text
    torch_version: Text
    threads: int | None = Field(None, ge=1)
    """CPU threads of the training, on which the last bits of the weights depend; None on a GPU."""
    date: Text | None = None
    """UTC day of the training, in bundles of earlier versions; their bytes depend on it."""
    encoder: Text
    args: dict[str, Any]
    members: int = Field(1, ge=1, le=100)
    """Networks whose mean is the prediction: seeds, or folds of a cross-validation."""
    link: Literal["identity", "log"]
    noise: bool = False
    """Whether the network also predicts how noisy a measurement is."""
    strand: Literal["single", "double"]
    layout: Layout
    shortest: int = Field(ge=0)
    """Length in bp of the shortest sequence that it was trained on; shorter ones are refused."""
    base_order: Literal["ACGT"] = "ACGT"
    targets: tuple[Text, ...] = Field(min_length=1, max_length=10_000)
    units: tuple[Text, ...]
    training: dict[str, Any]
    """The training plan that was used, and the seed."""
    training_set: Text
    """SHA-256 of the sequences, measurements and weights that it was trained on."""
    inputs: dict[str, Text]
    """File name -> SHA-256 of what the dataset was prepared from."""
    split: Text
    """How the rows were split, in words."""
    counts: dict[str, int]
    """Rows in train, val and test."""
    metrics: dict[str, dict[str, dict[str, Score]]]
    """Part of the split -> target -> metric -> value."""
    calibration: dict[str, Calibration] = Field(default_factory=dict)
    """Target -> errors of held-out rows; a target without any has no intervals."""
    novelty: Novelty | None = None

    @property
    def lengths(self) -> str:
        """The lengths of sequences that it can predict, in words; longer ones may be cropped."""
        longest = self.layout.length
        return f"{self.shortest} to {longest} bp" if self.shortest < longest else f"{longest} bp"

    @model_validator(mode="after")
    def _fits_together(self) -> Header:
        if len(self.units) != len(self.targets):
            raise ValueError(f"{len(self.units)} units for {len(self.targets)} targets; expected one each")
        for flank in filter(None, (self.layout.flank5, self.layout.flank3)):
            try:
                pack(flank)
            except SequenceError as error:
                raise ValueError(f"flank: {error}") from error
        return self


def parse_header(text: str, path: Path) -> Header:
    """Check the JSON text of a header against its schema.

    Raises
    ------
    BundleError
        If it is no header, or out of bounds; `path` is its file.
    """
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise TypeError
        if values.get("format") != Header.model_fields["format"].default:
            raise BundleError(
                f"{place(path)}: metadata of another version; this seqcnn reads 'seqcnn model 1'"
            )
        header: Header = validate(Header, values, f"{place(path)}: metadata")
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"{place(path)}: metadata cannot be read; {NOT_OURS}") from error
    except ConfigError as error:
        raise BundleError(str(error)) from error
    return header
