"""The network of an imported model, built from the graph in its header."""

from __future__ import annotations

from typing import Any

from seqcnn.encoders.imported.encoder import ImportedEncoder
from seqcnn.encoders.imported.graph import Graph
from seqcnn.errors import ConfigError, plural
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.schema import validate


def imported_network(length: int, graph: dict[str, Any], targets: int) -> SequenceRegressor:
    """Return the network of a graph, whose weights are not set; raise `ConfigError` if it is not valid."""
    encoder = ImportedEncoder(length, graph=validate(Graph, graph, "graph"))
    if encoder.out_features != targets:
        raise ConfigError(f"graph: {plural(encoder.out_features, 'output')} for {plural(targets, 'target')}")
    return SequenceRegressor(encoder, targets)
