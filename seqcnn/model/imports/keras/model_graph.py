"""A model of Keras, sequential or functional, layer by layer in the order of computation.

Models inside models are taken apart; a layer that is called twice becomes two layers with the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from seqcnn.errors import BundleError, did_you_mean, show
from seqcnn.model.imports.graph_builder import GraphBuilder
from seqcnn.model.imports.keras.calls import Call, TensorKey, calls_of, output_names, tensor_keys
from seqcnn.model.imports.keras.keras_file import KerasFile
from seqcnn.model.imports.keras.keras_layer import KerasLayer
from seqcnn.model.imports.keras.layers import CONVERSIONS, IDENTITIES
from seqcnn.model.imports.keras.weights import LayerWeights, group_names

MODELS = ("Functional", "Model", "Sequential")
_MAX_DEPTH = 10  # of models in one another
_INPUTS = ("batch_shape", "batch_input_shape")
_CODE = (
    "holds Python code, which is never run; replace it in the original by layers that do the same, save the "
    "model again, and import that, or use seqcnn.wrap on a torch version"
)


def input_shape(file: KerasFile) -> list[Any]:
    """Return the shape of the model's only input without the batch; a size may be None.

    Raises
    ------
    BundleError
        If it is not recorded, or there are several inputs.
    """
    model = file.config
    while True:
        layers = _layers(model)
        names = [key.layer for key in tensor_keys(_config(model).get("input_layers"))]
        first = [layer for layer in layers if layer["name"] in names] if names else layers[:1]
        if len(first) != 1:
            raise BundleError(f"{len(first)} inputs found; expected one, the one-hot sequence")
        config = _config(first[0])
        for name in _INPUTS:
            if isinstance(shape := config.get(name), list):
                return shape[1:]
        if first[0]["class_name"] not in MODELS:
            break
        model = first[0]
    if isinstance(config.get("input_dim"), int):  # Keras 1
        return [config.get("input_length"), config["input_dim"]]
    build = _config(file.config).get("build_input_shape") or file.config.get("build_config", {}).get(
        "input_shape"
    )
    if isinstance(build, list):
        return build[1:]
    raise BundleError("the shape of the input is not recorded; save the model again after building it")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a model is among others."""

    path: str
    """Group of its layers in a current file."""
    top: str
    """Name of its layer in the outermost model; '' for that itself."""
    depth: int = 0


def add_model(file: KerasFile, graph: GraphBuilder) -> tuple[list[int], list[str]]:
    """Add the layers of a model to a graph, and return the numbers and the names of its outputs.

    Raises
    ------
    BundleError
        If a layer is not known, or the model cannot be computed, such as one with a cycle.
    """
    root = "layers" if "layers" in file.weights.file else "_layer_checkpoint_dependencies"
    outputs = _model(file.config, [0], file, graph, _Place(root, ""))
    return outputs, output_names(_config(file.config).get("output_layers"))


def _model(
    model: Mapping[str, Any], inputs: list[int], file: KerasFile, graph: GraphBuilder, place: _Place
) -> list[int]:
    """Add a model to the graph with some inputs; return its outputs."""
    if place.depth > _MAX_DEPTH:
        raise BundleError(f"models nested more than {_MAX_DEPTH} deep")
    layers = _layers(model)
    groups = group_names([layer["class_name"] for layer in layers])
    adders = {
        layer["name"]: _Adder(layer, f"{place.path}/{group}", file, graph, place)
        for layer, group in zip(layers, groups, strict=True)
    }
    if len(adders) < len(layers):
        raise BundleError("two layers have the same name")
    if model["class_name"] != "Sequential" and "input_layers" in _config(model):
        return _functional(_config(model), layers, adders, inputs)
    for adder in adders.values():
        inputs = adder.add(inputs, {})
    return inputs


def _functional(
    config: Mapping[str, Any],
    layers: Sequence[Mapping[str, Any]],
    adders: Mapping[str, _Adder],
    inputs: list[int],
) -> list[int]:
    """Add the layers of a functional model that its outputs depend on."""
    keys, outputs = tensor_keys(config["input_layers"]), tensor_keys(config.get("output_layers"))
    calls = _numbered(layers, outputs)
    if not outputs:
        raise BundleError("a model without outputs")
    if len(keys) != len(inputs):
        raise BundleError(f"a model with {len(keys)} inputs is called with {len(inputs)}")
    computed = {(key.layer, key.call): [number] for key, number in zip(keys, inputs, strict=True)}
    for node in _order(outputs, calls, set(computed)):
        call = calls[node]
        named = {name: _number(key, computed) for name, key in call.named.items()}
        computed[node] = adders[node[0]].add([_number(key, computed) for key in call.tensors], named)
    return [_number(key, computed) for key in outputs]


