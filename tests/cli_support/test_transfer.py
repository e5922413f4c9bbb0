"""The options of a transfer, in `train`, `fit` and Python."""

import pytest
from support.command_line import cli

import seqcnn
from seqcnn.api import training
from seqcnn.cli_support.fit import FitOptions, plan_of
from seqcnn.errors import ConfigError, UsageError
from seqcnn.model.inference.trained_model import load_model

TINY = {"filters": [8, 4], "kernel_sizes": [7, 3], "hidden": 8}


def test_train_takes_architecture_and_training_from_the_bundle(bundle, dataset, tmp_path, capsys):
    dataset.save(tmp_path / "d.h5")
    command = [
        "train",
        tmp_path / "d.h5",
        "--from",
        bundle,
        "--freeze",
        "stem",
        "--threads",
        1,
        "--epochs",
        1,
    ]
    assert cli(*command, "-o", tmp_path / "m") == 0
    header = load_model(tmp_path / "m").header
    assert {name: list(value) if name != "hidden" else value for name, value in header.args.items()
            if name in TINY} == TINY  # fmt: skip
    assert (header.training["epochs"], header.training["batch_size"]) == (1, 16)
    assert header.training["lr"] == 0.01
    assert header.sources[0].freeze == "stem"
    assert cli("info", tmp_path / "m") == 0
    assert "started from: model.safetensors" in capsys.readouterr().out


@pytest.mark.parametrize("option", [("--freeze", "stem"), ("--from-dataset", "d.h5")])
@pytest.mark.parametrize("command", [("train", "d.h5"), ("fit", "a.tsv")])
def test_options_of_a_transfer_without_its_bundle_are_refused(command, option, tmp_path, capsys):
    assert cli(*command, *option, "-o", tmp_path / "o") == 2
    text = f"{option[0]}: needs --from, the bundle whose weights are taken"
    assert text in capsys.readouterr().err


def test_fit_starts_all_networks_and_no_baseline_from_the_bundle(bundle):
    plan = plan_of(FitOptions(preset="fast", from_model=bundle, freeze="encoder", epochs=2))
    (config,) = plan.networks.values()
    assert list(plan.networks) == ["cnn"]
    assert (config.pretrained.model, config.pretrained.freeze) == (bundle, "encoder")
    assert (config.training.epochs, config.training.lr) == (2, 0.01)
    assert list(plan.baselines) == ["mean", "gc", "ridge"]


def test_fit_refuses_a_network_of_another_architecture_and_a_transfer_without_networks(bundle):
    with pytest.raises(ConfigError, match=r"encoder 'rnn' found; .* is a cnn, and a model has the arch"):
        plan_of(FitOptions(configs="rnn", from_model=bundle))
    with pytest.raises(ConfigError, match=r"configs: no network found; .* is the source of networks"):
        plan_of(FitOptions(configs="ridge", from_model=bundle))
    with pytest.raises(UsageError, match="preset best: searches for an architecture, and"):
        plan_of(FitOptions(preset="best", from_model=bundle))


@pytest.fixture
def planned(monkeypatch):
    """Return the plans that `seqcnn.fit` would train."""
    plans = []
    monkeypatch.setattr(training, "train_models", lambda dataset, plan, *_, **__: plans.append(plan))
    monkeypatch.setattr(training, "best_model", lambda plan, models: None)
    monkeypatch.setattr(training.Model, "of", lambda model: type("M", (), {})())
    return plans


def test_python_starts_from_a_bundle(bundle, dataset, planned):
    sequences = [
        "ACGTTGCATGCCTAGCATTGACCATGACAT",
        *("ACGTACGATCGATTACGATCGATCAGCTAG"[n:] + "A" * n for n in range(29)),
    ]
    split = ["train"] * 20 + ["val"] * 5 + ["test"] * 5
    seqcnn.fit(sequences, range(30), split=split, seed=3, from_model=bundle, freeze="stem", lr=0.5)
    (config,) = planned[0].networks.values()
    assert (config.pretrained.model, config.pretrained.freeze) == (bundle, "stem")
    assert (planned[0].seeds, config.training.lr) == ((3,), 0.5)


def test_python_refuses_another_encoder_and_options_without_a_bundle(bundle):
    with pytest.raises(ConfigError, match=r"encoder: 'rnn' found; .*model.safetensors is a cnn"):
        seqcnn.fit(["ACGT"], [1], encoder="rnn", from_model=bundle)
    with pytest.raises(UsageError, match="freeze: needs from_model, the bundle whose weights are taken"):
        seqcnn.fit(["ACGT"], [1], freeze="stem")
