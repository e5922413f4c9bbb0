"""The encoder of features."""

import inspect

import pytest
import torch

from seqcnn.config.arguments import FEATURE_ENCODER_NAMES
from seqcnn.encoders import ALL_ENCODERS, ENCODERS, FEATURE_ENCODERS
from seqcnn.encoders.features import FeaturesEncoder


def test_encoders_of_features_are_no_encoders_of_sequences():
    assert not FEATURE_ENCODERS.keys() & ENCODERS.keys()
    assert ALL_ENCODERS == ENCODERS | FEATURE_ENCODERS


@pytest.mark.parametrize("positions", [1, 6])
def test_any_number_of_positions_gives_an_embedding_whose_gradient_reaches_every_parameter(positions):
    encoder = FeaturesEncoder(30, **FeaturesEncoder.EXAMPLES[0]).train()
    z = encoder(torch.randn(4, 5, positions))
    assert z.shape == (4, encoder.out_features)
    (z**2).sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in encoder.parameters())


def test_the_order_of_the_positions_has_no_effect():
    encoder = FeaturesEncoder(30, dim=5).eval()
    x = torch.randn(3, 5, 4)
    assert torch.allclose(encoder(x), encoder(x.flip(2)), atol=1e-6)


def test_every_argument_is_typed_and_has_a_default():
    parameters = inspect.signature(FeaturesEncoder.__init__, eval_str=True).parameters
    assert {name: p.default for name, p in parameters.items() if name not in ("self", "length")} == {
        "dim": 1,
        "hidden": 64,
        "dropout": 0.2,
    }


def test_the_names_of_encoders_of_features_are_known_without_torch():
    assert set(FEATURE_ENCODER_NAMES) == set(FEATURE_ENCODERS)
