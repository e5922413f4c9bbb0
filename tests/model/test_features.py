"""Models of features: from a file of embeddings to predictions, and the commands that refuse them."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.command_line import cli

import seqcnn
from seqcnn.config.model import ModelConfig, Pretrained, Teacher
from seqcnn.data.dataset import load_dataset
from seqcnn.errors import BundleError, ConfigError, TableError
from seqcnn.evaluation.controls import controls
from seqcnn.evaluation.cross_validate import cross_validate
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.metrics import pearson
from seqcnn.model.train import train, train_once
from seqcnn.model.training.timing import training_seconds
from seqcnn.model.transfer.transfer_config import transfer_config
from seqcnn.sequence.onehot import unpack


@pytest.fixture(scope="module")
def embedded(dataset):
    """The oligos with features that hold the measurement: 2 positions of 3 features."""
    noise = np.random.default_rng(0).normal(0, 0.1, (len(dataset), 2, 3)).astype(np.float32)
    noise[:, 1, 2] += dataset.targets[:, 0]
    return replace(dataset, rows=replace(dataset.rows, features=noise))


@pytest.fixture(scope="module")
def config(tiny):
    """A small head."""
    return tiny("features", {"hidden": 8}, epochs=60, lr=0.02)


@pytest.fixture(scope="module")
def trained(embedded, config, one_thread, tmp_path_factory):
    """The bundle of a head on the features."""
    path = tmp_path_factory.mktemp("features") / "m.safetensors"
    train(embedded, config, path, machine=one_thread)
    return path


@pytest.fixture(scope="module")
def files(embedded, tmp_path_factory):
    """Folder with the oligos (s.fa), their features (f.npz) and their measurements (t.tsv)."""
    folder = tmp_path_factory.mktemp("files")
    np.savez(folder / "f.npz", **dict(zip(embedded.ids, embedded.rows.features, strict=True)))
    pairs = list(zip(embedded.ids, embedded.rows.inserts(), strict=True))
    (folder / "s.fa").write_text("".join(f">{name}\n{unpack(bases)}\n" for name, bases in pairs))
    rows = zip(embedded.ids, embedded.targets[:, 0], embedded.split, strict=True)
    lines = [f"{name}\t{y}\t{part}\n" for name, y, part in rows]
    (folder / "t.tsv").write_text("".join(["id\ttarget\tpart\n", *lines]))
    return folder


def test_a_head_learns_from_features_and_not_from_the_sequence(embedded, trained):
    model, test = load_model(trained), embedded.part("test")
    rows = embedded.rows.take(test)
    assert pearson(embedded.targets[test, 0], model.predict_rows(rows)[:, 0]) > 0.9
    other = replace(rows, bases=rows.bases[::-1].copy())
    assert np.array_equal(model.predict_rows(other), model.predict_rows(rows))
    assert model.header.feature_shape == (2, 3)
    assert model.header.args == {"dim": 3, "hidden": 8, "dropout": 0.2}


def test_features_that_compress_like_a_bomb_are_stored_as_they_are(dataset, tmp_path):
    sparse = np.zeros((len(dataset), 1, 20_000), np.float32)
    replace(dataset, rows=replace(dataset.rows, features=sparse)).save(tmp_path / "d.h5")
    assert load_dataset(tmp_path / "d.h5").rows.features.shape == sparse.shape


def test_a_dataset_keeps_its_features_and_its_digest_depends_on_them(embedded, dataset, tmp_path):
    embedded.save(tmp_path / "d.h5")
    loaded = load_dataset(tmp_path / "d.h5")
    assert np.array_equal(loaded.rows.features, embedded.rows.features)
    assert loaded.digest() == embedded.digest() != dataset.digest()
    taken = loaded.take(np.array([5, 3])).rows.features
    assert np.array_equal(taken, embedded.rows.features[[5, 3]])
    dataset.save(tmp_path / "plain.h5")
    assert load_dataset(tmp_path / "plain.h5").rows.features is None


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_dataset_whose_features_are_no_numbers_is_refused(embedded, tmp_path, value):
    features = embedded.rows.features.copy()
    features[3, 1, 2] = value
    replace(embedded, rows=replace(embedded.rows, features=features)).save(tmp_path / "d.h5")
    with pytest.raises(TableError, match=r"d\.h5: not a seqcnn dataset, or damaged"):
        load_dataset(tmp_path / "d.h5")


def test_prepare_and_predict_read_the_features_by_id(files, trained, tmp_path, capsys):
    inputs = [files / "s.fa", files / "t.tsv", "--target", "target", "--split", "part"]
    assert cli("prepare", *inputs, "--features", files / "f.npz", "-o", tmp_path / "d.h5") == 0
    dataset = load_dataset(tmp_path / "d.h5")
    assert dataset.rows.features.shape == (64, 2, 3)
    assert "f.npz" in dataset.provenance["inputs"]
    tables = []
    for name, options in (
        ("a.tsv", [files / "s.fa", "--features", files / "f.npz"]),
        ("b.tsv", [tmp_path / "d.h5"]),
    ):
        assert cli("predict", *options, "-m", trained, "-o", tmp_path / name) == 0
        with (tmp_path / name).open(newline="") as file:
            tables.append(list(csv.DictReader(file, delimiter="\t")))
    assert len(tables[0]) == 64
    assert tables[0] == tables[1]
    assert cli("info", trained) == 0
    assert "features: 2 positions of 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["{s}", "-m", "{m}"], "a model of features (encoder features), which cannot be computed from seq"),
        (["{s}", "-m", "{b}", "--features", "{f}"], "f.npz: the model takes sequences; remove the option"),
        (["{d}", "-m", "{m}", "--features", "{f}"], "--features belongs to a file of sequences; this is a d"),
        (["{d}", "-m", "{m}"], "a model of features (encoder features), which cannot be computed"),
        (
            ["{s}", "-m", "{m}", "--features", "{g}"],
            "features: (1, 3) found; the model was trained on (2, 3)",
        ),
    ],
)
def test_predict_refuses_features_that_are_missing_unused_or_of_another_shape(
    options, message, files, trained, bundle, dataset, tmp_path, capsys
):
    dataset.save(tmp_path / "d.h5")
    np.savez(tmp_path / "g.npz", **{name: np.zeros(3) for name in dataset.ids})
    names = {"s": files / "s.fa", "f": files / "f.npz", "g": tmp_path / "g.npz", "d": tmp_path / "d.h5"}
    given = [option.format(**names, m=trained, b=bundle) for option in options]
    assert cli("predict", *given, "-o", tmp_path / "o.tsv") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "o.tsv").exists()


@pytest.mark.parametrize(
    "command",
    [
        ["attribute", "{s}", "-o", "o.h5"],
        ["saturate", "{s}", "-o", "o.tsv"],
        ["dependencies", "{s}", "-o", "o.tsv"],
        ["marginalize", "{s}", "--motif", "ACGT", "-o", "o.tsv"],
        ["motifs", "{s}", "-o", "o"],
        ["design", "--start", "{s}", "-o", "o"],
        ["scan", "{s}", "-o", "o"],
        ["export", "-o", "o.onnx"],
    ],
    ids=lambda command: command[0],
)
def test_commands_that_change_or_explain_a_sequence_refuse_the_model_by_name(
    command, files, trained, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    name, *options = [part.format(s=files / "s.fa") for part in command]
    model = [str(trained)] if name == "export" else ["-m", str(trained)]
    assert cli(name, *model, *options) == 2
    assert "m.safetensors: a model of features (encoder features), which" in capsys.readouterr().err
    assert list(tmp_path.glob("o*")) == []


@pytest.mark.parametrize(
    "method", ["predict", "predict_array", "saturate", "attribute", "out_of_distribution"]
)
def test_methods_of_a_model_refuse_sequences_and_one_hot_arrays(trained, method):
    model = seqcnn.load_model(trained)
    with pytest.raises(BundleError, match="a model of features"):
        getattr(model, method)(["ACGTC" * 6] * 2)
    with pytest.raises(BundleError, match="a model of features"):
        model(torch.zeros(2, 4, 30))


def test_a_dataset_without_features_and_training_that_changes_sequences_are_refused(
    dataset, embedded, config, tiny, one_thread, tmp_path
):
    with pytest.raises(
        ConfigError, match="encoder features: the dataset has no features; expected a dataset"
    ):
        train(dataset, config, tmp_path / "m", machine=one_thread)
    changes = ({"strand": "double"}, {"max_shift": 1}, {"mutation_rate": 0.1}, {"augmentation": {}})
    for change in changes:
        with pytest.raises(ConfigError, match="features are those of the sequence as given; expected strand"):
            train(embedded, tiny("features", **change), tmp_path / "m", machine=one_thread)
    with pytest.raises(ConfigError, match="encoder features: dim 4 found; the dataset has 3 features"):
        train(embedded, tiny("features", {"dim": 4}), tmp_path / "m", machine=one_thread)


def test_features_neither_teach_nor_learn_from_a_teacher(
    embedded, config, tiny, trained, bundle, one_thread, tmp_path
):
    teacher = {"teacher": Teacher(model="cnn")}
    with pytest.raises(
        BundleError, match=r"m.safetensors: a model of features; expected a teacher that takes"
    ):
        train(
            embedded,
            tiny().model_copy(update=teacher),
            tmp_path / "m",
            machine=one_thread,
            teachers=[trained],
        )
    train(embedded, tiny(epochs=1), tmp_path / "cnn", machine=one_thread)
    student = config.model_copy(update=teacher)
    with pytest.raises(ConfigError, match="encoder features: has no teacher; remove `teacher`"):
        train(embedded, student, tmp_path / "m", machine=one_thread, teachers=[tmp_path / "cnn"])


def test_a_network_of_sequences_ignores_features(embedded, bundle, tiny, one_thread, tmp_path):
    model = train(embedded, tiny(), tmp_path / "m", machine=one_thread)
    assert np.array_equal(model.predict_rows(embedded.rows), load_model(bundle).predict_rows(embedded.rows))


def test_heads_have_ensembles_transfer_folds_and_controls(
    embedded, config, trained, one_thread, tmp_path, monkeypatch
):
    short = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 2})})
    train(embedded, short, tmp_path / "2", seed=2, machine=one_thread)
    joined = ensemble(embedded, [trained, tmp_path / "2"], tmp_path / "e")
    assert joined.predict_members(embedded.rows).members.shape == (2, 64, 1)
    start = transfer_config(Pretrained(model=trained, freeze="encoder"), epochs=1)
    assert (
        train(embedded, start, tmp_path / "t", machine=one_thread).header.sources[0].name == "m.safetensors"
    )
    scores = cross_validate(embedded, short, tmp_path / "cv", folds=3, machine=one_thread)
    assert scores["scores"]["target"]["n"] == 64
    by_control = controls(embedded, tmp_path / "2", tmp_path / "c.json", machine=one_thread)["controls"]
    assert by_control["shuffled_bases"]["target"]["pearson"]["value"] is None
    assert training_seconds(embedded, short, one_thread) > 0
    monkeypatch.setattr("seqcnn.model.train.train", None)
    assert train_once(embedded, short, tmp_path / "2", seed=2, machine=one_thread).header.feature_shape == (
        2,
        3,
    )


def test_a_configuration_of_features_is_known_by_name():
    from seqcnn.config.recipes import known_models, named_config, network_configs

    assert named_config("features") == ModelConfig(encoder="features", args={"hidden": 64, "dropout": 0.2})
    assert "features" in known_models()
    assert "features" not in network_configs()
