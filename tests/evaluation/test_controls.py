"""What is left of the score when the signal is taken away."""

import json

import numpy as np
import pytest
from support.planted import planted

from seqcnn.cli import main
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import BundleError
from seqcnn.evaluation.controls import controls, shuffle_targets
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.train import train


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, tiny, one_thread):
    """1,000 oligos of which every other one has the motif, and a network that has learnt it."""
    folder = tmp_path_factory.mktemp("learnt")
    sequences, y = planted(1000)
    data = dataset_from_arrays(sequences, y)
    train(data, tiny(epochs=12), folder / "cnn/seed1/model.safetensors", machine=one_thread)
    return data, folder / "cnn/seed1/model.safetensors"


@pytest.fixture(scope="module")
def found(learnt, one_thread, tmp_path_factory):
    output = tmp_path_factory.mktemp("controls") / "controls.json"
    controls(*learnt, output, machine=one_thread)
    assert [path.name for path in output.parent.iterdir()] == ["controls.json"]
    return json.loads(output.read_text())


def pearson(found, control):
    return found["controls"][control]["target"]["pearson"]


def test_a_network_of_shuffled_measurements_scores_0_within_its_interval(found):
    score = pearson(found, "shuffled_targets")
    assert score["low"] < 0 < score["high"]
    assert found["controls"]["shuffled_targets"]["target"]["n"] == 100


def test_a_motif_is_lost_when_bases_or_dinucleotides_are_shuffled(found, learnt):
    whole = load_model(learnt[1]).header.metrics["test"]["target"]["pearson"]
    assert whole > 0.9
    assert pearson(found, "shuffled_bases")["value"] < 0.5
    assert pearson(found, "shuffled_dinucleotides")["value"] < 0.6


def test_the_model_is_named(found):
    assert (found["model"], found["member"]) == ("cnn", "seed1")
    assert list(found["controls"]) == ["shuffled_targets", "shuffled_bases", "shuffled_dinucleotides"]


def test_measurements_stay_in_their_part_and_with_their_weight():
    sequences, _ = planted(60)
    data = dataset_from_arrays(sequences, np.arange(60.0), split=(["train"] * 4 + ["val", "test"]) * 10)
    data.weights[:] = np.arange(60)
    found = shuffle_targets(data, 1)
    assert (found.targets[:, 0] == found.weights).all()
    assert (found.targets != data.targets).any()
    for part in ("train", "val", "test"):
        at = data.part(part)
        assert sorted(found.targets[at, 0]) == sorted(data.targets[at, 0])


def test_a_model_of_other_data_is_refused(learnt, one_thread, tmp_path):
    other = dataset_from_arrays(*planted(60, seed=9))
    with pytest.raises(BundleError, match="was not trained on the training rows of this dataset"):
        controls(other, learnt[1], tmp_path / "c.json", machine=one_thread)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_the_same_numbers_and_names_the_control(learnt, found, tmp_path, capsys):
    data, model = learnt
    data.save(tmp_path / "d.h5")
    arguments = ["--model", str(model), "--threads", "1", "--device", "cpu", "-o", f"{tmp_path}/c.json"]
    with pytest.raises(SystemExit) as stop:
        main(["controls", f"{tmp_path}/d.h5", *arguments])
    assert stop.value.code == 0
    assert json.loads((tmp_path / "c.json").read_text()) == found
    assert "training control with shuffled measurements: cnn, seed 1 (" in capsys.readouterr().err
