"""Encoders: from a one-hot batch (N, 4, L) to an embedding (N, D).

`ENCODERS` is the registry: configuration schemas, help texts and tests follow it.  To add an encoder,
write its class in a file here, add a line to `ENCODERS`, and a configuration to `configs/models/`.  An
encoder knows neither data nor configuration.
"""

from __future__ import annotations

from seqcnn.encoders.alexnet import AlexNetEncoder
from seqcnn.encoders.base import Encoder
from seqcnn.encoders.cnn import CNNEncoder
from seqcnn.encoders.dream_rnn import DreamRNNEncoder
from seqcnn.encoders.features import FeaturesEncoder
from seqcnn.encoders.legnet import LegNetEncoder
from seqcnn.encoders.mlp import MLPEncoder
from seqcnn.encoders.resnet import ResNetEncoder
from seqcnn.encoders.rnn import RNNEncoder
from seqcnn.encoders.transformer import TransformerEncoder
from seqcnn.encoders.vgg import VGGEncoder

ENCODERS: dict[str, type[Encoder]] = {
    "alexnet": AlexNetEncoder,
    "cnn": CNNEncoder,
    "dream_rnn": DreamRNNEncoder,
    "legnet": LegNetEncoder,
    "mlp": MLPEncoder,
    "resnet": ResNetEncoder,
    "rnn": RNNEncoder,
    "transformer": TransformerEncoder,
    "vgg": VGGEncoder,
}

FEATURE_ENCODERS: dict[str, type[Encoder]] = {"features": FeaturesEncoder}
"""Encoders of features (N, D, P) instead of sequences."""

ALL_ENCODERS = ENCODERS | FEATURE_ENCODERS

__all__ = ["ALL_ENCODERS", "ENCODERS", "FEATURE_ENCODERS", "Encoder"]
