"""Names and units of targets: refused where a header or a table of results could not hold them.

A table of predictions has a column per target, and more of the same name with an ending of `ENDINGS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from seqcnn.errors import ConfigError, TableError, did_you_mean, has_control, listed, refuse_control, show
from seqcnn.schema import MAX_TEXT

ID_COLUMN = "id"
"""Column of a table of predictions with the names of the sequences."""

OOD_COLUMN = "out_of_distribution"
"""Column that flags out-of-distribution sequences, yes or no."""

ENDINGS = ("_sd", "_low", "_high")
"""Endings of the columns with the SD of a prediction and the bounds of its interval."""

MAX_TARGETS = 10_000
"""Largest number of targets of a model."""


def check_targets(names: Sequence[str], units: Sequence[str], where: str) -> None:
    """Raise `TableError` for names or units that a model's header or its results cannot hold.

    Parameters
    ----------
    names, units
        Name and unit of each target; the unit may be ''.
    where
        Name of their table in messages.
    """
    refuse_control(names, f"{where}: column", TableError)
    if len(names) > MAX_TARGETS:
        raise TableError(f"{where}: {len(names):,} targets; at most {MAX_TARGETS:,} are expected")
    for name, unit in zip(names, units, strict=True):
        if max(len(name), len(unit)) > MAX_TEXT:
            raise TableError(
                f"{where}: target {show(name, 40)}: a name of {len(name):,} and a unit of {len(unit):,} "
                f"characters; at most {MAX_TEXT:,} are expected of each; shorten it"
            )
        if has_control(unit):
            fault = f"control character in the unit {show(unit, 40)}"
            raise TableError(f"{where}: target {show(name, 40)}: {fault}; remove it")
    if repeated := [show(name, 40) for name, count in Counter(names).items() if count > 1]:
        raise TableError(f"{where}: several targets are named {listed(repeated)}; rename them")
    _refuse_result_columns(names, where)


def _refuse_result_columns(names: Sequence[str], where: str) -> None:
    """Raise `TableError` for a target that is named like another column of a table of predictions."""
    others = {f"{name}{ending}": f"target {show(name, 40)}" for name in names for ending in ENDINGS}
    others |= {ID_COLUMN: "the ids", OOD_COLUMN: "out-of-distribution sequences"}
    if clash := next((name for name in names if name in others), None):
        raise TableError(
            f"{where}: target {show(clash, 40)}: tables of predictions have a column of this name for "
            f"{others[clash]}; rename the target"
        )


def units_of(names: Sequence[str], units: Mapping[str, str]) -> list[str]:
    """Return the unit of each target, '' for those without.

    Raises
    ------
    ConfigError
        If there is a unit of something that is not a target.
    """
    if unknown := [name for name in units if name not in names]:
        known = listed([show(name, 40) for name in names])
        hint = did_you_mean(unknown[0], names)
        raise ConfigError(f"units: {show(unknown[0], 40)} is not a target; targets are {known}{hint}")
    return [units.get(name, "") for name in names]