def _numbered(
    layers: Sequence[Mapping[str, Any]], outputs: Sequence[TensorKey]
) -> dict[tuple[str, int], Call]:
    """Return the calls of each layer by its name and their numbers.

    Keras 1 and 2 count the calls of a model in a model from 1: number 0 is its own construction.
    """
    calls = {layer["name"]: calls_of(layer) for layer in layers}
    used = [*outputs, *(key for of in calls.values() for call in of for key in call.keys)]
    largest = {
        name: max((key.call for key in used if key.layer == name), default=0) for name in _models(layers)
    }
    return {
        (name, number): call
        for name, of_layer in calls.items()
        for number, call in enumerate(of_layer, start=int(largest.get(name, -1) == len(of_layer)))
    }


def _models(layers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the layers that are models."""
    return [layer["name"] for layer in layers if layer["class_name"] in MODELS]


def _order(
    outputs: Sequence[TensorKey], calls: Mapping[tuple[str, int], Call], inputs: set[tuple[str, int]]
) -> list[tuple[str, int]]:
    """Return the calls that the outputs depend on, each after those that it depends on."""
    sorter: TopologicalSorter[tuple[str, int]] = TopologicalSorter()
    waiting, seen = [(key.layer, key.call) for key in outputs], set(inputs)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node not in calls:
            raise BundleError(f"the model uses an output of {show(node[0], 40)}, which it does not compute")
        before = [(key.layer, key.call) for key in calls[node].keys]
        sorter.add(node, *before)
        waiting += before
    try:
        return [node for node in sorter.static_order() if node not in inputs]
    except CycleError as error:
        raise BundleError(f"layers form a cycle through {show(error.args[1][0][0], 40)}") from error


def _number(key: TensorKey, computed: Mapping[tuple[str, int], list[int]]) -> int:
    """Return the number of a tensor."""
    outputs = computed[key.layer, key.call]
    if not 0 <= key.index < len(outputs):
        raise BundleError(f"layer {show(key.layer, 40)}: no output {key.index}")
    return outputs[key.index]


@dataclass(frozen=True, slots=True)
class _Adder:
    """A layer that is added once for each of its calls."""

    layer: Mapping[str, Any]
    path: str
    file: KerasFile
    graph: GraphBuilder
    place: _Place

    def add(self, inputs: list[int], named: Mapping[str, int]) -> list[int]:
        """Add the layer with some inputs; return its outputs."""
        class_name, name, top = self.layer["class_name"], self.layer["name"], self.place.top
        if class_name in MODELS:
            inner = _Place(f"{self.path}/layers", top or name, self.place.depth + 1)
            return _model(self.layer, inputs, self.file, self.graph, inner)
        weights = LayerWeights(self.file.weights, name, self.path, top or name)
        layer = KerasLayer(
            class_name, name, _config(self.layer), weights, self.graph, self.file.major, self.file.backend,
            inputs, named,
        )  # fmt: skip
        _refuse_unknown(self.layer, layer)
        return inputs if class_name in IDENTITIES else [CONVERSIONS[class_name](layer)]


def _refuse_unknown(values: Mapping[str, Any], layer: KerasLayer) -> None:
    """Raise `BundleError` for a layer that is not imported, such as one with code or of another package."""
    registered, module = str(values.get("registered_name") or ""), str(values.get("module") or "keras")
    custom = ">" in registered or module.partition(".")[0] not in ("keras", "tf_keras", "tensorflow")
    if "Lambda" in layer.class_name:
        raise layer.fault(_CODE)
    if custom or layer.class_name not in (*CONVERSIONS, *IDENTITIES):
        kind = "a custom layer" if custom else "not among the layers that are imported"
        hint = "" if custom else did_you_mean(layer.class_name, CONVERSIONS)
        remedy = "replace it in the original by layers of Keras, or use seqcnn.wrap on a torch version"
        raise layer.fault(f"{kind}{hint}; {remedy}")


def _layers(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the layers of a model, each with `class_name`, `name` and `config`."""
    if model.get("class_name") not in MODELS:
        name = show(model.get("class_name"), 40)
        raise BundleError(
            f"a model of class {name} holds Python code; expected a functional or sequential one"
        )
    config = model["config"]
    layers = config.get("layers") if isinstance(config, Mapping) else config  # a list in Keras 1
    if not isinstance(layers, list) or not layers:
        raise BundleError("a model without layers")
    named = []
    for layer in layers:
        if not isinstance(layer, dict) or not isinstance(layer.get("class_name"), str):
            raise BundleError(f"{show(layer, 40)} in the place of a layer")
        title = layer.get("name") or _config(layer).get("name")
        if not isinstance(title, str):
            raise BundleError(f"layer of class {show(layer['class_name'], 40)} without a name")
        named.append({**layer, "name": title})
    return named


def _config(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of a layer or a model; none for a model of Keras 1, which is a list of layers."""
    config = layer.get("config")
    return config if isinstance(config, Mapping) else {}
