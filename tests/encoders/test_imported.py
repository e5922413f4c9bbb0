import pytest
import torch
from pydantic import ValidationError

from seqcnn.encoders.imported.encoder import ImportedEncoder
from seqcnn.encoders.imported.graph import Graph
from seqcnn.errors import ConfigError
from seqcnn.schema import validate

INPUT = {"length": 10, "axes": "LB"}
CONV = {"kind": "conv", "inputs": [0], "filters": 2, "kernel": [3], "strides": [1], "dilation": [1]}


def graph(*layers, outputs=None, **changes):
    return validate(
        Graph, {"input": INPUT | changes, "layers": layers, "outputs": outputs or [len(layers)]}, "g"
    )


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"kind": "lambda", "inputs": [0]}, "kind"),
        ({"kind": "relu", "inputs": [1]}, "layer 1 takes the output of layer 1"),
        ({"kind": "relu", "inputs": [-1]}, "greater than or equal to 0"),
        ({"kind": "relu", "inputs": []}, "at least 1 item"),
        ({"kind": "relu", "inputs": [0], "code": "x"}, "unknown key|Extra inputs"),
        (CONV | {"filters": 10**7}, "less than or equal to 1000000"),
        (CONV | {"kernel": [1, 1, 1]}, "at most 2 items"),
        (CONV | {"strides": [0]}, "greater than or equal to 1"),
        ({"kind": "activation", "inputs": [0], "function": "__import__"}, "function"),
        ({"kind": "batch_norm", "inputs": [0], "epsilon": -1.0}, "greater than or equal to 0"),
    ],
)
def test_layers_out_of_bounds_are_refused(layer, message):
    with pytest.raises(ConfigError, match=message):
        graph(layer)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"axes": "LLB"}, "axes"),
        ({"bases": "ACGG"}, "order of the bases"),
        ({"length": 0}, "greater than or equal to 1"),
        ({"flank5": "AX"}, "'X' at position 2"),
        ({"flank3": "A" * 10}, "flanks leave 0 bp"),
    ],
)
def test_inputs_out_of_bounds_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        graph(CONV, **changes)


def test_outputs_of_no_layer_and_thousands_of_layers_are_refused():
    with pytest.raises(ConfigError, match="output of layer 2, of 1 layers"):
        graph(CONV, outputs=[2])
    with pytest.raises(ConfigError, match="at most 2000 items"):
        graph(*[{"kind": "relu", "inputs": [0]}] * 2001)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([CONV | {"kernel": [11]}], "Kernel size can't be greater|layer of kind Conv"),
        ([CONV | {"kernel": [3, 3], "strides": [1, 1], "dilation": [1, 1]}], "takes 2 spatial axes"),
        ([CONV | {"groups": 3}], "divisible by groups"),
        ([{"kind": "up_sample", "inputs": [0], "sizes": [1_000_000]}], "expected 1 to 4,000,000 values"),
        (
            [{"kind": "pad", "inputs": [0], "amounts": [[-5, -5]]}],
            "expected 1 to 4,000,000 values|layer of kind Pad",
        ),
        ([{"kind": "reshape", "inputs": [0], "sizes": [7]}], "layer of kind Reshape"),
        ([{"kind": "permute", "inputs": [0], "order": [1, 1]}], r"order \(1, 1\)"),
        ([{"kind": "softmax", "inputs": [0], "axis": 0}], "axis 0"),
        ([{"kind": "dense", "inputs": [0], "units": 3}], "expected one number per target"),
        ([{"kind": "merge", "how": "add", "inputs": [0, 1]}], "takes the output of layer 1"),
    ],
)
def test_layers_that_do_not_fit_their_input_are_refused_before_anything_is_allocated(layers, message):
    with pytest.raises(ConfigError, match=message):
        ImportedEncoder(10, graph=graph(*layers))


def test_a_window_of_another_length_is_refused():
    with pytest.raises(ConfigError, match="windows of 9 bp found; its input takes inserts of 10 bp"):
        ImportedEncoder(9, graph=graph(CONV))


def test_the_input_has_flanks_and_the_order_of_the_bases_and_axes():
    x = torch.eye(4)[[0, 1, 2, 3]].T[None]  # ACGT
    flat = {"kind": "reshape", "inputs": [0], "sizes": []}
    for axes, transposed in (("LB", True), ("BL", False), ("1LB", True), ("BL1", False), ("L1B", True)):
        encoder = ImportedEncoder(
            4, graph=graph(flat, length=7, axes=axes, bases="TGCA", flank5="GG", flank3="A")
        )
        expected = torch.eye(4)[[1, 1, 3, 2, 1, 0, 3]]  # GGACGTA in the order TGCA
        expected = expected if transposed else expected.T
        assert torch.equal(encoder(x), expected.reshape(1, 28))


def test_a_graph_is_frozen():
    with pytest.raises(ValidationError):
        graph(CONV).outputs = (0,)
