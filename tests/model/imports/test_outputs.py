"""Models of several outputs: which target each of them is."""

import numpy as np
import pytest

from benchmarks.validation.imports.files import write_h5
from seqcnn.errors import UsageError
from seqcnn.model.import_model import ImportRequest, import_model
from seqcnn.model.imports.keras.calls import output_names
from seqcnn.model.imports.outputs import in_order_of_targets
from seqcnn.model.info import describe_bundle

KEYS = {"k562": ["a", 0, 0], "hepg2": ["b", 0, 0]}
"""Outputs in the file: layer a, whose prediction is 1, and layer b, whose prediction is 2."""


@pytest.fixture(params=["dict", "list"])
def two_outputs(request, tmp_path):
    """A file of two outputs, k562 = 1 and hepg2 = 2, which are the keys of a dict or the names of layers."""
    names = ("a", "b") if request.param == "dict" else ("k562", "hepg2")
    listed = KEYS if request.param == "dict" else [["k562", 0, 0], ["hepg2", 0, 0]]
    layers = [("InputLayer", "x", {"batch_input_shape": [None, 3, 4]}, []), ("Flatten", "f", {}, ["x"])]
    layers += [("Dense", name, {"units": 1}, ["f"]) for name in reversed(names)]
    config = [
        {"class_name": kind, "name": name, "config": {"name": name, **values},
         "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else []}
        for kind, name, values, sources in layers
    ]  # fmt: skip
    model = {"name": "m", "layers": config, "input_layers": [["x", 0, 0]], "output_layers": listed}
    arrays = {
        name: {"kernel": np.zeros((12, 1)), "bias": [value]}
        for name, value in zip(names, (1, 2), strict=True)
    }
    return write_h5(tmp_path / "m.h5", {"class_name": "Functional", "config": model}, arrays)


@pytest.mark.parametrize(
    ("targets", "predicted", "shown"),
    [
        (["hepg2", "k562"], [2, 1], "hepg2 <- hepg2, k562 <- k562"),
        (["k562", "hepg2"], [1, 2], "k562 <- k562, hepg2 <- hepg2"),
        (["y", "z"], [1, 2], "y <- k562, z <- hepg2"),
    ],
)
def test_outputs_are_matched_by_name_or_else_in_the_order_of_the_file(
    targets, predicted, shown, two_outputs, tmp_path
):
    model = import_model(two_outputs, tmp_path / "m.safetensors", ImportRequest(targets))
    assert model.predict_array(["ACG"]).tolist() == [predicted]
    assert f"outputs: {shown}" in describe_bundle(tmp_path / "m.safetensors")


def test_targets_that_are_some_of_the_outputs_are_refused(two_outputs, tmp_path):
    with pytest.raises(UsageError, match="of which only 'hepg2' is a target; give the names of all outputs"):
        import_model(two_outputs, tmp_path / "m.safetensors", ImportRequest(["hepg2", "z"]))
    assert not (tmp_path / "m.safetensors").exists()


def test_outputs_are_named_by_keys_and_else_by_layers():
    assert output_names(KEYS) == ["k562", "hepg2"]
    assert output_names([["a", 0, 0], ["b", 0, 0]]) == ["a", "b"]
    assert output_names({"x": [["a", 0, 0], ["b", 0, 0]]}) == ["x", "x"]
    assert output_names(None) == []


def test_outputs_without_names_of_their_own_stay_in_order():
    for names in (["m", "m"], []):
        assert in_order_of_targets([5, 4], names, ["m", "y"]) == ([5, 4], [])
    assert in_order_of_targets([5], ["m"], ["z", "m"]) == ([5], [])
