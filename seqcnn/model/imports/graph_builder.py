"""A graph in the making: its layers, and the weights of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError

from seqcnn.encoders.imported.encoder import ImportedEncoder
from seqcnn.encoders.imported.graph import Graph
from seqcnn.encoders.imported.layer import MAX_LAYERS, LayerSpec
from seqcnn.errors import BundleError, show
from seqcnn.schema import faults


class GraphBuilder:
    """Layers and weights that are added one by one."""

    def __init__(self) -> None:
        self.layers: list[LayerSpec] = []
        self.weights: dict[str, np.ndarray] = {}
        """Name in the encoder -> array."""

    def add(
        self, kind: type[LayerSpec], inputs: list[int], weights: Mapping[str, np.ndarray], **fields: Any
    ) -> int:
        """Add a layer and return the number of its output.

        Parameters
        ----------
        kind, inputs, fields
            Schema of the layer; numbers of its inputs; its other fields.
        weights
            Name of a parameter of its module -> array.

        Raises
        ------
        BundleError
            If a field is out of bounds, or there are more than `MAX_LAYERS` layers.
        """
        if len(self.layers) == MAX_LAYERS:
            raise BundleError(f"more than {MAX_LAYERS:,} layers; at most these are imported")
        try:
            self.layers.append(kind(inputs=tuple(inputs), **fields))
        except ValidationError as error:
            name = show(fields.get("name", ""), 40)
            raise BundleError(f"layer {name}: {faults(error, kind)}") from error
        for name, array in weights.items():
            self.weights[f"layers.{len(self.layers) - 1}.{name}"] = array
        return len(self.layers)

    def state(self, encoder: ImportedEncoder) -> dict[str, torch.Tensor]:
        """Return the weights as the state of an encoder of this graph, which may be on the device `meta`.

        Layer normalizations without a scale or an offset have none here.

        Raises
        ------
        BundleError
            If an array has another shape than its layer has, or a number that is not finite.
        """
        expected, state = encoder.state_dict(), {}
        for name, array in self.weights.items():
            title = self.layers[int(name.split(".")[1])].title
            if (shape := tuple(expected[name].shape)) != array.shape:
                raise BundleError(f"{title}: weights of shape {array.shape} found; expected {shape}")
            with np.errstate(over="ignore"):
                weights = np.array(array, np.float32, order="C")
            if not np.isfinite(weights).all():
                raise BundleError(f"{title}: weights are NaN, or not finite in float32")
            state[name] = torch.from_numpy(weights)
        return state


def checked_graph(**fields: Any) -> Graph:
    """Return a graph; raise `BundleError` if a field is out of bounds."""
    try:
        return Graph(**fields)
    except ValidationError as error:
        raise BundleError(faults(error, Graph)) from error
