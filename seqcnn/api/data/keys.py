"""Keywords that describe data: the fields of `DataPlan`, also under the names of the options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from inspect import Parameter, signature
from typing import Any

from seqcnn.data.assay.plan import DataPlan
from seqcnn.errors import ConfigError, UsageError, show
from seqcnn.io.tsv import NA
from seqcnn.schema import OPTION_KEYS, unknown_key, validate

OPTION_NAMES = {option: field for option, field in OPTION_KEYS.items() if option.isidentifier()}
"""Name of an option -> the field of the plan that it sets, where the names differ."""

FIELDS = [field.name for field in fields(DataPlan) if field.name not in ("targets", "split")]
"""Fields of the plan that are keywords; `target` and `split` are arguments of their own."""

_LISTS = [field.name for field in fields(DataPlan) if field.type == "tuple[str, ...]"]


def refuse_unknown_keys(
    keys: Iterable[str], function: Callable[..., Any], others: Iterable[str] = ()
) -> None:
    """Raise `ConfigError` for a keyword that no data and no `others` have; it lists all that there are.

    Parameters
    ----------
    keys
        Names of the keywords of a call.
    function
        The public function, whose own arguments are listed too.
    others
        More keywords of this function.
    """
    known = sorted({*arguments_of(function), *FIELDS, *OPTION_NAMES, *others})
    for key in keys:
        if key not in known:
            text, _ = unknown_key(key, show(key), known)
            raise ConfigError(f"{function.__name__}: {text}; known: {', '.join(known)}")


def arguments_of(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments of a function, without that of `**`."""
    parameters = signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is not Parameter.VAR_KEYWORD]


def keyed_plan(keys: Mapping[str, Any], targets: Sequence[str] = ()) -> DataPlan:
    """Return a plan with the fields that keywords set.

    Parameters
    ----------
    keys
        Fields of the plan, or names of options; None leaves the default.  One text is a list of one, and the
        unit of the only target.  `missing` is added to NA.
    targets
        Names of the targets, if they are given.

    Raises
    ------
    UsageError
        If a field is given under both of its names.
    ConfigError
        If a value is out of bounds, or not of the type of its field.
    """
    values: dict[str, Any] = {}
    for key, value in keys.items():
        field = OPTION_NAMES.get(key, key)
        if field in values:
            raise UsageError(f"several names of the keyword {field}: expected one of them")
        if value is not None:
            values[field] = _list_of(value) if field in _LISTS else value
    if isinstance(values.get("units"), str) and len(targets) == 1:
        values["units"] = {targets[0]: values["units"]}
    plan: DataPlan = validate(DataPlan, values, "data")
    return replace(plan, missing=(NA, *plan.missing)) if "missing" in values else plan


def _list_of(value: Any) -> Any:
    """Return the texts of a list, or of one value; anything else as it is, for the schema to refuse."""
    if isinstance(value, str | int | float):
        value = [value]
    return [*map(str, value)] if isinstance(value, list | tuple) else value
