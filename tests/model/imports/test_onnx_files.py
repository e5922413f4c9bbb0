import logging
import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from seqcnn.errors import SeqcnnError
from seqcnn.model.import_model import ImportRequest, import_model
from seqcnn.model.imports.onnx.operators import OPERATORS

RNG = np.random.default_rng(0)
X = np.float32(np.eye(4)[RNG.integers(0, 4, (8, 20))].transpose(0, 2, 1))  # (N, 4, L)


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.ERROR)


def imported(path, targets=2):
    request = ImportRequest([f"y{i}" for i in range(targets)])
    return import_model(path, path.with_suffix(".safetensors"), request, overwrite=True)


def exported(module, path, dynamo):
    batch = (
        {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamo else {"dynamic_axes": {"x": {0: "n"}}}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.from_numpy(X),), str(path), dynamo=dynamo, verbose=False,
                          input_names=["x"], external_data=False, **batch)  # fmt: skip


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(4, 6, 5, padding=2), nn.BatchNorm1d(6), nn.GELU())
        self.block = nn.Sequential(
            nn.Conv1d(6, 6, 3, padding=2, dilation=2, groups=2), nn.SiLU(), nn.Dropout()
        )
        self.pool = nn.MaxPool1d(3, 2, padding=1)
        self.head = nn.Sequential(nn.Linear(6, 5), nn.ELU(), nn.Linear(5, 2))

    def forward(self, x):
        y = self.stem(x)
        return self.head(self.pool(y + self.block(y)).mean(2))


MODULES = {
    "flat": nn.Sequential(
        nn.Conv1d(4, 5, 4), nn.LeakyReLU(), nn.AvgPool1d(2), nn.Flatten(), nn.Linear(40, 2)
    ),
    "residual": Residual(),
}


@pytest.mark.parametrize("dynamo", [False, True], ids=["old", "dynamo"])
@pytest.mark.parametrize("name", MODULES)
def test_exports_of_torch_predict_like_their_modules(name, dynamo, tmp_path):
    exported(MODULES[name], tmp_path / "m.onnx", dynamo)
    expected = MODULES[name](torch.from_numpy(X)).detach().numpy()
    y_hat = imported(tmp_path / "m.onnx").predict_array(X)
    np.testing.assert_allclose(y_hat, expected, atol=1e-5 * np.abs(expected).max())


def network(nodes, constants, shape=("batch", 4, 20), out="y"):
    """Return a network of nodes (operator, inputs, output, attributes)."""
    made = [helper.make_node(op, names, [output], **settings) for op, names, output, settings in nodes]
    arrays = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info(out, TensorProto.FLOAT, None)
    graph = helper.make_graph(made, "g", [x], [y], arrays)
    opset = [helper.make_opsetid("", 22)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9, producer_name="lab")


def f(*shape):
    return np.float32(RNG.normal(size=shape))


END = [("Flatten", ["z"], "flat", {}), ("MatMul", ["flat", "end"], "y", {})]
SAME = {"kernel_shape": [3], "auto_pad": "SAME_UPPER", "strides": [2]}
MEAN = {"kernel_shape": [3], "strides": [2], "pads": [1, 0], "count_include_pad": 1}
MAX = {"kernel_shape": [3], "strides": [2], "pads": [1, 1], "ceil_mode": 1}
PLAIN = (
    "Dropout", "Elu", "Erf", "Exp", "Gelu", "GlobalAveragePool", "GlobalMaxPool", "HardSwish", "Identity",
    "LeakyRelu", "Mish", "Relu", "Sigmoid", "Softplus", "Softsign", "Tanh",
)  # fmt: skip

CASES = {
    **{name: [(name, ["x"], "z", {})] for name in PLAIN},
    "Add": [("Add", ["x", "c4"], "z", {})],
    "Sub, Div, Mul": [
        ("Sub", ["c1", "x"], "a", {}),
        ("Div", ["a", "c20"], "b", {}),
        ("Mul", ["b", "x"], "z", {}),
    ],
    "AveragePool": [("AveragePool", ["x"], "z", MEAN)],
    "MaxPool": [("MaxPool", ["x"], "a", MAX), ("MaxPool", ["a"], "z", SAME)],
    "LayerNormalization": [
        ("LayerNormalization", ["x", "c20", "c20"], "a", {"epsilon": 0.1}),
        ("LayerNormalization", ["a", "s4_20", "s4_20"], "z", {"axis": 1}),
    ],
    "SAME_LOWER": [
        ("MaxPool", ["x"], "a", SAME | {"auto_pad": "SAME_LOWER"}),
        ("Conv", ["a", "kernel4"], "z", {"auto_pad": "SAME_LOWER", "strides": [1]}),
    ],
    "BatchNormalization": [("BatchNormalization", ["x", "s4", "s4", "s4", "s4"], "z", {"epsilon": 0.1})],
    "Clip": [("Clip", ["x", "zero", "half"], "z", {})],
    "Concat": [("Concat", ["x", "x"], "z", {"axis": 1})],
    "Constant": [("Constant", [], "a", {"value_float": 2.0}), ("Mul", ["x", "a"], "z", {})],
    "Conv": [("Conv", ["x", "kernel"], "z", {"pads": [1, 2], "dilations": [2], "strides": [2]})],
    "Gemm": [("Flatten", ["x"], "a", {}), ("Gemm", ["a", "wide", "s4"], "z", {"transB": 1, "alpha": 0.5})],
    "LogSoftmax": [("LogSoftmax", ["x"], "z", {"axis": 1})],
    "Softmax": [("Softmax", ["x"], "z", {})],
    "PRelu": [("Sub", ["x", "c4"], "a", {}), ("PRelu", ["a", "c4"], "z", {})],
    "ReduceMax": [("ReduceMax", ["x", "two"], "z", {})],
    "ReduceMean": [("ReduceMean", ["x", "two"], "z", {"keepdims": 0})],
    "Reshape": [("Reshape", ["x", "shape"], "z", {})],
    "Squeeze, Unsqueeze": [("Unsqueeze", ["x", "two"], "a", {}), ("Squeeze", ["a", "two"], "z", {})],
    "Transpose": [("Transpose", ["x"], "a", {"perm": [0, 2, 1]}), ("MatMul", ["a", "matrix"], "z", {})],
}

