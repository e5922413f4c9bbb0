"""Metadata of an exported model: whatever is changed in it is refused in one line, or does no harm."""

import base64
import hashlib
import json
import struct

import numpy as np
import pytest
from support.networks import untrained

from seqcnn.cli import main
from seqcnn.errors import BundleError
from seqcnn.model.export import onnx_content
from seqcnn.model.onnx.onnx_file import _TAIL_SIZE, _entry, parse_exported, with_metadata
from seqcnn.model.onnx.onnx_model import ExportedModel


@pytest.fixture(scope="module")
def content():
    return onnx_content(untrained(filters=[4, 4], kernel_sizes=[5, 3], hidden=4))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.onnx"


def taken_apart(content):
    """The network without metadata, and the text of the metadata."""
    text = content[int(content[-13:]) : -_TAIL_SIZE]
    return content[: -_TAIL_SIZE - len(_entry(b"seqcnn", text))], text


def changed(content, change):
    """The file with changed metadata and the right checksum."""
    network, text = taken_apart(content)
    values = json.loads(text)
    change(values)
    return signed(network, json.dumps(values).encode())


def signed(network, text):
    """A network with any metadata and the right checksum."""
    whole = network + _entry(b"seqcnn", text)
    digest = hashlib.sha256(whole).hexdigest()
    return whole + _entry(b"sha256", f"{digest} {len(whole) - len(text):013d}".encode())


def numbers(*values, n=64):
    return base64.b64encode(np.resize(np.array(values, "<f4"), n).tobytes()).decode()


CHANGES = {
    "batch 129": lambda v: v.update(batch=129),
    "batch 0": lambda v: v.update(batch=0),
    "batch -1": lambda v: v.update(batch=-1),
    "batch 10^9": lambda v: v.update(batch=10**9),
    "batch of 400 digits": lambda v: v.update(batch=10**400),
    "batch infinite": lambda v: v.update(batch=float("inf")),
    "batch NaN": lambda v: v.update(batch=float("nan")),
    "batch as text": lambda v: v.update(batch="128"),
    "batch true": lambda v: v.update(batch=True),
    "batch null": lambda v: v.update(batch=None),
    "no batch": lambda v: v.pop("batch"),
    "unknown key": lambda v: v.update(folder="x"),
    "no header": lambda v: v.pop("header"),
    "header null": lambda v: v.update(header=None),
    "no profile": lambda v: v.pop("profile"),
    "profile null": lambda v: v.update(profile=None),
    "no array": lambda v: v["profile"].pop("mean"),
    "another array": lambda v: v["profile"].update(other=""),
    "no shapes": lambda v: v.pop("shapes"),
    "negative shape": lambda v: v["shapes"].update(mean=[-1]),
    "another shape": lambda v: v["shapes"].update(whitening=[4096]),
    "nested shape": lambda v: v["shapes"].update(mean=[[64]]),
    "short array": lambda v: v["profile"].update(mean=numbers(0, n=63)),
    "no base64": lambda v: v["profile"].update(mean="?" + v["profile"]["mean"]),
    "infinite array": lambda v: v["profile"].update(mean=numbers(np.inf)),
    "NaN in an array": lambda v: v["profile"].update(whitening=numbers(0, np.nan, n=4096)),
    "one target": lambda v: v["header"].update(targets=["a"], units=[""]),
    "three targets": lambda v: v["header"].update(targets=["a", "b", "c"], units=[""] * 3),
    "noise": lambda v: v["header"].update(predicts_noise=True),
    "members": lambda v: v["header"].update(members=2),
    "length": lambda v: v["header"]["layout"].update(length=31),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_metadata_is_refused_in_one_line(name, content, path, capsys):
    path.write_bytes(changed(content, CHANGES[name]))
    (path.parent / "x.fa").write_text(">a\n" + "ACGTC" * 6 + "\n")
    with pytest.raises(SystemExit) as stop:
        main(["predict", str(path.parent / "x.fa"), "-m", str(path), "--threads", "1"])
    lines = capsys.readouterr().err.splitlines()
    assert stop.value.code == 2
    assert len(lines) == 1, lines
    assert lines[0].startswith("seqcnn: error: ")
    assert "m.onnx: " in lines[0]


@pytest.mark.parametrize(
    "text", [b"[]", b"null", b"[" * 9999, b"{", b"\xff", b'{"batch": 1, "batch": 2}', b""]
)
def test_metadata_that_is_no_object_is_refused(text, content, path):
    with pytest.raises(BundleError, match="its metadata cannot be read"):
        parse_exported(signed(taken_apart(content)[0], text), path)


def test_unchanged_metadata_is_read(content, path):
    same = changed(content, lambda values: None)
    assert ExportedModel.of(same, path).header == ExportedModel.of(content, path).header


def test_a_tensor_in_another_file_is_refused_whatever_its_encoding(content, path):
    parsed = parse_exported(content, path)
    location = struct.pack("B", 10) + b"\x88\x00location" + b"\x12\x0asecret.bin"
    tensor = b"\x6a" + bytes([len(location)]) + location
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    hostile = with_metadata(
        b"\x3a" + bytes([len(graph)]) + graph, parsed.header, parsed.batch, parsed.profile
    )
    with pytest.raises(BundleError, match="has: a tensor with data in another file"):
        parse_exported(hostile, path)
