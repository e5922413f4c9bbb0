"""Arguments of models: a schema with bounds for every encoder and every baseline."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from seqcnn.errors import ConfigError, did_you_mean, place, show
from seqcnn.schema import Strict, validate

Size = Annotated[int, Field(ge=1, le=4096)]
Rate = Annotated[float, Field(ge=0, lt=1)]


class KmerArgs(Strict):
    """Arguments of a k-mer baseline."""

    k: int = Field(4, ge=1, le=6)
    """Maximum k-mer length, bp; the features are the counts of all k-mers up to it."""


BASELINE_ARGS: dict[str, type[Strict]] = {
    "mean": Strict,
    "gc": Strict,
    "ridge": KmerArgs,
    "boosting": KmerArgs,
}
"""Baseline -> schema of its arguments."""


FEATURE_ENCODER_NAMES = ("features",)
"""Names of `seqcnn.encoders.FEATURE_ENCODERS`, for code that does not load torch."""


def args_schema(encoder: str, path: object) -> type[BaseModel]:
    """Build the schema of an encoder's arguments from its signature, with bounds that keep it finite."""
    from seqcnn.encoders import ALL_ENCODERS

    if encoder not in ALL_ENCODERS:
        hint = did_you_mean(encoder, ALL_ENCODERS)
        raise ConfigError(
            f"{place(path)}: unknown encoder {show(encoder)}; known: {', '.join(ALL_ENCODERS)}{hint}"
        )
    of_encoder: Any = ALL_ENCODERS[encoder]
    return _schema(encoder, of_encoder)


def resolved_args(encoder: str, args: Mapping[str, Any], path: object = "model") -> dict[str, Any]:
    """Return the arguments of an encoder with the defaults of those that are not given, as JSON has them.

    Raises
    ------
    ConfigError
        If the encoder or an argument is unknown, or a value is out of bounds; `path` is their file.
    """
    checked: BaseModel = validate(args_schema(encoder, path), args, f"{place(path)}: args")
    return checked.model_dump(mode="json")


@cache
def _schema(name: str, encoder: Any) -> type[BaseModel]:
    """Build the schema of a class once; another class of the same name has another schema."""
    signature = inspect.signature(encoder.__init__, eval_str=True)
    fields: dict[str, Any] = {
        argument: (_bounded(parameter.annotation), parameter.default)
        for argument, parameter in signature.parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return create_model(f"{name} arguments", __base__=Strict, **fields)


def _bounded(annotation: Any) -> Any:
    """Add sane bounds to numbers: sizes 1..4096, rates 0..1."""
    known: dict[Any, Any] = {int: Size, float: Rate}
    known |= {tuple[(int,) * n]: tuple[(Size,) * n] for n in (2, 5)}  # type: ignore[misc]
    known[tuple[int, ...]] = Annotated[tuple[Size, ...], Field(min_length=1, max_length=16)]
    return known.get(annotation, annotation)
