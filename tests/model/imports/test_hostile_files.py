"""Files that are no models, or that try to read elsewhere, to run code or to take all memory."""

import base64
import json
import marshal
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

from benchmarks.validation.imports.files import sequential, small_model, write_h5
from seqcnn.errors import SeqcnnError
from seqcnn.model.import_model import ImportRequest, import_model
from seqcnn.model.imports.keras import weights as weights_module

DENSE = [("Flatten", {}), ("Dense", {"units": 1})]
SHAPE = (10, 4)


def refused(path, message, targets=("y",), **request):
    """Import a file that is refused in one line, with at most 150 MB, and leaves no bundle."""
    tracemalloc.start()
    try:
        with pytest.raises(SeqcnnError, match=message) as error:
            import_model(path, path.with_name("out.safetensors"), ImportRequest(targets, **request))
        assert (
            tracemalloc.get_traced_memory()[1] < 150_000_000
        )  # with the modules that torch loads for shapes
    finally:
        tracemalloc.stop()
    assert "\n" not in str(error.value)
    assert not path.with_name("out.safetensors").exists()
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a model of Keras"),
        (b"not a model", "expected a model of Keras"),
        (b"\x80\x04pickle", "expected a model of Keras"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"{", "Expecting"),
        (b"{}", "weights"),
        (b'{"a": 1, "a": 2}', "a key occurs twice"),
        (b"[" * 10_000, "expected a model of Keras"),
    ],
)
def test_what_is_no_model_is_refused(content, message, tmp_path):
    (tmp_path / "m.h5").write_bytes(content)
    refused(tmp_path / "m.h5", message)


def test_a_saved_model_and_a_missing_file_are_refused_with_the_remedy(tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"")
    refused(tmp_path / "saved", r"SavedModel; load it with TensorFlow, model.save\('model.h5'\)")
    refused(tmp_path / "absent.h5", "No such file")


def test_weights_without_an_architecture_are_refused_with_the_remedy(tmp_path):
    refused(write_h5(tmp_path / "w.h5", None, {"dense": {"kernel": np.ones((40, 1))}}), "with --weights")


def changed_file(path, change):
    """Return a small model that `change` damages."""
    small_model(path, length=10)
    with h5py.File(path, "a") as file:
        change(file, file["model_weights/conv1d/conv1d"])
    return path


def _external_link(file, group):
    del group["kernel:0"]
    group["kernel:0"] = h5py.ExternalLink("/etc/hostname", "x")


def _soft_link(file, group):
    del group["kernel:0"]
    group["kernel:0"] = h5py.SoftLink("/model_weights/dense/dense/kernel:0")


def _external_storage(file, group):
    del group["kernel:0"]
    group.create_dataset("kernel:0", (7, 4, 6), "f4", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)])


def _declared_only(file, group):
    del group["kernel:0"]
    group.create_dataset("kernel:0", (7, 4, 1 << 40), "f4", chunks=(1, 1, 1 << 20))


def _not_finite(file, group):
    group["kernel:0"][0, 0, 0] = np.nan


def _long_config(file, group):
    file.attrs["model_config"] = "x" * 8_000_001


def _beyond_float32(file, group):
    del group["kernel:0"]
    group["kernel:0"] = np.full((7, 4, 6), 1e39)


def _overflow(file, group):
    group["kernel:0"][...] = 3e38


def _no_kernel(file, group):
    del group["kernel:0"]


def _other_shape(file, group):
    del group["kernel:0"]
    group["kernel:0"] = np.zeros((7, 4, 5), "f4")


def _twice(file, group):
    group["other/kernel:0"] = np.zeros((7, 4, 6), "f4")


def _cycle_of_groups(file, group):
    group["again"] = file["model_weights"]


def _config_of_numbers(file, group):
    del file.attrs["model_config"]
    file.attrs["model_config"] = np.zeros(9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_external_link, "kernel:0': a link to elsewhere"),
        (_soft_link, "kernel:0': a link to elsewhere"),
        (_external_storage, "no array of this file"),
        (_declared_only, "larger than what is stored"),
        (_not_finite, "layer 'conv1d': weights are NaN, or not finite in float32"),
        (_long_config, "attribute model_config: more than 8,000,000 characters"),
        (_beyond_float32, "layer 'conv1d': weights are NaN, or not finite in float32"),
        (_overflow, "its prediction of a random sequence is not finite; check its weights"),
        (_no_kernel, "layer 'conv1d': weights kernel not in the file"),
        (
            _other_shape,
            r"layer 'conv1d': weights of shape \(6, 4, 7\)|\(5, 4, 7\) found; expected \(6, 4, 7\)",
        ),
        (_twice, "2 arrays kernel in the file"),
        (_cycle_of_groups, "nested more than 12 deep|more than 20,000 arrays"),
        (_config_of_numbers, "attribute model_config: no text"),
    ],
)
def test_arrays_that_lie_elsewhere_or_do_not_fit_are_refused(change, message, tmp_path):
    refused(changed_file(tmp_path / "m.h5", change), message)


