"""Conversion of the layers of Keras: class name -> function of a `KerasLayer` that adds it to the graph.

A conversion returns the number of the output.  To import another layer, add its function to `CONVERSIONS`
and a case to `benchmarks/validation/imports/cases.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from seqcnn.model.imports.keras.keras_layer import KerasLayer
from seqcnn.model.imports.keras.layers import activations, convolutions, dense, merges, recurrent, shapes

Conversion = Callable[[KerasLayer], int]

CONVERSIONS: dict[str, Conversion] = {
    **activations.CONVERSIONS,
    **convolutions.CONVERSIONS,
    **dense.CONVERSIONS,
    **merges.CONVERSIONS,
    **recurrent.CONVERSIONS,
    **shapes.CONVERSIONS,
}

IDENTITIES = (
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity",
    "InputLayer", "SpatialDropout1D", "SpatialDropout2D",
)  # fmt: skip
"""Layers that change nothing in a prediction."""
