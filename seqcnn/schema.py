"""Frozen, strict schemas, and their errors in one line: key, value found, nearest known key.

The annotations of a public function are the schema of its arguments: `checks_arguments`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from typing import Annotated, Any, ParamSpec, TypeVar, get_args

from annotated_types import Ge, Lt
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from seqcnn.errors import MAX_SHOWN, ConfigError, UsageError, did_you_mean, listed, place, show

P = ParamSpec("P")
R = TypeVar("R")

Count = Annotated[int, Ge(1)]
"""Number of things of which there must be one."""

CountOrNone = Annotated[int, Ge(0)]
"""Number of things of which there may be none."""

Seed = Annotated[int, Ge(0), Lt(2**31)]
"""Random seed."""

MAX_FAULTS = 320
"""Largest number of characters of the errors of one validation with the known keys."""

RENAMED_KEYS = {
    "probe": "biology",
    "widths": "kernel_sizes",
    "pools": "pool_sizes",
    "dense": "hidden",
    "both_strands": "rc_tied_filters",
    "word": "kernel_size",
    "stride": "pool_size",
    "shift": "max_shift",
    "mutate": "mutation_rate",
    "clip": "grad_clip",
    "warmup": "warmup_fraction",
    "share": "weight",
}
"""Old name of a key -> its name now, which the error about an unknown key reports."""

OPTION_KEYS = {
    "sequence_column": "sequence",
    "sequence-column": "sequence",
    "category": "categories",
    "sheet": "sheets",
    "unit": "units",
}
"""Option of the command line -> the key of the same meaning, where their names differ."""

MAX_TEXT = 2000
"""Characters of a text in a header."""


class Strict(BaseModel):
    """Base of all configs: frozen, unknown keys refused, no silent conversion of text to numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def validate(schema: Any, values: Mapping[str, Any], path: object) -> Any:
    """Return the object of a schema with these values; raise `ConfigError` with all errors in one line."""
    try:
        return TypeAdapter(schema).validate_json(json.dumps(values, default=_json_value), strict=True)
    except ValidationError as error:
        raise ConfigError(f"{place(path)}: {faults(error, schema)}") from error
    except TypeError as error:
        raise ConfigError(f"{place(path)}: {error}; expected numbers, text, lists and mappings") from error


def _json_value(value: Any) -> Any:
    """Return a number of NumPy or PyTorch as one of Python; raise `TypeError` for any other object."""
    if (plain := _plain(value)) is value:
        raise TypeError(f"{show(value, 40)} ({type(value).__name__}) found")
    return plain


