"""One layer of a Keras model, as its conversion takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqcnn.encoders.imported.layer import LayerSpec
from seqcnn.errors import BundleError, show
from seqcnn.model.imports.graph_builder import GraphBuilder
from seqcnn.model.imports.keras.weights import LayerWeights

_MISSING = object()


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """A layer with its settings, its weights and the graph that it is added to."""

    class_name: str
    name: str
    config: Mapping[str, Any]
    weights: LayerWeights
    graph: GraphBuilder
    version: int
    """Major version of Keras."""
    backend: str
    inputs: list[int]
    """Numbers of its input tensors."""
    named: Mapping[str, int] = field(default_factory=dict)
    """Name of an argument -> number of the tensor, for those that are given by name."""

    def setting(self, *names: str, default: Any = _MISSING) -> Any:
        """Return a setting by its name now, or by earlier names.

        Raises
        ------
        BundleError
            If there is none, and no default.
        """
        value = next((self.config[name] for name in names if name in self.config), default)
        if value is _MISSING:
            raise self.fault(f"setting {names[0]} is missing")
        return value

    def sizes(self, axes: int, *names: str, default: Any = _MISSING) -> tuple[int, ...]:
        """Return a setting with one number for each spatial axis."""
        value = self.setting(*names, default=default)
        values = [value] * axes if isinstance(value, int) else value
        if not isinstance(values, list | tuple) or len(values) != axes or not all(map(_is_int, values)):
            raise self.fault(f"{names[0]} {show(value, 40)}; expected {axes} integers")
        return tuple(values)

    @property
    def channels_first(self) -> bool:
        """Whether the channels are the first axis behind the batch."""
        return self.setting("data_format", "dim_ordering", default="channels_last") in (
            "channels_first",
            "th",
        )

    def refuse(self, **allowed: Any) -> None:
        """Raise `BundleError` if a setting has another value than the one that is allowed."""
        for name, value in allowed.items():
            if (given := self.config.get(name, value)) != value and given is not None:
                raise self.fault(f"{name} = {show(given, 40)} is not imported; expected {show(value, 40)}")

    def add(
        self,
        kind: type[LayerSpec],
        *,
        inputs: Sequence[int] | None = None,
        weights: Mapping[str, np.ndarray] | None = None,
        **fields: Any,
    ) -> int:
        """Add a layer to the graph; by default with the inputs of this layer, and without weights."""
        given = self.inputs if inputs is None else list(inputs)
        return self.graph.add(kind, given, weights or {}, name=self.name[:200], **fields)

    def behind(self, *inputs: int) -> KerasLayer:
        """Return the layer with other inputs."""
        return replace(self, inputs=list(inputs))

    def with_config(self, class_name: str, config: Mapping[str, Any]) -> KerasLayer:
        """Return the layer with the class and the settings of another one that is part of it."""
        return replace(self, class_name=class_name, config=config)

    def fault(self, reason: str) -> BundleError:
        """Return an error that names the layer."""
        return BundleError(f"layer {show(self.name, 40)} ({show(self.class_name, 40)[1:-1]}): {reason}")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
