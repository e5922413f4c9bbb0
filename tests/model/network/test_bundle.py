import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from support.paths import ROOT

from seqcnn.encoders import ENCODERS
from seqcnn.errors import BundleError, EnvironmentFault, SeqcnnError, UsageError
from seqcnn.model.network.bundle import build, load_bundle, read_header, save_bundle


@pytest.fixture
def header(bundle):
    return read_header(bundle)


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


def test_a_bundle_older_than_an_argument_has_the_value_of_that_time(header):
    older = header.model_copy(update={"encoder": "cnn", "args": {"filters": [4, 4]}})
    newer = header.model_copy(update={"encoder": "cnn", "args": {"filters": [4, 4], "pooling": "mean"}})
    pools = [type(build(h).encoder.blocks[1].pool).__name__ for h in (older, newer)]
    assert pools == ["MaxPool", "MeanPool"]


def test_a_bundle_tells_the_threads_of_its_training(header):
    assert header.threads == 1


def test_a_bundle_of_the_previous_format_is_refused_with_the_new_names_and_the_remedy():
    tests = next(path for path in Path(__file__).parents if path.name == "tests")
    message = (
        "model_1.safetensors: bundle format '1' found; expected format 2; keys calibration.floor, counts, "
        "noise, novelty, shortest, training_set are now calibration.scale_floor, split_sizes, "
        "predicts_noise, ood, min_length, training_sha256; weights encoder.convolutions, encoder.words, "
        "encoder.blocks.*.look, encoder.blocks.*.think, profile.surprise are now encoder.blocks, "
        "encoder.stem, encoder.blocks.*.attention, encoder.blocks.*.mlp, profile.surprisal; "
        "train the model again"
    )
    for read in (load_bundle, read_header):
        with pytest.raises(BundleError, match=re.escape(message)):
            read(tests / "old_formats" / "model_1.safetensors")


def test_the_same_model_gives_the_same_bytes(bundle, tmp_path):
    save_bundle(tmp_path / "again.safetensors", *load_bundle(bundle))
    assert (tmp_path / "again.safetensors").read_bytes() == bundle.read_bytes()


def test_a_fresh_process_predicts_the_same_numbers(bundle, model):
    code = "import sys, seqcnn; model = seqcnn.load_model(sys.argv[1])\n"
    code += "print(model.predict_array(sys.argv[2:]).tobytes().hex())"
    sequences = ["ACGTA" * 6, "TGACTCA".ljust(30, "A"), "N" * 30]
    run = subprocess.run(
        [sys.executable, "-c", code, bundle, *sequences], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == model.predict_array(sequences).tobytes().hex()


def test_the_header_says_what_a_prediction_needs(header, dataset):
    assert header.base_order == "ACGT"
    assert header.layout == dataset.layout
    assert header.targets == ("target",)
    assert header.training_sha256 == dataset.digest()
    assert header.split_sizes == {"train": 48, "val": 8, "test": 8}
    assert set(header.metrics["test"]["target"]) == {"pearson", "spearman", "r2", "rmse", "mae"}
    assert header.training["seed"] == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(bundle, tmp_path, value):
    model, header = load_bundle(bundle)
    with torch.no_grad():
        model.head.weight[0, 0] = value
    save_bundle(tmp_path / "m", model, header)
    with pytest.raises(BundleError, match="weights are NaN or not finite"):
        load_bundle(tmp_path / "m")


def test_a_folder_names_its_best_bundle_and_is_not_searched_as_a_whole(bundle, tmp_path):
    for folder in ("run/cnn/seed1", "a/b/c/d/e"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "model.safetensors").write_bytes(bundle.read_bytes())
    with pytest.raises(UsageError, match=r"best .* in it is .*run/cnn/seed1/model\.safetensors$"):
        load_bundle(tmp_path)
    with pytest.raises(UsageError, match=r"expected a model bundle$"):
        load_bundle(tmp_path / "a")


@pytest.mark.parametrize("name", ["missing.safetensors", ".", "x" * 300])
def test_a_missing_file_or_a_folder_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"No such file|is a folder; expected a model bundle"):
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
    assert all(torch.equal(first[f"encoder.{key}"], tensor) for key, tensor in encoder.state_dict().items())


def test_a_network_too_large_for_any_machine_is_refused_by_name(header):
    huge = header.model_copy(update={"encoder": "mlp", "args": {"hidden": (4096,) * 16}})
    huge = huge.model_copy(update={"layout": type(header.layout)(300_000)})
    with pytest.raises(SeqcnnError, match=r"mlp: [\d,]+ parameters; at most 1,000,000,000"):
        build(huge)


def test_a_model_is_a_plain_torch_module(model, dataset):
    from seqcnn.sequence.onehot import expand

    assert isinstance(model, torch.nn.Module)
    x = expand(torch.from_numpy(np.array(dataset.rows.bases[:4])))
    assert model(x).shape == (4, 1)


def test_a_header_of_any_length_is_read_back(bundle, tmp_path):
    """32 lengths, 8 bytes apart: the file's first byte takes each value that it can, that of a pickle too."""
    model, header = load_bundle(bundle)
    first = set()
    for extra in range(0, 256, 8):
        changed = header.model_copy(update={"split": "x" * extra})
        save_bundle(tmp_path / "m", model, changed)
        first.add((tmp_path / "m").read_bytes()[0])
        assert load_bundle(tmp_path / "m")[1] == changed
    assert len(first) == 32
    assert 0x80 in first
