"""The header of a model bundle: what prediction needs, and where the model comes from.

Headers are untrusted input: every field has bounds, and none names code, a path or an address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from seqcnn.config.arguments import BASELINE_ARGS, FEATURE_ENCODER_NAMES
from seqcnn.config.model import MAX_MEMBERS, TrainingPlan, Tuning
from seqcnn.data.assay.target_names import MAX_TARGETS
from seqcnn.data.transform import Transform
from seqcnn.errors import BundleError, ConfigError, SequenceError, has_control, place, printable, show
from seqcnn.io.json_file import parse_json
from seqcnn.model.metrics import mean_over_targets
from seqcnn.model.network.field_types import Count, Digest, FeatureCount, InputDigest, Part, Text
from seqcnn.model.network.imported_from import IMPORTED, UNTRAINED, ImportedFrom
from seqcnn.model.network.source import Source
from seqcnn.schema import MAX_TEXT, Strict, faults, validate
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import MAX_LENGTH, Layout

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
_HUGE = 1e100  # beyond what float32 holds, and squares of it are finite in float64

Seed = Annotated[int, Field(ge=0, lt=2**63)]
Score = Annotated[float, Field(ge=-_HUGE, le=_HUGE)] | None


class Calibration(Strict):
    """Absolute errors of held-out rows, from which prediction intervals are computed."""

    n: int = Field(ge=1, le=10**12)
    """Number of rows."""
    errors: tuple[Annotated[float, Field(ge=0, le=_HUGE)], ...] = Field(min_length=1, max_length=1000)
    """In ascending order, in the units of the target; all of them, or evenly spaced ranks."""
    scale_floor: float | None = Field(None, gt=0, le=_HUGE)
    """In the units of the target; if given, each error is divided by scale_floor + SD of its prediction."""
    edges: tuple[Annotated[float, Field(ge=-_HUGE, le=_HUGE)], ...] = Field((), max_length=4)
    """Predictions, ascending, that divide rows into predicted levels; an edge is in the upper level."""
    by_level: tuple[Calibration, ...] = Field((), max_length=5)
    """Errors of each predicted level, from low to high; empty if there were too few rows."""

    @model_validator(mode="after")
    def _whole(self) -> Calibration:
        if len(self.errors) > self.n or list(self.errors) != sorted(self.errors):
            raise ValueError(f"{len(self.errors)} errors of {self.n} rows, or not in order")
        if len(self.by_level) != (len(self.edges) + 1 if self.edges else 0):
            raise ValueError(f"{len(self.by_level)} predicted levels with {len(self.edges)} edges")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError("edges of the predicted levels are not in ascending order")
        if any(part.by_level or part.scale_floor != self.scale_floor for part in self.by_level):
            raise ValueError("predicted levels with levels or a scale of their own")
        return self


class FifthsCoverage(Strict):
    """Coverage of the 90% prediction intervals on test rows."""

    n: int = Field(ge=5, le=10**12)
    """Number of measured test rows."""
    by_fifth: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(min_length=5, max_length=5)
    """Fraction of the measurements inside, in each fifth of the predictions from low to high."""


class OODThresholds(Strict):
    """Thresholds above which a sequence is out of distribution; see `seqcnn.model.network.ood`."""

    n: int = Field(ge=1, le=10**12)
    """Number of validation rows."""
    rate: float = Field(gt=0, le=1)
    """Fraction of in-distribution sequences that is flagged."""
    distance: float = Field(ge=0, le=_HUGE)
    """Mahalanobis distance of the 3-mer frequencies, no unit."""
    surprisal: float = Field(ge=0, le=_HUGE)
    """Mean surprisal of a base given the five before it, nat."""


class TrainingRecord(TrainingPlan):
    """The training plan that was used, and what else decides the weights."""

    seed: Seed | None = None
    """Random seed of one network."""
    seeds: tuple[Seed | None, ...] = Field((), max_length=MAX_MEMBERS)
    """Random seeds of the members of an ensemble."""
    teachers: tuple[Digest, ...] = Field((), max_length=1000)
    """SHA-256 of the bundles of the teachers."""
    teacher_weight: float = Field(1.0, gt=0, le=1)
    """Weight of the teachers' mean prediction in the target."""
    teacher_spread: bool = False
    """Whether the SD that the model predicts is that of its teachers' predictions."""
    sources: tuple[Source, ...] = Field((), max_length=100)
    """Bundles that the training started from: the one whose weights it took, then the sources of that one."""
    shuffled_rows: Count | None = None
    """Number of rows that are shuffled at a time, of a dataset that stays in its file."""
    tuning: Tuning | None = None
    """The search that chose the configuration."""