def test_arrays_that_are_larger_than_the_file_are_refused_together(tmp_path, monkeypatch):
    monkeypatch.setattr(weights_module, "_SMALL", 100)
    monkeypatch.setattr(weights_module, "_MAX_RATIO", 0)
    refused(small_model(tmp_path / "m.h5", length=10), "arrays larger than what is stored")


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.txt": ""}, "0 parts config.json"),
        ({"config.json": "{}", "metadata.json": "{}"}, "0 parts model.weights.h5"),
        ({"config.json": "{", "metadata.json": "{}", "model.weights.h5": ""}, "Expecting"),
        ({"config.json": "{}", "metadata.json": "{}", "model.weights.h5": b"no"}, "damaged"),
        ({"config.json": "{}", "metadata.json": "[]", "model.weights.h5": b"no"}, "damaged"),
    ],
)
def test_archives_without_a_model_are_refused(members, message, tmp_path):
    refused(archive(tmp_path / "m.keras", members), message)


def test_an_archive_that_expands_is_refused_before_it_is_read(tmp_path):
    members = {"config.json": "{}", "metadata.json": "{}", "model.weights.h5": b" " * 200_000_000}
    refused(archive(tmp_path / "m.keras", members, zipfile.ZIP_DEFLATED), "larger than what is stored")
    members["config.json"] = b" " * 8_000_001
    refused(archive(tmp_path / "m.keras", members), "part config.json of 8,000,001 bytes; at most 8,000,000")


def test_nothing_of_an_archive_is_written_to_disk(tmp_path):
    small_model(tmp_path / "w.h5", length=10)
    with h5py.File(tmp_path / "w.h5", "a") as file:
        config = file.attrs["model_config"]
        for n, name in enumerate(("kernel", "bias")):
            file[f"layers/conv1d/vars/{n}"] = file[f"model_weights/conv1d/conv1d/{name}:0"][()]
            file[f"layers/dense/vars/{n}"] = file[f"model_weights/dense/dense/{name}:0"][()]
        del file["model_weights"]
    members = {
        "../../evil.txt": "x", "/tmp/evil.txt": "x", "config.json": config,
        "metadata.json": '{"keras_version": "3.1.0"}', "model.weights.h5": (tmp_path / "w.h5").read_bytes(),
    }  # fmt: skip
    (tmp_path / "a").mkdir()
    path = archive(tmp_path / "a" / "m.keras", members)
    model = import_model(path, tmp_path / "a" / "out", ImportRequest(["y"]))
    assert model.header.imported.library == "Keras 3.1.0"
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["m.keras", "out"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "w.h5"]


def model_file(tmp_path, layers, arrays=None, shape=SHAPE):
    return write_h5(tmp_path / "m.h5", sequential(layers, shape), arrays or {})


def test_a_lambda_is_refused_by_name_and_its_code_is_not_decoded(tmp_path, monkeypatch):
    code = base64.b64encode(marshal.dumps(compile("raise SystemExit", "x", "exec"))).decode()
    config = {"name": "reverse", "function": [code, None, None], "function_type": "lambda"}
    message = r"layer 'reverse' \(Lambda\): holds Python code, which is never run; replace it"
    refused(model_file(tmp_path, [("Lambda", config), *DENSE]), message)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([("Masking", {})], "not among the layers that are imported"),
        ([("Conv1d", {})], "did you mean 'Conv1D'"),
        ([("Activation", {"activation": "my_exp"})], "activation 'my_exp' is custom or not known"),
        ([("TFOpLambda", {"function": "math.reduce_sum"})], "holds Python code"),
        ([("Conv1D", {"filters": 1, "kernel_size": [3], "use_bias": "x", "strides": [0]})], "weights kernel"),
        ([("Dense", {"units": 10**30})], "an integer of 31 digits"),
        ([("ZeroPadding1D", {"padding": [10**5, 10**5]})] * 30, "two layers have the same name"),
        ([("Reshape", {"target_shape": [0, -1]})], "layer 'reshape'"),
        ([("Cropping1D", {"cropping": [5, 5]})], r"layer 'cropping1d'.*output of shape|cropping1d"),
        ([("UpSampling1D", {"size": 10**6})], "expected 1 to 4,000,000 values"),
        ([("MaxPooling1D", {"pool_size": [11]})], "layer 'maxpooling1d'"),
        ([("LSTM", {"units": 2, "return_state": True})], "return_state = 'True' is not imported"),
        ([("BatchNormalization", {"mode": 1})], "mode = '1' is not imported"),
        ([("GlobalMaxPooling1D", {})] * 1, "4 outputs for 1 target"),
    ],
)
def test_layers_that_cannot_be_computed_are_refused_by_name(layers, message, tmp_path):
    refused(model_file(tmp_path, layers), message)


