"""Check an ONNX message, byte by byte and without a library, before an engine reads it.

A tensor of an ONNX network may lie in another file (`external_data`), at any depth: in subgraphs, functions,
sparse tensors and training graphs.  The message is therefore walked field by field with a list of the fields
that an export has.  Everything else is refused: other fields, other wire types, groups, and numbers that are
longer than needed, which two programs could read differently.  The wire format is
https://protobuf.dev/programming-guides/encoding, the fields are those of `onnx.proto` (IR version 13).
"""

from __future__ import annotations

_EXTERNAL_DATA = 13  # field of a tensor

MAX_DEPTH = 32
"""Nesting of messages in one another; protobuf itself reads 100."""

_NUMBER, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_WIRE_TYPES = {
    "number": (_NUMBER,),
    "zero": (_NUMBER,),
    "numbers": (_NUMBER, _BYTES),  # one by one, or packed
    "float": (_FIXED32,),
    "floats": (_FIXED32, _BYTES),
    "doubles": (_FIXED64, _BYTES),
}
"""Kind of a scalar -> its wire types; all other kinds are bytes."""

_FIELDS: dict[str, dict[int, str]] = {
    "ModelProto": {
        **dict.fromkeys((1, 5), "number"),  # ir_version, model_version
        **dict.fromkeys((2, 3, 4, 6), "bytes"),  # producer_name, producer_version, domain, doc_string
        7: "GraphProto",
        8: "OperatorSetIdProto",
        14: "StringStringEntryProto",  # metadata_props
        25: "FunctionProto",
    },
    "GraphProto": {
        1: "NodeProto",
        2: "bytes",  # name
        5: "TensorProto",  # initializer
        10: "bytes",  # doc_string
        **dict.fromkeys((11, 12, 13), "ValueInfoProto"),  # input, output, value_info
        14: "TensorAnnotation",
        15: "SparseTensorProto",
        16: "StringStringEntryProto",
    },
    "NodeProto": {
        **dict.fromkeys((1, 2, 3, 4, 6, 7, 8), "bytes"),  # names, op_type, doc_string, domain, overload
        5: "AttributeProto",
        9: "StringStringEntryProto",
    },
    "AttributeProto": {
        1: "bytes",  # name
        2: "float",
        3: "number",
        4: "bytes",  # s
        5: "TensorProto",
        6: "GraphProto",
        7: "floats",
        8: "numbers",
        9: "bytes",  # strings
        10: "TensorProto",
        11: "GraphProto",
        13: "bytes",  # doc_string
        14: "TypeProto",
        15: "TypeProto",
        20: "number",  # type
        21: "bytes",  # ref_attr_name
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "TensorProto": {
        1: "numbers",  # dims
        2: "number",  # data_type
        4: "floats",
        5: "numbers",
        **dict.fromkeys((6, 8, 9, 12), "bytes"),  # string_data, name, raw_data, doc_string
        7: "numbers",
        10: "doubles",
        11: "numbers",
        14: "zero",  # data_location: 0 is in this file
        16: "StringStringEntryProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto", 3: "numbers"},
    "FunctionProto": {
        **dict.fromkeys((1, 4, 5, 6, 8, 10, 13), "bytes"),  # names, doc_string, domain, overload
        7: "NodeProto",
        9: "OperatorSetIdProto",
        11: "AttributeProto",
        12: "ValueInfoProto",
        14: "StringStringEntryProto",
    },
    "ValueInfoProto": {1: "bytes", 2: "TypeProto", 3: "bytes", 4: "StringStringEntryProto"},
    "TypeProto": {1: "TypeProto.Tensor", 6: "bytes"},
    "TypeProto.Tensor": {1: "number", 2: "TensorShapeProto"},
    "TensorShapeProto": {1: "TensorShapeProto.Dimension"},
    "TensorShapeProto.Dimension": {1: "number", 2: "bytes", 3: "bytes"},
    "TensorAnnotation": {1: "bytes", 2: "StringStringEntryProto"},
    "OperatorSetIdProto": {1: "bytes", 2: "number"},
    "StringStringEntryProto": {1: "bytes", 2: "bytes"},
}
"""Message -> field number -> kind of a scalar, 'bytes' (which are not looked into), or the message in it.

Not in the list, and thus refused: `external_data` (13) of a tensor."""

EXTERNAL = "a tensor with data in another file"


def check_network(content: bytes) -> None:
    """Raise `ValueError` if a message has anything that an export has not, such as external data."""
    _check_message(memoryview(content), "ModelProto", 0)


def _check_message(content: memoryview, message: str, depth: int) -> None:
    """Check the fields of one message, and those of the messages in it."""
    if depth > MAX_DEPTH:
        raise ValueError(f"{message}: nested too deeply")
    fields, position = _FIELDS[message], 0
    while position < len(content):
        tag, position = _number(content, position)
        kind = fields.get(tag >> 3)
        if (message, tag >> 3) == ("TensorProto", _EXTERNAL_DATA):
            raise ValueError(EXTERNAL)
        if kind is None or tag & 7 not in _WIRE_TYPES.get(kind, (_BYTES,)):
            raise ValueError(f"{message}: field {tag >> 3} of wire type {tag & 7}")
        start, position = _value(content, position, tag & 7)
        if kind == "zero" and any(content[start:position]):
            raise ValueError(EXTERNAL)
        if position > len(content):
            raise ValueError(f"{message}: truncated")
        if kind in _FIELDS:
            _check_message(content[start:position], kind, depth + 1)


def _value(content: memoryview, position: int, wire_type: int) -> tuple[int, int]:
    """Return start and end of the value of a field."""
    if wire_type == _NUMBER:
        return position, _number(content, position)[1]
    if wire_type == _BYTES:
        length, position = _number(content, position)
        return position, position + length
    return position, position + (4 if wire_type == _FIXED32 else 8)


def _number(content: memoryview, position: int) -> tuple[int, int]:
    """Return a number in groups of 7 bits, the lowest first, and the position behind it."""
    value = shift = 0
    while position < len(content):
        byte = content[position]
        value, shift, position = value | (byte & 127) << shift, shift + 7, position + 1
        if byte < 128:
            if value >= 1 << 64 or (byte == 0 and shift > 7):
                raise ValueError("a number of more bytes than it needs")
            return value, position
        if shift >= 70:
            break
    raise ValueError("a number without an end")
