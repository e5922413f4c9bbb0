"""ONNX messages by hand: data in another file is refused wherever it is, and however it is encoded."""

import onnx
import pytest
from onnx import (
    AttributeProto,
    FunctionProto,
    GraphProto,
    ModelProto,
    NodeProto,
    SparseTensorProto,
    TensorProto,
    TrainingInfoProto,
)

from seqcnn.model.onnx import protobuf
from seqcnn.model.onnx.protobuf import check_network


def external() -> TensorProto:
    tensor = TensorProto(name="w", dims=[64], data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return tensor


def local() -> TensorProto:
    return TensorProto(name="w", dims=[1, 2, 300], data_type=1, raw_data=b"\0" * 2400, float_data=[1, 2])


def holders(tensor: TensorProto) -> dict[str, ModelProto]:
    """Networks that hold a tensor in every place in which ONNX allows one."""
    graph = GraphProto(initializer=[tensor])
    sparse = SparseTensorProto(values=tensor, dims=[64])
    attributes = {
        "t": AttributeProto(t=tensor), "tensors": AttributeProto(tensors=[tensor]),
        "g": AttributeProto(g=graph), "graphs": AttributeProto(graphs=[graph]),
        "sparse_tensor": AttributeProto(sparse_tensor=sparse),
        "sparse_tensors": AttributeProto(sparse_tensors=[sparse]),
        "indices": AttributeProto(sparse_tensor=SparseTensorProto(indices=tensor)),
    }  # fmt: skip
    nodes = {name: NodeProto(attribute=[attribute]) for name, attribute in attributes.items()}
    loop = NodeProto(attribute=[AttributeProto(g=GraphProto(node=[nodes["g"]]))])
    models = {name: ModelProto(graph=GraphProto(node=[node])) for name, node in nodes.items()}
    return models | {
        "initializer": ModelProto(graph=graph),
        "sparse_initializer": ModelProto(graph=GraphProto(sparse_initializer=[sparse])),
        "function": ModelProto(functions=[FunctionProto(node=[nodes["t"]])]),
        "default of a function": ModelProto(functions=[FunctionProto(attribute_proto=[attributes["t"]])]),
        "loop in a loop": ModelProto(graph=GraphProto(node=[loop])),
    }


@pytest.mark.parametrize("place", holders(local()))
def test_a_tensor_in_another_file_is_refused_in_every_place(place):
    check_network(holders(local())[place].SerializeToString())
    with pytest.raises(ValueError, match="a tensor with data in another file"):
        check_network(holders(external())[place].SerializeToString())


def test_a_training_graph_is_refused():
    model = ModelProto(training_info=[TrainingInfoProto(algorithm=GraphProto(initializer=[external()]))])
    with pytest.raises(ValueError, match="ModelProto: field 20"):
        check_network(model.SerializeToString())


def field(number: int, content: bytes, length: bytes | None = None) -> bytes:
    """A field of bytes; `length` encodes its length in another way."""
    return bytes([number << 3 | 2]) + (length or bytes([len(content)])) + content


def nested(tensor: bytes) -> bytes:
    return field(7, field(5, tensor))


@pytest.mark.parametrize(
    "content",
    [
        nested(field(13, field(1, b"location", b"\x88\x00") + field(2, b"secret.bin"))),
        nested(field(13, b"")),
        nested(b"\xea\x00" + b"\x00"),  # the tag of field 13 in two bytes
        nested(b"\xea\x80\x00" + b"\x00"),
        nested(b"\xea\x80\x80\x80\x80\x80\x80\x80\x80\x00\x00"),
        nested(b"\x70\x01"),  # data_location
        nested(b"\x6b" + field(1, b"location") + b"\x6c"),  # field 13 as a group
        nested(b"\x2b" + b"\x2c"),  # float_data as a group
        nested(b"\x6d\0\0\0\0"),  # field 13 of wire type 5
        field(7, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),  # a length of 2^64 - 1
        field(7, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        field(7, b"\x0a\x05"),
        field(7, b"\x0a"),
        b"\x08" + b"\x80" * 11,
        b"\x3a\x80\x00",
        b"nothing",
    ],
)
def test_other_encodings_of_a_field_are_refused(content):
    with pytest.raises(ValueError, match=r"field|bytes|truncated|end|another file"):
        check_network(content)


def test_a_tensor_may_say_that_its_data_are_in_this_file():
    check_network(nested(b"\x70\x00"))


def test_a_negative_number_has_ten_bytes():
    check_network(b"\x28" + b"\xff" * 9 + b"\x01")


def test_deep_nesting_is_refused():
    graph = GraphProto()
    for _ in range(20):
        graph = GraphProto(node=[NodeProto(attribute=[AttributeProto(g=graph)])])
    with pytest.raises(ValueError, match="nested too deeply"):
        check_network(ModelProto(graph=graph).SerializeToString())


def of_onnx(message: str):
    """The description of a message in the library onnx."""
    name, _, inner = message.partition(".")
    description = getattr(onnx, name).DESCRIPTOR
    return description.nested_types_by_name[inner] if inner else description


@pytest.mark.parametrize("message", protobuf._FIELDS)
def test_the_fields_are_those_of_onnx(message):
    known = {f.number: f for f in of_onnx(message).fields}
    for number, kind in protobuf._FIELDS[message].items():
        description = known[number]
        if description.message_type is not None:
            assert kind == description.message_type.full_name.removeprefix("onnx.")
        elif description.type in (description.TYPE_STRING, description.TYPE_BYTES):
            assert kind == "bytes"
        else:
            scalar = {description.TYPE_FLOAT: "float", description.TYPE_DOUBLE: "double"}
            expected = scalar.get(description.type, "number") + "s" * description.is_repeated
            assert kind == ("zero" if description.name == "data_location" else expected)