CONSTANTS = {
    "c1": f(1), "c4": f(1, 4, 1), "c20": np.abs(f(20)) + 1, "s4": np.abs(f(4)) + 0.1, "kernel": f(3, 4, 5),
    "wide": f(4, 80), "matrix": f(4, 3), "zero": np.float32(0), "half": np.float32(0.5), "two": np.int64([2]),
    "shape": np.int64([0, 8, -1]), "s4_20": f(4, 20), "kernel4": f(3, 4, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_operator_computes_what_onnx_runtime_does(name, tmp_path):
    def run(nodes, constants, out):
        message = network(nodes, constants, out=out)
        session = onnxruntime.InferenceSession(
            message.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        return message, session.run(None, {"x": X})[0]

    _, z = run(CASES[name], CONSTANTS, "z")
    message, expected = run([*CASES[name], *END], CONSTANTS | {"end": f(z[0].size, 2)}, "y")
    onnx.save(message, tmp_path / "m.onnx")
    model = imported(tmp_path / "m.onnx")
    np.testing.assert_allclose(model.predict_array(X), expected, atol=1e-5 * np.abs(expected).max())
    assert model.header.imported.library == "ONNX of lab"


def test_every_operator_that_is_imported_is_tested():
    assert {node[0] for nodes in [*CASES.values(), END] for node in nodes} == set(OPERATORS)


def test_an_input_with_the_positions_first_is_taken_as_it_is(tmp_path):
    nodes = [("Flatten", ["x"], "flat", {}), ("MatMul", ["flat", "end"], "y", {})]
    end = f(80, 1)
    onnx.save(network(nodes, {"end": end}, shape=("batch", 20, 4)), tmp_path / "m.onnx")
    expected = X.transpose(0, 2, 1).reshape(8, 80) @ end
    np.testing.assert_allclose(
        imported(tmp_path / "m.onnx", 1).predict_array(X), expected, rtol=1e-4, atol=1e-5
    )


def _external(message):
    tensor = message.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def _larger(message):
    message.graph.initializer[0].dims[:] = [1 << 40, 1 << 20]


def _unknown(message):
    message.graph.node[0].op_type = "Loop"


def _foreign(message):
    message.graph.node[0].domain = "lab"


def _cycle(message):
    message.graph.node[0].input[0] = "y"


def _two_inputs(message):
    message.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 4, 20]))


def _chain(message):
    message.graph.node.extend([message.graph.node[0]] * 19_999)


def _integers(message):
    message.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64


def _no_output(message):
    message.graph.output[0].name = "end"


def _not_finite(message):
    array = np.full((80, 2), np.nan, np.float32)
    message.graph.initializer[0].CopyFrom(numpy_helper.from_array(array, "end"))


def _other_shape(message):
    message.graph.initializer[0].CopyFrom(numpy_helper.from_array(f(7, 2), "end"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_external, r"a tensor with data in another file; write one file: .*external_data=False"),
        (_chain, "20,002 nodes; at most 20,000 are imported"),
        (_larger, "constant 'end' is damaged"),
        (_unknown, "operator 'Loop' is not imported; imported are Add"),
        (_foreign, "is not imported"),
        (_cycle, "takes 'y', which is not computed"),
        (_two_inputs, "2 inputs found"),
        (_integers, "other numbers than float32"),
        (_no_output, "an output that does not depend on the input"),
        (_not_finite, "NaN, or not finite in float32"),
        (_other_shape, "weights of shape"),
    ],
)
def test_hostile_files_are_refused_in_one_line(change, message, tmp_path):
    content = network([("Relu", ["x"], "z", {}), *END], {"end": f(80, 2)})
    change(content)
    (tmp_path / "m.onnx").write_bytes(content.SerializeToString())
    with pytest.raises(SeqcnnError, match=message) as error:
        imported(tmp_path / "m.onnx")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "m.safetensors").exists()


@pytest.mark.parametrize("content", [b"", b"no", b"\x08\x09" + b"\xff" * 50, b"PK\x03\x04"])
def test_what_is_no_onnx_file_is_refused(content, tmp_path):
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(SeqcnnError, match=r"m\.onnx: "):
        imported(tmp_path / "m.onnx")
