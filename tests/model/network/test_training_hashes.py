"""Hashes by which a bundle recognises its training sequences."""

import json

import numpy as np
import pytest
import safetensors.torch
import torch

from seqcnn.errors import BundleError
from seqcnn.model.network import training_hashes as module
from seqcnn.model.network.bundle import HASHES, load_bundle
from seqcnn.model.network.training_hashes import are_training_rows, training_hashes
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

SEQUENCES = [pack(letters) for letters in ("ACGTA", "ACGT", "AAAA", "ACGTA")]


def rows(sequences):
    return Layout(6).rows(sequences)


def test_rows_of_the_training_are_recognised_whatever_their_order():
    hashes = training_hashes(rows(SEQUENCES))
    assert len(hashes) == 3
    assert (np.diff(hashes) > 0).all()
    others = [pack("AAAAA"), *SEQUENCES[::-1], pack("TACGT")]
    known = are_training_rows(rows(others), hashes, double=False)
    assert known.tolist() == [False, True, True, True, True, False]
    known = are_training_rows(rows(others), hashes, double=True)  # TACGT is ACGTA on the other strand
    assert known.tolist() == [False, True, True, True, True, True]
    assert reverse_complement(SEQUENCES[0]) == others[-1]


def test_hashes_take_8_bytes_a_sequence_and_do_not_depend_on_blocks(monkeypatch):
    whole = training_hashes(rows(SEQUENCES))
    assert whole.nbytes == 24
    monkeypatch.setattr(module, "_BLOCK", 1)
    assert np.array_equal(training_hashes(rows(SEQUENCES)), whole)
    monkeypatch.setattr(module, "MAX_HASHED", 3)
    assert training_hashes(rows(SEQUENCES)) is None


def test_a_bundle_holds_the_hashes_of_its_training_rows(bundle, dataset):
    network, _ = load_bundle(bundle)
    train = dataset.rows.take(dataset.part("train"))
    assert np.array_equal(network.profile.hashes, training_hashes(train))


@pytest.mark.parametrize("damaged", [torch.zeros(3), torch.zeros(2, 2, dtype=torch.int64)])
def test_hashes_of_another_type_or_shape_are_refused(bundle, tmp_path, damaged):
    with safetensors.safe_open(bundle, "pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    safetensors.torch.save_file(tensors | {HASHES: damaged}, tmp_path / "m.safetensors", metadata)
    with pytest.raises(BundleError, match="hashes of the training sequences are damaged"):
        load_bundle(tmp_path / "m.safetensors")


def test_a_bundle_without_hashes_is_read(bundle, tmp_path):
    from seqcnn.model.network.bundle import save_bundle

    network, header = load_bundle(bundle)
    network.profile.hashes = None
    save_bundle(tmp_path / "m.safetensors", network, header)
    assert load_bundle(tmp_path / "m.safetensors")[0].profile.hashes is None
    assert json.loads(header.model_dump_json()) == json.loads(load_bundle(bundle)[1].model_dump_json())
