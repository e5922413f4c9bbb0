"""An ONNX file of another program -> layers and weights; nothing of it is run."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.encoders.imported.encoder import shape_of
from seqcnn.encoders.imported.layer import MAX_LAYERS, LayerSpec, Shape
from seqcnn.errors import BundleError, EnvironmentFault, place, show
from seqcnn.io.atomic import environment_faults
from seqcnn.io.regular_file import require_file
from seqcnn.model.imports.graph_builder import GraphBuilder
from seqcnn.model.imports.onnx.operators import OPERATORS, Node
from seqcnn.model.onnx.protobuf import EXTERNAL, check_network

MAX_FILE = 2_000_000_000
"""Largest file in bytes."""

MAX_NODES = 10 * MAX_LAYERS
"""Largest number of nodes, of which some are no layers, such as constants."""

_FLOAT = 1  # element type of ONNX
_ONE_FILE = "write one file: torch.onnx.export(..., external_data=False), or onnx.save(onnx.load(old), new)"
_EXPECTED = "expected an ONNX network of one input and the operators that `seqcnn import` reads"


class OnnxFile:
    """A parsed ONNX file."""

    def __init__(self, path: Path) -> None:
        require_file(path, "expected an ONNX file")
        with environment_faults(path):
            if path.stat().st_size > MAX_FILE:
                raise BundleError(f"{place(path)}: larger than {MAX_FILE:,} bytes, the most that is imported")
            content = path.read_bytes()
        self.files = {path.name: hashlib.sha256(content).hexdigest()}
        try:
            check_network(content)
        except ValueError as error:
            remedy = _ONE_FILE if str(error) == EXTERNAL else _EXPECTED
            raise BundleError(f"{place(path)}: not imported: {error}; {remedy}") from error
        self.message = _parsed(content, path)
        if (nodes := len(self.message.graph.node)) > MAX_NODES:
            raise BundleError(f"{place(path)}: {nodes:,} nodes; at most {MAX_NODES:,} are imported")
        self.library = f"ONNX of {self.message.producer_name} {self.message.producer_version}"[:100].strip()

    def input_shape(self) -> list[int | None]:
        """Return the shape of the only input without the batch; a size may be None."""
        graph = self.message.graph
        constants = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        if len(inputs) != 1:
            raise BundleError(f"{len(inputs)} inputs found; expected one, the one-hot sequence")
        kind = inputs[0].type.tensor_type
        if kind.elem_type != _FLOAT:
            raise BundleError("an input of other numbers than float32; expected a one-hot sequence")
        return [size.dim_value or None for size in kind.shape.dim][1:]

    def add_to(self, graph: GraphBuilder, shape: Shape) -> tuple[list[int], list[str]]:
        """Add the network to a graph, for an input of a shape; return numbers and names of its outputs.

        Raises
        ------
        BundleError
            If it has an operator that is not imported, or a constant that is damaged.
        """
        network = self.message.graph
        values: dict[str, int | np.ndarray] = {tensor.name: _array(tensor) for tensor in network.initializer}
        (name,) = [value.name for value in network.input if value.name not in values]
        values[name], shapes = 0, [shape]
        for number, node in enumerate(network.node):
            title = str(node.name or f"{node.op_type} {number + 1}")[:200]
            if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
                known = ", ".join(sorted(OPERATORS))
                raise BundleError(f"operator {show(node.op_type, 40)} is not imported; imported are {known}")
            if missing := [name for name in node.input if name and name not in values]:
                raise BundleError(
                    f"node {show(title, 40)}: takes {show(missing[0], 40)}, which is not computed"
                )
            given = [values[name] if name else None for name in node.input]
            converted = Node(node.op_type, title, _attributes(node), given, _Adder(graph, shapes))
            values[node.output[0]] = OPERATORS[node.op_type](converted)
        names = [str(value.name) for value in network.output]
        outputs = [values.get(name) for name in names]
        if not outputs or not all(isinstance(output, int) for output in outputs):
            raise BundleError("an output that does not depend on the input")
        return outputs, names  # type: ignore[return-value]


class _Adder:
    """Adds layers to a graph and keeps the shapes of their outputs."""

    def __init__(self, graph: GraphBuilder, shapes: list[Shape]) -> None:
        self.graph, self.shapes = graph, shapes

    def add(
        self, kind: type[LayerSpec], inputs: list[int], weights: dict[str, np.ndarray], **fields: Any
    ) -> int:
        """Add a layer; return the number of its output."""
        output = self.graph.add(kind, inputs, weights, **fields)
        spec = self.graph.layers[-1]
        self.shapes.append(shape_of(spec, [self.shapes[i] for i in spec.inputs]))
        return output


def _parsed(content: bytes, path: Path) -> Any:
    """Return the message of a file."""
    try:
        onnx = import_module("onnx")
    except ModuleNotFoundError as error:
        raise EnvironmentFault("onnx: not installed; pip install 'seqcnn[onnx]'") from error
    try:
        return onnx.load_from_string(content)
    except Exception as error:  # protobuf has errors of its own
        raise BundleError(f"{place(path)}: damaged, or no ONNX file; {_EXPECTED}") from error


def _array(tensor: Any) -> np.ndarray:
    """Return a constant."""
    try:
        return np.asarray(import_module("onnx").numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as error:
        raise BundleError(f"constant {show(tensor.name, 40)} is damaged: {show(error, 80)}") from error


def _attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node: numbers, texts, lists of these, and arrays."""
    values: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.HasField("t"):
            values[attribute.name] = _array(attribute.t)
        elif attribute.HasField("g") or attribute.graphs:
            raise BundleError(f"operator {show(node.op_type, 40)} with a graph of its own is not imported")
        else:
            value = import_module("onnx").helper.get_attribute_value(attribute)
            values[attribute.name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return values