def functional(tmp_path, layers, outputs, inputs=("x",)):
    """Write a functional model of layers (class, name, names of its inputs, settings)."""
    values = [
        {"class_name": kind, "name": name, "config": {"name": name, **config},
         "inbound_nodes": [[[n, 0, 0, {}] for n in before]] if before else []}
        for kind, name, before, config in layers
    ]  # fmt: skip
    config = {"name": "m", "layers": values, "input_layers": [[n, 0, 0] for n in inputs],
              "output_layers": [[n, 0, 0] for n in outputs]}  # fmt: skip
    return write_h5(tmp_path / "m.h5", {"class_name": "Functional", "config": config}, {})


INPUT = ("InputLayer", "x", [], {"batch_input_shape": [None, 10, 4]})


@pytest.mark.parametrize(
    ("layers", "outputs", "inputs", "message"),
    [
        ([INPUT, ("Add", "a", ["x", "b"], {}), ("Add", "b", ["a"], {})], "b", "x", "cycle through '[ab]'"),
        ([INPUT, ("Add", "a", ["x", "a"], {})], "a", "x", "cycle through 'a'"),
        ([INPUT, ("Flatten", "a", ["c"], {})], "a", "x", "output of 'c', which it does not compute"),
        ([INPUT, INPUT, ("Flatten", "a", ["x"], {})], "a", "x", "2 inputs found|the same name"),
        ([INPUT, (INPUT[0], "z", [], INPUT[3]), ("Add", "a", ["x", "z"], {})], "a", "xz", "2 inputs found"),
        ([INPUT, ("Flatten", "a", ["x"], {})], "", "x", "a model without outputs"),
    ],
)  # fmt: skip
def test_graphs_that_cannot_be_computed_are_refused(layers, outputs, inputs, message, tmp_path):
    refused(functional(tmp_path, layers, outputs, inputs), message)


def test_thousands_of_layers_are_refused_in_bounded_time(tmp_path):
    layers = [INPUT] + [("ReLU", f"r{i}", [f"r{i - 1}" if i else "x"], {}) for i in range(5000)]
    refused(functional(tmp_path, layers, ["r4999"]), "more than 2,000 layers")


def test_a_constant_or_a_setting_in_a_call_is_refused(tmp_path):
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    layers = [
        {
            "class_name": "InputLayer",
            "name": "x",
            "config": {"batch_shape": [None, 10, 4]},
            "inbound_nodes": [],
        },
        {
            "class_name": "Add",
            "name": "a",
            "config": {},
            "inbound_nodes": [{"args": [tensor, 2.0], "kwargs": {}}],
        },
    ]
    config = {"layers": layers, "input_layers": ["x", 0, 0], "output_layers": ["a", 0, 0]}
    model = {"class_name": "Functional", "config": config}
    refused(write_h5(tmp_path / "m.h5", model, {}, version="3.1.0"), "constant '2.0' in a call")
    layers[1]["inbound_nodes"] = [{"args": [[tensor, tensor]], "kwargs": {"training": True}}]
    refused(write_h5(tmp_path / "m.h5", model, {}, version="3.1.0"), "called with 'training' = 'True'")


def test_a_custom_layer_and_a_subclassed_model_are_refused_by_name(tmp_path):
    model = sequential(DENSE, SHAPE)
    model["config"]["layers"][1] |= {"registered_name": "lab>Dense"}
    refused(write_h5(tmp_path / "m.h5", model, {}), r"layer 'dense' \(Dense\): a custom layer; replace it")
    model["config"]["layers"][1] |= {"registered_name": None, "module": "lab.layers"}
    refused(write_h5(tmp_path / "m.h5", model, {}), "a custom layer")
    refused(
        write_h5(tmp_path / "m.h5", {"class_name": "MyModel", "config": {}}, {}),
        "class 'MyModel' holds Python",
    )


def test_values_of_other_types_than_keras_writes_are_refused(tmp_path):
    model = sequential(DENSE, SHAPE)
    model["config"]["layers"][0] = 5
    refused(write_h5(tmp_path / "m.h5", model, {}), "'5' in the place of a layer")
    refused(
        write_h5(tmp_path / "m.h5", json.dumps({"class_name": "Sequential", "config": {"layers": {}}}), {}),
        "without layers",
    )
