"""How files are read for public functions: the plan of their data, from arguments and keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seqcnn.api.data.keys import keyed_plan
from seqcnn.data.assay.plan import Aggregate, DataPlan
from seqcnn.data.assay.target_names import mean_name
from seqcnn.data.readers.id_cut import IdUntil
from seqcnn.data.split.splits import SplitPlan
from seqcnn.data.transform import TransformName
from seqcnn.errors import UsageError
from seqcnn.sequence.window import Align


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How sequences and measurements become a dataset."""

    target: str | Sequence[str] | None = None
    aggregate: Aggregate | None = None
    replicate_column: str | None = None
    id_until: IdUntil | None = None
    align: Align = "left"
    transform: TransformName = "none"
    features: Any = None
    """Features of the sequences in memory."""
    seed: int = 1
    """Random seed of the split."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the plan of the data, see `seqcnn.api.data.keys`."""


def file_plan(reading: Reading, *, group: Any, weights: Any, replicates: Any, split: Any) -> DataPlan:
    """Return the plan of the data of a file, from names of its columns.

    Raises
    ------
    UsageError
        If a name is no text, or replicates belong to no target.
    ConfigError
        If a keyword has a value that its field does not take.
    """
    for name, value in {"group": group, "weights": weights, "split": split}.items():
        if not isinstance(value, str | None):
            raise UsageError(
                f"{name}: {type(value).__name__} found; expected the name of a column of the file"
            )
    targets = (reading.target,) if isinstance(reading.target, str) else tuple(reading.target or ())
    columns = _replicates(replicates, targets)
    targets = targets or tuple(columns)
    plan = keyed_plan(reading.keys, targets)
    if weights is not None and plan.weight is not None:
        raise UsageError("weights and weight: expected one of them")
    return replace(
        plan,
        targets=targets,
        group=group,
        weight=plan.weight if weights is None else weights,
        replicates=columns,
        aggregate=reading.aggregate,
        replicate_column=reading.replicate_column,
        id_until=reading.id_until,
        align=reading.align,
        transform=reading.transform,
        split=SplitPlan("column" if split else "auto", split, seed=reading.seed),
    )


def _replicates(replicates: Any, targets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return target -> columns of its replicates, of such a mapping or of the names of one target."""
    named = replicates if isinstance(replicates, Mapping) else {}
    if not all(isinstance(name, str) for name in named) or not all(
        are_names(names) and names for names in named.values()
    ):
        raise UsageError("replicates: expected a mapping of targets to lists of columns of the file")
    if named or replicates is None:
        return {name: tuple(columns) for name, columns in named.items()}
    if not are_names(replicates):
        fault = f"replicates: {type(replicates).__name__} found"
        raise UsageError(
            f"{fault}; expected a list of names of columns of the file, or a mapping of targets to lists"
        )
    if len(targets) > 1:
        example = f"{{{targets[0]!r}: {[*replicates]}}}"
        raise UsageError(f"replicates: of which target? Expected {example}, and so for each target")
    return {targets[0] if targets else mean_name(replicates): tuple(replicates)}


def are_names(value: Any) -> bool:
    """Return whether this is a list of names, or None."""
    return value is None or (isinstance(value, list | tuple) and all(isinstance(name, str) for name in value))
