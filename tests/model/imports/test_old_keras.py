"""Conventions of Keras 1 and 2 that Keras 3 does not have; the expected numbers are computed with NumPy."""

import json
import logging

import h5py
import numpy as np
import pytest

from benchmarks.validation.imports.files import sequential, write_h5
from seqcnn.errors import BundleError
from seqcnn.model.import_model import ImportRequest, import_model

RNG = np.random.default_rng(0)
X = np.eye(4)[RNG.integers(0, 4, (6, 12))]


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.ERROR)


def predicted(path, targets=2, **request):
    names = [f"y{i}" for i in range(targets)]
    model = import_model(path, path.with_suffix(".safetensors"), ImportRequest(names, **request))
    return model.predict_array(X.transpose(0, 2, 1))


def correlated(x, kernel):
    """Return the correlation of x (N, L, C) with a kernel (K, C, F)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis=1)
    return np.einsum("nlck,kcf->nlf", windows, kernel)


def model_1(layers):
    """Return a sequential model as Keras 1 writes it."""
    return {"class_name": "Sequential", "config": sequential(layers, (12, 4))["config"]["layers"]}


CONVOLUTION_1 = {"nb_filter": 2, "filter_length": 3, "border_mode": "valid", "subsample_length": 1}
KERNEL = RNG.normal(size=(3, 4, 2))


@pytest.mark.parametrize(
    ("kernel", "backend", "applied"),
    [
        (KERNEL[:, None], "tensorflow", KERNEL),  # (length, 1, channels, filters)
        (KERNEL[:, None].transpose(3, 2, 0, 1), "tensorflow", KERNEL),  # (filters, channels, length, 1)
        (KERNEL[:, None], "theano", KERNEL[::-1]),  # Theano flips
    ],
)
def test_convolutions_of_keras_1_have_the_axes_and_flips_of_their_time(kernel, backend, applied, tmp_path):
    layers = [("Convolution1D", {**CONVOLUTION_1, "bias": True}), ("GlobalMaxPooling1D", {})]
    bias = RNG.normal(size=2)
    arrays = {"convolution1d": {"convolution1d_W": kernel, "convolution1d_b": bias}}
    path = write_h5(tmp_path / "m.h5", model_1(layers), arrays, version="1.2.2", backend=backend)
    np.testing.assert_allclose(predicted(path), (correlated(X, applied) + bias).max(1), rtol=1e-5)


def test_arrays_that_are_numbered_are_in_the_order_of_keras_1(tmp_path):
    layers = [("Flatten", {}), ("Dense", {"output_dim": 2, "activation": "softplus"})]
    weight, bias = RNG.normal(size=(48, 2)), RNG.normal(size=2)
    arrays = {"dense": {"param_0": weight, "param_1": bias}}
    path = write_h5(tmp_path / "m.h5", model_1(layers), arrays, version="1.0.1", suffix="")
    np.testing.assert_allclose(
        predicted(path), np.logaddexp(0, X.reshape(6, 48) @ weight + bias), rtol=1e-5, atol=1e-6
    )


def test_batch_norm_of_keras_1_holds_the_variance_as_running_std(tmp_path):
    layers = [
        ("BatchNormalization", {"mode": 0, "axis": -1, "epsilon": 0.01}),
        ("GlobalAveragePooling1D", {}),
    ]
    names = ("gamma", "beta", "running_mean", "running_std")
    gamma, beta, mean, variance = RNG.uniform(0.5, 1, (4, 4))
    arrays = {"batchnormalization": dict(zip((f"batchnormalization_{n}" for n in names),
                                             (gamma, beta, mean, variance), strict=True))}  # fmt: skip
    path = write_h5(tmp_path / "m.h5", model_1(layers), arrays, version="1.2.0", suffix="")
    expected = ((X - mean) / np.sqrt(variance + 0.01) * gamma + beta).mean(1)
    np.testing.assert_allclose(predicted(path, 4), expected, rtol=1e-5)


def hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def test_an_lstm_of_keras_1_has_an_array_for_each_gate_and_a_hard_sigmoid(tmp_path):
    layers = [("LSTM", {"output_dim": 3, "activation": "tanh", "inner_activation": "hard_sigmoid"})]
    weights = {
        f"{n}_{g}": RNG.normal(size={"W": (4, 3), "U": (3, 3), "b": 3}[n]) for g in "icfo" for n in "WUb"
    }
    arrays = {"lstm": {f"lstm_{name}": array for name, array in weights.items()}}
    path = write_h5(tmp_path / "m.h5", model_1(layers), arrays, version="1.2.2")
    h = c = np.zeros((6, 3))
    for t in range(12):
        i, f, g, o = (X[:, t] @ weights[f"W_{k}"] + h @ weights[f"U_{k}"] + weights[f"b_{k}"] for k in "ifco")
        c = hard_sigmoid(f) * c + hard_sigmoid(i) * np.tanh(g)
        h = hard_sigmoid(o) * np.tanh(c)
    np.testing.assert_allclose(predicted(path, 3), h, rtol=1e-4, atol=1e-6)


def test_a_gru_of_keras_2_resets_before_the_product_unless_it_says_otherwise(tmp_path):
    kernel, recurrent, bias = RNG.normal(size=(4, 9)), RNG.normal(size=(3, 9)), RNG.normal(size=9)
    layers = [("GRU", {"units": 3, "recurrent_activation": "hard_sigmoid"})]
    arrays = {"gru": {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}}
    path = write_h5(tmp_path / "m.h5", sequential(layers, (12, 4)), arrays, version="2.2.4")
    h = np.zeros((6, 3))
    for t in range(12):
        a = X[:, t] @ kernel + bias
        z, r = (hard_sigmoid(a[:, k : k + 3] + h @ recurrent[:, k : k + 3]) for k in (0, 3))
        h = z * h + (1 - z) * np.tanh(a[:, 6:] + (r * h) @ recurrent[:, 6:])
    np.testing.assert_allclose(predicted(path, 3), h, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("config", "join"),
    [({"mode": "sum"}, np.add), ({"mode": "mul"}, np.multiply), ({"mode": "max"}, np.maximum),
     ({"mode": "concat", "concat_axis": -1}, lambda a, b: np.concatenate([a, b], -1))],
)  # fmt: skip
def test_a_merge_of_keras_1_joins_in_its_mode(config, join, tmp_path):
    weights = [RNG.normal(size=(48, 2)) for _ in range(2)]

    def layer(kind, name, before, **settings):
        nodes = [[[n, 0, 0] for n in before]] if before else []
        return {
            "class_name": kind,
            "name": name,
            "config": {"name": name, **settings},
            "inbound_nodes": nodes,
        }

    dense = {"output_dim": 2, "bias": False}
    layers = [
        layer("InputLayer", "x", [], batch_input_shape=[None, 12, 4]), layer("Flatten", "f", ["x"]),
        layer("Dense", "a", ["f"], **dense), layer("Dense", "b", ["f"], **dense),
        layer("Merge", "m", ["a", "b"], **config),
    ]  # fmt: skip
    model = {"class_name": "Model", "config": {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]],
                                               "output_layers": [["m", 0, 0]]}}  # fmt: skip
    arrays = {name: {f"{name}_W": array} for name, array in zip("ab", weights, strict=True)}
    path = write_h5(tmp_path / "m.h5", model, arrays, version="1.2.2")
    expected = join(*(X.reshape(6, 48) @ weight for weight in weights))
    np.testing.assert_allclose(predicted(path, expected.shape[1]), expected, rtol=1e-4, atol=1e-5)


def test_layers_of_keras_1_that_have_other_names_now_are_imported(tmp_path):
    layers = [
        ("AtrousConvolution1D", {**CONVOLUTION_1, "atrous_rate": 2, "bias": False}),
        ("ThresholdedReLU", {"theta": 0.5}),
        ("TimeDistributedDense", {"output_dim": 2, "bias": False}),
        ("MaxPooling1D", {"pool_length": 2, "stride": 2}),
        ("Flatten", {}),
    ]
    dense = RNG.normal(size=(2, 2))
    arrays = {"atrousconvolution1d": {"atrousconvolution1d_W": KERNEL[:, None]},
              "timedistributeddense": {"timedistributeddense_W": dense}}  # fmt: skip
    path = write_h5(tmp_path / "m.h5", model_1(layers), arrays, version="1.2.2")
    dilated = np.zeros((5, 4, 2))
    dilated[::2] = KERNEL
    y = correlated(X, dilated)
    y = np.where(y > 0.5, y, 0) @ dense
    np.testing.assert_allclose(
        predicted(path, 8), y.reshape(6, 4, 2, 2).max(2).reshape(6, 8), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("kind", ["Convolution2D", "AtrousConvolution2D"])
def test_an_image_convolution_of_keras_1_with_channels_first_has_the_axes_of_theano(kind, tmp_path):
    kernel = RNG.normal(size=(2, 1, 4, 3))  # filters, channels, rows, columns
    config = {"nb_filter": 2, "nb_row": 4, "nb_col": 3, "dim_ordering": "th", "bias": False}
    layers = [
        ("Permute", {"dims": [2, 1]}),
        ("Reshape", {"dims": [1, 4, 12]}),
        (kind, config),
        ("Flatten", {}),
    ]
    path = write_h5(
        tmp_path / "m.h5", model_1(layers), {kind.lower(): {f"{kind.lower()}_W": kernel}}, version="1.0.0"
    )
    expected = correlated(X, kernel[:, 0].transpose(2, 1, 0)).transpose(0, 2, 1).reshape(6, 20)
    np.testing.assert_allclose(predicted(path, 20), expected, rtol=1e-4, atol=1e-5)


def test_a_merge_of_models_with_inputs_of_their_own_is_refused(tmp_path):
    layers = [("Merge", {"mode": "concat", "layers": [{}, {}]})]
    path = write_h5(tmp_path / "m.h5", model_1(layers), {}, version="1.2.2")
    with pytest.raises(BundleError, match="inputs of their own"):
        predicted(path)


def test_a_json_architecture_takes_its_weights_from_another_file(tmp_path):
    weight = RNG.normal(size=(48, 2))
    layers = [("Flatten", {}), ("Dense", {"units": 2, "use_bias": False})]
    (tmp_path / "m.json").write_text(json.dumps(sequential(layers, (12, 4)) | {"keras_version": "2.2.4"}))
    weights = write_h5(tmp_path / "w.h5", None, {"dense": {"kernel": weight}})
    model = import_model(tmp_path / "m.json", tmp_path / "b", ImportRequest(["a", "b"]), weights=weights)
    np.testing.assert_allclose(
        model.predict_array(X.transpose(0, 2, 1)), X.reshape(6, 48) @ weight, rtol=1e-5, atol=1e-6
    )
    assert list(model.header.imported.files) == ["m.json", "w.h5"]
    assert model.header.imported.library == "Keras 2.2.4"


def test_calls_of_a_model_in_a_model_of_keras_2_are_counted_from_1(tmp_path):
    weight = RNG.normal(size=(48, 2))
    inner = sequential([("Flatten", {}), ("Dense", {"units": 2, "use_bias": False})], (12, 4))
    inner["config"]["name"] = "inner"
    x = {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 12, 4]}}
    layers = [
        x | {"inbound_nodes": []},
        inner | {"name": "inner", "inbound_nodes": [[["x", 0, 0, {}]], [["x", 0, 0, {}]]]},
        {"class_name": "Add", "name": "add", "config": {"name": "add"},
         "inbound_nodes": [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]]},
    ]  # fmt: skip
    config = {"layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["add", 0, 0]]}
    path = write_h5(tmp_path / "m.h5", {"class_name": "Functional", "config": config}, {})
    with h5py.File(path, "a") as file:
        file["model_weights/inner/dense/kernel:0"] = np.float32(weight)
    np.testing.assert_allclose(predicted(path), 2 * X.reshape(6, 48) @ weight, rtol=1e-4, atol=1e-5)
