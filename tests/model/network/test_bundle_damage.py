import csv
import json
import os
import random
import struct
from contextlib import nullcontext

import pytest
import torch
from support.paths import BAD_BUNDLES

from seqcnn.errors import BundleError, UsageError
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network import bundle as bundle_module
from seqcnn.model.network.bundle import build, load_bundle, read_header


def _rows():
    with (BAD_BUNDLES / "manifest.tsv").open(newline="") as stream:
        return [
            pytest.param(row, id=f"{row['id']}-{row['file']}")
            for row in csv.DictReader(stream, delimiter="\t")
            if not row["file"].startswith("(scenario)")
        ]


@pytest.fixture
def header(bundle):
    return read_header(bundle)


def _rewritten(header, **changes):
    """The header with some fields changed, as it would lie in a file, unchecked."""
    return json.dumps(header.model_dump(mode="json") | changes, sort_keys=True)


def _write_raw(path, metadata, tensors):
    from safetensors.torch import save

    path.write_bytes(save(tensors, metadata))
    return path


@pytest.mark.parametrize("row", _rows())
def test_every_hostile_model_file_is_refused_and_nothing_is_run(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match=f"(?i){row['message_regex']}") as caught:
        load_model(BAD_BUNDLES / row["file"])
    assert caught.value.exit_code == int(row["expect_exit"])
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def _flip(content, draw):
    changed = bytearray(content)
    changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _refused(path, content):
    path.write_bytes(content)
    try:
        load_bundle(path)
    except (BundleError, UsageError) as error:
        return "\n" not in str(error)
    return False


@pytest.mark.parametrize("count", [300, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_flipped_bit_is_noticed(bundle, tmp_path, count):
    draw, content = random.Random(count), bundle.read_bytes()
    assert sum(_refused(tmp_path / "m", _flip(content, draw)) for _ in range(count)) == count


def test_every_flipped_bit_of_the_header_is_noticed(bundle, tmp_path):
    content = bundle.read_bytes()
    draw, size = random.Random(0), 8 + struct.unpack("<Q", content[:8])[0]
    for _ in range(150):
        assert _refused(tmp_path / "m", _flip(content[:size], draw) + content[size:])


def test_every_truncation_is_noticed(bundle, tmp_path):
    draw, content = random.Random(1), bundle.read_bytes()
    sizes = [0, 1, 7, 8, 9, len(content) - 1, *(draw.randrange(len(content)) for _ in range(50))]
    assert all(_refused(tmp_path / "m", content[:size]) for size in sizes)


@pytest.mark.parametrize(("moment", "survives"), [("_compare_tensors", False), ("_digest", True)])
def test_a_bundle_that_is_cut_while_it_is_loaded_is_refused_or_loaded_whole(
    bundle, tmp_path, monkeypatch, moment, survives
):
    path = tmp_path / "m"
    path.write_bytes(bundle.read_bytes())
    found = getattr(bundle_module, moment)

    def cut(*arguments):
        os.truncate(path, 100)  # what is mapped into memory would be gone, and the process with it
        return found(*arguments)

    monkeypatch.setattr(bundle_module, moment, cut)
    with nullcontext() if survives else pytest.raises(BundleError, match="truncated"):
        load_bundle(path)


def test_bytes_after_the_end_are_noticed(bundle, tmp_path):
    assert _refused(tmp_path / "m", bundle.read_bytes() + b"\0")


@pytest.mark.parametrize(
    "changes",
    [
        {"layout": {"length": 10**9}},
        {"layout": {"length": 10**6}},
        {"args": {"hidden": 10**9}},
        {"args": {"filters": [4096, 4096], "hidden": 4096}, "layout": {"length": 10**6}},
        {"encoder": "transformer", "args": {"features": 4096, "pool_size": 1}, "layout": {"length": 10**6}},
        {"encoder": "transformer", "args": {"features": 7}},
        {"encoder": "os.system", "args": {}},
        {"args": {"path": "/etc/passwd"}},
        {"targets": [], "units": []},
        {"targets": ["a", "b"]},
        {"targets": ["a"] * 10_001, "units": [""] * 10_001},
        {"units": []},
        {"layout": {"length": 30, "flank5": "ACGT?"}},
        {"layout": {"length": 30, "folder": "x"}},
        {"base_order": "AGCT"},
        {"link": "exec"},
        {"format": "seqcnn model 2"},
        {"class": "os.system"},
        {"split": "x" * 2001},
        {"metrics": {"test": {"y": {"pearson": float("inf")}}}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_metadata_out_of_bounds_is_refused_before_anything_is_allocated(header, tmp_path, changes):
    import tracemalloc

    path = _write_raw(
        tmp_path / "m",
        {"seqcnn": _rewritten(header, **changes), "sha256": "0"},
        {"head.bias": torch.zeros(1)},
    )
    tracemalloc.start()
    with pytest.raises(BundleError, match="m: "):
        load_bundle(path)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_a_network_that_its_file_does_not_hold_is_not_built(header, tmp_path):
    large = {"hidden": [4096] * 16}
    with torch.device("meta"):
        shapes = build(header.model_copy(update={"encoder": "mlp", "args": large})).state_dict()
    entries = {k: {"dtype": "F32", "shape": list(t.shape), "data_offsets": [0, 0]} for k, t in shapes.items()}
    metadata = {"seqcnn": _rewritten(header, encoder="mlp", args=large), "sha256": "0"}
    text = json.dumps(entries | {"__metadata__": metadata}).encode()
    (tmp_path / "m").write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(BundleError, match="truncated or damaged"):
        load_bundle(tmp_path / "m")


@pytest.mark.parametrize(
    ("entry", "metadata"),
    [
        ({"dtype": "F32", "shape": ["x"], "data_offsets": [0, 4]}, {"seqcnn": "{}", "sha256": ""}),
        ({"dtype": "F32", "shape": [1e400], "data_offsets": [0, 4]}, {"seqcnn": "{}", "sha256": ""}),
        ({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, {"seqcnn": "[" * 9999, "sha256": ""}),
        ({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, {"seqcnn": "[]", "sha256": ""}),
        ({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, {}),
        ({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, None),
        (None, {"seqcnn": "{}", "sha256": ""}),
    ],
)
def test_a_header_of_another_form_is_refused(tmp_path, entry, metadata):
    text = json.dumps({"w": entry, "__metadata__": metadata}).encode()
    assert _refused(tmp_path / "m", struct.pack("<Q", len(text)) + text + b"\0" * 4)


def test_weights_of_another_model_are_refused(bundle, tmp_path):
    model, header = load_bundle(bundle)
    tensors = dict(model.state_dict())
    tensors["head.bias"] = torch.zeros(2)
    _write_raw(tmp_path / "m", {"seqcnn": _rewritten(header), "sha256": "0"}, tensors)
    with pytest.raises(BundleError, match="names or shapes of the weights"):
        load_bundle(tmp_path / "m")