def _plain(value: Any) -> Any:
    """Return a number of NumPy or PyTorch as one of Python; any other value as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def checks_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with its arguments checked; see `check_arguments`."""
    signature = inspect.signature(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        """Check the arguments and call the function."""
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:  # a missing or unknown argument, as of every function
            raise TypeError(f"{function.__name__}() {error}") from None
        bound.arguments.update(check_arguments(function, bound.arguments))
        return function(*bound.args, **bound.kwargs)

    return checked


def check_arguments(
    function: Callable[..., Any], values: Mapping[str, Any], name: str | None = None
) -> dict[str, Any]:
    """Return arguments of a function as its annotations require; numbers of NumPy become those of Python.

    Parameters
    ----------
    function
        The function; arguments that it does not annotate, and `**` ones, are not checked.
    values
        Name of an argument -> its value.
    name
        Name in messages; None is that of the function.

    Raises
    ------
    UsageError
        If a value does not have the type of its annotation, or is out of its bounds.
    """
    adapters = _adapters(function)
    return {
        key: _argument(adapters[key], value, f"{name or function.__name__}: {key}")
        if key in adapters
        else value
        for key, value in values.items()
    }


def _argument(adapter: TypeAdapter[Any], value: Any, where: str) -> Any:
    """Return one argument as its annotation requires."""
    try:
        return adapter.validate_python(_plain(value), strict=True)
    except ValidationError as error:
        if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
            return _argument(adapter, value.tolist(), where)
        texts = [_expected(fault) for fault in error.errors()]
        expected = " or ".join(dict.fromkeys(texts)).replace("a valid ", "a ").replace("a int", "an int")
        kind = "" if isinstance(value, str) else f" ({type(value).__name__})"
        raise UsageError(f"{where}: {show(value, 40)}{kind} found; expected {expected}") from error


def _expected(fault: Mapping[str, Any]) -> str:
    """Return what an error of a validation expects; for text in the place of a list a list of its parts."""
    if fault["type"] != "sequence_str":
        return str(fault["msg"]).removeprefix("Input should be ")
    parts = [part.strip() for part in fault["input"].split(",")]
    numbers = [int(part) for part in parts if re.fullmatch("[0-9]{1,9}", part)]
    return f"a list such as {json.dumps(numbers if len(numbers) == len(parts) else parts)}"


@cache
def _adapters(function: Callable[..., Any]) -> dict[str, TypeAdapter[Any]]:
    """Return the validator of each annotated argument of a function."""
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    config = ConfigDict(arbitrary_types_allowed=True)
    return {
        p.name: TypeAdapter(p.annotation, config=config)
        for p in parameters
        if p.annotation not in (Any, p.empty) and p.kind is not p.VAR_KEYWORD
    }


def faults(error: ValidationError, schema: Any) -> str:
    """Return the errors of a validation in one line; the known keys are at the end, if there is room."""
    texts = [_fault(fault, schema) for fault in error.errors()]
    shown = listed([text for text, _ in texts])
    known = next((f"; known: {keys}" for _, keys in texts if keys), "")
    return shown + known if len(shown) + len(known) <= MAX_FAULTS else shown


def _fault(fault: Mapping[str, Any], schema: Any) -> tuple[str, str]:
    """Return the description of one error: key, value found, value expected; and known keys, or ''."""
    key, found = ".".join(str(part) for part in fault["loc"]), fault["input"]
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return unknown_key(str(fault["loc"][-1]), show(key), _known_keys(schema, fault["loc"][:-1]))
    if fault["type"] in ("missing", "missing_argument"):
        return f"key {show(key)} is missing", ""
    message = fault["msg"].removeprefix("Value error, ")
    is_text = isinstance(found, str) and len(found) <= MAX_SHOWN and found.isprintable()
    if fault["type"] in ("tuple_type", "list_type") and is_text:
        message = f"expected a list such as [{', '.join(part.strip() for part in found.split(','))}]"
    return f"{key}: {show(found)} found; {message}" if key else message, ""


def unknown_key(name: str, shown: str, known: list[str]) -> tuple[str, str]:
    """Return the description of a key that there is not, and the known ones if none of them is like it."""
    if (new := RENAMED_KEYS.get(name)) in known:
        return f"key {shown} is now called {show(new)}", ""
    option = OPTION_KEYS.get(name)
    hint = f"; did you mean {show(option)}?" if option in known else did_you_mean(name, known)
    return f"unknown key {shown}{hint}", "" if hint else ", ".join(known) or "none"


def _known_keys(schema: Any, location: tuple[Any, ...]) -> list[str]:
    """Return the keys of the nested schema at `location`."""
    for part in location:
        hints = getattr(schema, "model_fields", None) or getattr(schema, "__dataclass_fields__", {})
        if part not in hints:
            return []
        field = hints[part]
        schema = (
            field.annotation
            if hasattr(field, "annotation")
            else inspect.get_annotations(schema, eval_str=True)[part]
        )
        nested = [kind for kind in get_args(schema) if hasattr(kind, "model_fields")]  # of X | None
        schema = nested[0] if nested else schema
    if is_dataclass(schema):
        return [field.name for field in fields(schema)]
    return list(getattr(schema, "model_fields", {}))
