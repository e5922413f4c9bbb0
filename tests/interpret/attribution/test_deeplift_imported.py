"""DeepLIFT of imported layers, over the layers that can be imported."""

import logging

import pytest
from support.networks import sequences

from benchmarks.validation.imports.cases import CASES
from benchmarks.validation.imports.originals import model_of, saved
from seqcnn.interpret.attribution.deeplift.multipliers import multipliers
from seqcnn.interpret.attribution.deeplift.pair import OperationError
from seqcnn.model.import_model import ImportRequest, import_model

WITH_THRESHOLD = "ReLU, LeakyReLU, ELU, Softmax"
"""The case with a ReLU that jumps at a threshold."""


def imported(name, folder):
    path = saved(model_of(name), folder / "model.keras")
    return import_model(path, folder / "model.safetensors", ImportRequest(["a", "b"]))


@pytest.mark.parametrize("name", CASES)
def test_the_multipliers_of_an_imported_layer_sum_to_the_difference_of_predictions(name, tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    model = imported(name, tmp_path)
    x = model.header.layout.rows(sequences(4, model.header.layout.length)).one_hot("zero")
    if name == WITH_THRESHOLD:
        with pytest.raises(OperationError, match="ge"):
            multipliers(model, x[:2], x[2:], 1)
        return
    factors, y_hat = multipliers(model, x[:2], x[2:], 1), model(x)[:, 1].detach()
    errors = (factors * (x[:2] - x[2:])).sum((1, 2)) - (y_hat[:2] - y_hat[2:])
    assert errors.abs().max() <= 1e-4 * y_hat.abs().max()
