import csv
import json
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from seqcnn.encoders import ENCODERS
from seqcnn.errors import BundleError, EnvironmentFault, SeqcnnError, UsageError
from seqcnn.model.bundle import build, load_bundle, read_header, save_bundle
from seqcnn.model.predict import load_model

BAD = Path(__file__).parent / "badinputs_model"
ROOT = Path(__file__).parents[1]


def _rows():
    with (BAD / "manifest.tsv").open(newline="") as stream:
        return [
            pytest.param(row, id=f"{row['id']}-{row['file']}")
            for row in csv.DictReader(stream, delimiter="\t")
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
        load_model(BAD / row["file"])
    assert caught.value.exit_code == int(row["expect_exit"])
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ENCODERS)
def test_a_saved_model_predicts_the_same_bit_for_bit(name, header, tmp_path):
    torch.manual_seed(1)
    header = header.model_copy(update={"encoder": name, "args": {}})
    model = build(header).eval()
    model.scale_to(torch.tensor([[1.0], [3.0]]))
    save_bundle(tmp_path / "m.safetensors", model, header)
    loaded, again = load_bundle(tmp_path / "m.safetensors")
    assert again == header
    x = torch.rand(5, 4, header.layout.length)
    assert torch.equal(loaded(x), model(x))
    assert not loaded.training


def test_the_same_model_gives_the_same_bytes(bundle, tmp_path):
    save_bundle(tmp_path / "again.safetensors", *load_bundle(bundle))
    assert (tmp_path / "again.safetensors").read_bytes() == bundle.read_bytes()


def test_a_fresh_process_predicts_the_same_numbers(bundle, model):
    code = "import sys, seqcnn; y = seqcnn.load_model(sys.argv[1]).predict(sys.argv[2:]); print(y.tobytes().hex())"
    sequences = ["ACGT" * 5, "TGACTCA", "N" * 30]
    run = subprocess.run(
        [sys.executable, "-c", code, bundle, *sequences], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == model.predict(sequences).tobytes().hex()


def test_the_header_says_what_a_prediction_needs(header, dataset):
    assert header.base_order == "ACGT"
    assert header.layout == dataset.layout
    assert header.targets == ("target",)
    assert header.training_set == dataset.digest()
    assert header.counts == {"train": 48, "val": 8, "test": 8}
    assert set(header.metrics["test"]["target"]) == {"pearson", "spearman", "r2", "rmse", "mae"}
    assert header.training["seed"] == 1


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


def test_bytes_after_the_end_are_noticed(bundle, tmp_path):
    assert _refused(tmp_path / "m", bundle.read_bytes() + b"\0")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(bundle, tmp_path, value):
    model, header = load_bundle(bundle)
    with torch.no_grad():
        model.head.weight[0, 0] = value
    save_bundle(tmp_path / "m", model, header)
    with pytest.raises(BundleError, match="weights are NaN or not finite"):
        load_bundle(tmp_path / "m")


@pytest.mark.parametrize(
    "changes",
    [
        {"layout": {"length": 10**9}},
        {"layout": {"length": 10**6}},
        {"args": {"dense": 10**9}},
        {"args": {"filters": [4096, 4096], "dense": 4096}, "layout": {"length": 10**6}},
        {"encoder": "transformer", "args": {"features": 4096, "stride": 1}, "layout": {"length": 10**6}},
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


@pytest.mark.parametrize("name", ["missing.safetensors", ".", "x" * 300])
def test_a_missing_file_or_a_folder_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="No such file"):
        load_bundle(tmp_path / name)


def test_a_bundle_that_cannot_be_read_is_a_fault_of_the_environment(bundle, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(EnvironmentFault, match="Permission denied"):
        load_bundle(bundle)


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_permissions_of_a_bundle_follow_the_umask(bundle, tmp_path, umask):
    before = os.umask(umask)
    try:
        save_bundle(tmp_path / "m", *load_bundle(bundle))
    finally:
        os.umask(before)
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o666 & ~umask
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_failed_save_leaves_the_old_bundle_and_no_other_file(bundle, tmp_path, monkeypatch):
    (tmp_path / "m").write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EnvironmentFault, match="No space left on device; free some disk space"):
        save_bundle(tmp_path / "m", *load_bundle(bundle))
    assert (tmp_path / "m").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_building_a_network_draws_its_weights_from_the_seed_alone(header):
    torch.manual_seed(5)
    first = build(header).state_dict()
    torch.manual_seed(5)
    assert all(torch.equal(first[key], tensor) for key, tensor in build(header).state_dict().items())
    torch.manual_seed(5)
    encoder = ENCODERS[header.encoder](header.layout.length, **header.args)
    assert torch.equal(first["encoder.convolutions.0.weight"], encoder.convolutions[0].weight)


def test_a_network_too_large_for_any_machine_is_refused_by_name(header):
    huge = header.model_copy(update={"encoder": "mlp", "args": {"hidden": (4096,) * 16}})
    huge = huge.model_copy(update={"layout": type(header.layout)(300_000)})
    with pytest.raises(SeqcnnError, match=r"mlp: [\d,]+ parameters; at most 1,000,000,000"):
        build(huge)


def test_a_model_is_a_plain_torch_module(model, dataset):
    from seqcnn.data.onehot import expand

    assert isinstance(model, torch.nn.Module)
    x = expand(torch.from_numpy(np.array(dataset.rows.bases[:4])))
    assert model(x).shape == (4, 1)