def _plain_arguments(values: dict[str, Any]) -> dict[str, Any]:
    """Check that arguments are numbers, short texts or lists of these; their schema is the encoder's."""
    for value in values.values():
        for part in value if isinstance(value, list | tuple) else [value]:
            if not isinstance(part, bool | int | float | str | None) or len(str(part)) > MAX_TEXT:
                raise ValueError("expected numbers, short texts, or lists of these")
    return values


def _training_record(values: dict[str, Any]) -> dict[str, Any]:
    """Check the dictionary of a training against `TrainingRecord`."""
    try:
        validate(TrainingRecord, values, "training")
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return values


class Header(Strict):
    """Metadata of a bundle; see the fields."""

    format: Literal["seqcnn model 2"] = FORMAT
    seqcnn_version: Text
    torch_version: Text
    threads: int | None = Field(None, ge=1, le=100_000)
    """CPU threads of the training, None on a GPU.  With another number the weights differ as with another
    seed: sums are rounded otherwise, and every step of the training amplifies the difference."""
    encoder: Text
    args: Annotated[dict[Text, Any], AfterValidator(_plain_arguments)]
    """Of the encoder, with its defaults; older bundles may lack arguments that had their default."""
    members: int = Field(1, ge=1, le=MAX_MEMBERS)
    """Number of networks whose mean is the prediction: seeds, or folds of a cross-validation."""
    link: Literal["identity", "log"]
    predicts_noise: bool = False
    """Whether the network also predicts the SD of the measurement noise."""
    strand: Literal["single", "double"]
    layout: Layout
    min_length: int = Field(ge=0, le=MAX_LENGTH)
    """Length in bp of the shortest training sequence; shorter ones are refused."""
    feature_shape: tuple[FeatureCount, FeatureCount] | None = None
    """Positions and features per position (P, D) that the network takes instead of the sequence."""
    base_order: Literal["ACGT"] = "ACGT"
    targets: tuple[Text, ...] = Field(min_length=1, max_length=MAX_TARGETS)
    units: tuple[Text, ...]
    transforms: dict[Text, Transform] = Field(default_factory=dict)
    """Target -> transform of its measurements; network, calibration and scores are on its scale."""
    training: Annotated[dict[str, Any], AfterValidator(_training_record)]
    """Fields of `TrainingRecord`."""
    training_sha256: Digest | None = None
    """SHA-256 of the sequences, measurements and weights of the training rows; None if that was elsewhere."""
    inputs: dict[Text, InputDigest]
    """File name -> SHA-256 of the files that the dataset was prepared from."""
    split: Text
    """How the rows were split, in words."""
    split_sizes: dict[Part, Count]
    """Number of rows in train, val and test, and of those of val in `calibration`, if they are apart."""
    metrics: dict[Part, dict[Text, dict[Text, Score]]]
    """Part of the split -> target -> metric -> value."""
    calibration: dict[Text, Calibration] = Field(default_factory=dict)
    """Target -> errors of held-out rows; a target without any has no intervals."""
    calibrated_on: Literal["calibration", "validation", "out_of_fold"] | None = None
    """Rows of `calibration`: validation rows that chose nothing; those that chose the epoch, with which
    intervals may be too narrow; or the held-out folds of a cross-validation.  None in bundles of
    older versions."""
    coverage: dict[Text, FifthsCoverage] = Field(default_factory=dict)
    """Target -> coverage of its intervals; empty for few test rows, and in bundles of older versions."""
    ood: OODThresholds | None = None
    imported: ImportedFrom | None = None
    """Origin of a model that was not trained here, which has neither scores nor intervals."""

    @property
    def lengths(self) -> str:
        """Text with the range of sequence lengths that the model predicts; longer ones may be cropped."""
        longest = self.layout.length
        return f"{self.min_length} to {longest} bp" if self.min_length < longest else f"{longest} bp"

    @property
    def tuning(self) -> Tuning | None:
        """The search that chose the configuration, if there was one."""
        tuning = self.training.get("tuning")
        return Tuning.model_validate(tuning) if tuning else None

    @property
    def validation_r(self) -> float | None:
        """Mean over the targets of Pearson's r of validation rows; None if one is undefined."""
        scores = self.metrics.get("val", {}).values()
        return mean_over_targets(score.get("pearson") for score in scores)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Bundles that the training started from, see `TrainingRecord.sources`."""
        return tuple(Source.model_validate(source) for source in self.training.get("sources", ()))

    @property
    def calibration_text(self) -> str:
        """Text that says which rows the prediction intervals were calibrated on; '' if on none."""
        if not self.calibration:
            return ""
        n = f"{self.split_sizes.get('calibration', 0):,}"
        chosen = "the settings of the model" if self.encoder in BASELINE_ARGS else "the epoch"
        return {
            "calibration": f"{n} validation rows that chose neither {chosen} nor the model",
            "validation": f"the validation rows that also chose {chosen}, so they may be too narrow",
            "out_of_fold": "the out-of-fold errors of all rows that a fold tests",
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
        if set(self.transforms) - set(self.targets):
            raise ValueError("transforms: expected names of targets")
        if len(set(self.targets)) < len(self.targets):
            raise ValueError("targets: a name occurs twice")
        if self.min_length > self.layout.length:
            raise ValueError(f"min_length: {self.min_length} bp in windows of {self.layout.length} bp")
        for flank in filter(None, (self.layout.flank5, self.layout.flank3)):
            try:
                pack(flank)
            except SequenceError as error:
                raise ValueError(f"flank: {error}") from error
        return self

    @model_validator(mode="after")
    def _has_features(self) -> Header:
        expected = self.encoder in FEATURE_ENCODER_NAMES
        if (self.feature_shape is not None) != expected or (expected and self.strand == "double"):
            raise ValueError(
                f"feature_shape: {self.feature_shape} found, of the encoder {show(self.encoder)}"
            )
        return self

    @model_validator(mode="after")
    def _claims_no_training(self) -> Header:
        untrained = self.encoder in UNTRAINED
        if (self.imported is not None) != (self.encoder == IMPORTED):
            raise ValueError(f"imported: expected with the encoder {IMPORTED}, and only with it")
        if (self.training_sha256 is None) != untrained:
            raise ValueError(f"training_sha256: {self.training_sha256} found, of the encoder {self.encoder}")
        claims = ("calibration", "coverage", "metrics", "ood", "split_sizes", "training", "transforms")
        claimed = [name for name in claims if getattr(self, name)] if untrained else []
        if claimed or (untrained and (self.members > 1 or self.link != "identity" or self.predicts_noise)):
            raise ValueError(f"{', '.join(claimed) or 'members'}: not of a model that was trained elsewhere")
        return self

    @model_validator(mode="after")
    def _plain_baseline(self) -> Header:
        expected = {"link": "identity", "predicts_noise": False, "strand": "single", "members": 1}
        for name, value in expected.items() if self.encoder in BASELINE_ARGS else ():
            if (found := getattr(self, name)) != value:
                raise ValueError(f"{name}: {found} found; the baseline {self.encoder} has {value}")
        return self


def without_sequences(header: Header, path: Path | None = None) -> str:
    """Return the message for a model of features that was given sequences only; `path` is its bundle."""
    where = f"{place(path)}: " if path else ""
    what = f"{where}a model of features (encoder {header.encoder}), which cannot be computed from sequences"
    return f"{what}; only `predict --features`, and commands on its dataset, take it"


def checked_header(**values: Any) -> Header:
    """Return a header; raise `ConfigError` in one line for a value out of bounds."""
    try:
        return Header(**values)
    except ValidationError as error:
        raise ConfigError(f"model header: {faults(error, Header)}") from error


def parse_header(text: str, path: Path) -> Header:
    """Check the JSON text of a header against its schema.

    Raises
    ------
    BundleError
        If it is no header, is of another format, or a value is out of bounds; `path` is its file.
    """
    try:
        values = parse_json(text)
        if not isinstance(values, dict):
            raise TypeError
        if values.get("format") != FORMAT:
            raise BundleError(_other_format(values, path))
        header: Header = validate(Header, values, f"{place(path)}: metadata")
    except (ValueError, TypeError) as error:
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
