"""The header of a model bundle: what prediction needs, and where the model comes from.

Headers are untrusted input: every field has bounds, and none names code, a path or an address.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from seqcnn.errors import BundleError, ConfigError, SequenceError, has_control, place, printable, show
from seqcnn.schema import Strict, validate
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

NOT_OURS = "not a seqcnn model; expected the .safetensors file that `seqcnn train` writes"

FORMAT: Literal["seqcnn model 2"] = "seqcnn model 2"

RENAMED_FIELDS = {
    "calibration.floor": "calibration.scale_floor",
    "counts": "split_sizes",
    "noise": "predicts_noise",
    "novelty": "ood",
    "shortest": "min_length",
    "training_set": "training_sha256",
}
"""Fields of format 1 -> their names since format 2."""

RENAMED_WEIGHTS = {
    "encoder.convolutions": "encoder.blocks",
    "encoder.words": "encoder.stem",
    "encoder.blocks.*.look": "encoder.blocks.*.attention",
    "encoder.blocks.*.think": "encoder.blocks.*.mlp",
    "profile.surprise": "profile.surprisal",
}
"""Weights of format 1 -> their names since format 2."""

_SHOWN = 90  # characters of a value in the text of a header

Text = Annotated[str, Field(max_length=2000)]
Score = float | None


class Calibration(Strict):
    """Absolute errors of held-out rows, from which prediction intervals are computed."""

    n: int = Field(ge=1)
    """Number of rows."""
    errors: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1, max_length=1000)
    """In ascending order, in the units of the target; all of them, or evenly spaced ranks."""
    scale_floor: float | None = Field(None, gt=0)
    """In the units of the target; if given, each error is divided by scale_floor + SD of its prediction."""

    @model_validator(mode="after")
    def _whole(self) -> Calibration:
        if len(self.errors) > self.n or list(self.errors) != sorted(self.errors):
            raise ValueError(f"{len(self.errors)} errors of {self.n} rows, or not in order")
        return self


class OODThresholds(Strict):
    """Thresholds above which a sequence is out of distribution; see `seqcnn.model.network.ood`."""

    n: int = Field(ge=1)
    """Number of validation rows."""
    rate: float = Field(gt=0, le=1)
    """Fraction of in-distribution sequences that is flagged."""
    distance: float = Field(ge=0)
    """Mahalanobis distance of the 3-mer frequencies, no unit."""
    surprisal: float = Field(ge=0)
    """Mean surprisal of a base given the five before it, nat."""


class Header(Strict):
    """Metadata of a bundle; see the fields."""

    format: Literal["seqcnn model 2"] = FORMAT
    seqcnn_version: Text
    torch_version: Text
    threads: int | None = Field(None, ge=1)
    """CPU threads of the training, None on a GPU.  With another number the weights differ as with another
    seed: sums are rounded otherwise, and every step of the training amplifies the difference."""
    encoder: Text
    args: dict[str, Any]
    """Of the encoder, with its defaults; older bundles may lack arguments that had their default."""
    members: int = Field(1, ge=1, le=100)
    """Number of networks whose mean is the prediction: seeds, or folds of a cross-validation."""
    link: Literal["identity", "log"]
    predicts_noise: bool = False
    """Whether the network also predicts the SD of the measurement noise."""
    strand: Literal["single", "double"]
    layout: Layout
    min_length: int = Field(ge=0)
    """Length in bp of the shortest training sequence; shorter ones are refused."""
    base_order: Literal["ACGT"] = "ACGT"
    targets: tuple[Text, ...] = Field(min_length=1, max_length=10_000)
    units: tuple[Text, ...]
    training: dict[str, Any]
    """The training plan that was used, and the seed."""
    training_sha256: Text
    """SHA-256 of the sequences, measurements and weights of the training rows."""
    inputs: dict[str, Text]
    """File name -> SHA-256 of the files that the dataset was prepared from."""
    split: Text
    """How the rows were split, in words."""
    split_sizes: dict[str, int]
    """Number of rows in train, val and test, and of those of val in `calibration`, if they are apart."""
    metrics: dict[str, dict[str, dict[str, Score]]]
    """Part of the split -> target -> metric -> value."""
    calibration: dict[str, Calibration] = Field(default_factory=dict)
    """Target -> errors of held-out rows; a target without any has no intervals."""
    calibrated_on: Literal["calibration", "validation", "out_of_fold"] | None = None
    """Rows of `calibration`: validation rows that chose nothing; those that chose the epoch, with which
    intervals are 1 to 2 points too narrow; or the held-out folds of a cross-validation.  None in bundles of
    older versions."""
    ood: OODThresholds | None = None

    @property
    def lengths(self) -> str:
        """Text with the range of sequence lengths that the model predicts; longer ones may be cropped."""
        longest = self.layout.length
        return f"{self.min_length} to {longest} bp" if self.min_length < longest else f"{longest} bp"

    @property
    def calibration_text(self) -> str:
        """Text that says which rows the prediction intervals were calibrated on; '' if on none."""
        if not self.calibration:
            return ""
        n = f"{self.split_sizes.get('calibration', 0):,}"
        return {
            "calibration": f"{n} validation rows that chose neither the epoch nor the model",
            "validation": "the validation rows that also chose the epoch; may be 1 to 2 points too narrow",
            "out_of_fold": "out-of-fold errors of all rows",
            None: "not recorded by the older version that wrote the model",
        }[self.calibrated_on]

    def __repr__(self) -> str:
        """Return one field per line; long values are cut."""
        fields = ((name, str(getattr(self, name))) for name in type(self).model_fields)
        lines = (f"  {name}: {text[:_SHOWN]}{'...' * (len(text) > _SHOWN)}" for name, text in fields)
        return "\n".join(["Header", *map(printable, lines)])

    @model_validator(mode="after")
    def _fits_together(self) -> Header:
        if len(self.units) != len(self.targets):
            raise ValueError(f"{len(self.units)} units for {len(self.targets)} targets; expected one each")
        if has_control("".join((*self.targets, *self.units))):
            raise ValueError("a control character in the name of a target or in a unit")
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
        If it is no header, is of another format, or a value is out of bounds; `path` is its file.
    """
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise TypeError
        if values.get("format") != FORMAT:
            raise BundleError(_other_format(values, path))
        header: Header = validate(Header, values, f"{place(path)}: metadata")
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"{place(path)}: metadata cannot be read; {NOT_OURS}") from error
    except ConfigError as error:
        raise BundleError(str(error)) from error
    return header


def _other_format(values: dict[str, Any], path: Path) -> str:
    """Return the message for a bundle of another format, with the new names for one of format 1."""
    found = str(values.get("format")).removeprefix("seqcnn model ")
    message = f"{place(path)}: bundle format {show(found)} found; expected format {FORMAT.split()[-1]}"
    if found != "1":
        return message
    renamed = [
        f"{what} {', '.join(names)} are now {', '.join(names.values())}"
        for what, names in (("keys", RENAMED_FIELDS), ("weights", RENAMED_WEIGHTS))
    ]
    return f"{message}; {'; '.join(renamed)}; train the model again"
