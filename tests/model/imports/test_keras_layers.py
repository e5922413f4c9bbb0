import logging

import numpy as np
import pytest

from benchmarks.validation.imports.cases import CASES
from benchmarks.validation.imports.originals import difference, model_of, random_graph
from seqcnn.model.imports.keras.layers import CONVERSIONS, IDENTITIES

OLD = {
    "AtrousConvolution1D", "AtrousConvolution2D", "Convolution1D", "Convolution2D", "Merge",
    "ThresholdedReLU", "TimeDistributedDense",
}  # fmt: skip
"""Layers that Keras 3 does not have; see test_old_keras.py."""


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.ERROR)


@pytest.mark.parametrize(("number", "name"), [*enumerate(CASES)], ids=[*CASES])
def test_an_imported_layer_predicts_like_the_original(number, name, tmp_path):
    path = tmp_path / f"model.{('h5', 'keras')[number % 2]}"
    assert difference(model_of(name), path) < 1e-5


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("name", ["BatchNormalization", "MultiHeadAttention", "models in a model"])
def test_layers_of_several_arrays_are_read_from_both_kinds_of_files(name, ending, tmp_path):
    assert difference(model_of(name, seed=1), tmp_path / f"model.{ending}") < 1e-5


@pytest.mark.parametrize("seed", range(6))
def test_a_random_graph_predicts_like_the_original(seed, tmp_path):
    assert difference(random_graph(seed), tmp_path / "model.keras") < 1e-5


def test_every_layer_that_is_imported_is_tested(tmp_path):
    used = set()
    for name in CASES:
        used |= {type(layer).__name__ for layer in _layers(model_of(name))}
    assert set(CONVERSIONS) - OLD <= used
    assert set(IDENTITIES) - used <= {"ActivityRegularization", "AlphaDropout", "GaussianDropout", "Identity",
                                      "SpatialDropout2D"}  # fmt: skip


def _layers(model):
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _layers(layer)


def test_a_model_of_several_outputs_has_their_columns_in_order(tmp_path):
    from benchmarks.validation.imports.originals import keras, with_random_weights

    layers = keras().layers
    x = layers.Input((20, 4))
    y = layers.Flatten()(x)
    model = keras().Model(x, [layers.Dense(2)(y), layers.Dense(1)(y)])
    assert difference(with_random_weights(model, 0), tmp_path / "model.keras") < 1e-5


def test_mean_pooling_with_padding_divides_by_the_positions_of_the_sequence_as_tensorflow_does():
    import torch

    from seqcnn.encoders.imported.convolution import Pool

    pool = Pool(inputs=(0,), how="mean", size=(4,), strides=(2,), padding="same").module([(5, 1)])
    x = torch.tensor([1.0, 2, 3, 4, 9]).view(1, 5, 1)
    # padding of 1 before and 2 after: (1, 2, 3), (2, 3, 4, 9), (4, 9)
    np.testing.assert_allclose(pool(x).flatten().tolist(), [2, 4.5, 6.5])
