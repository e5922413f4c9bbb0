"""Baselines as bundles: the numbers of scikit-learn, intervals, and commands that need a network."""

import random

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingRegressor

import seqcnn
from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import BundleError, UsageError
from seqcnn.model.baseline import FITS, fit_baseline
from seqcnn.model.ensemble import ensemble
from seqcnn.model.info import describe_bundle
from seqcnn.model.network.bundle import load_bundle, read_header, save_bundle
from seqcnn.model.network.kmer_baseline import feature_count, features
from seqcnn.model.predict import TableOptions, predict_file


@pytest.fixture(scope="module")
def data():
    """300 random oligos of 40 bp with two targets that depend on their composition."""
    draw = random.Random(0)
    sequences = ["".join(draw.choices("ACGT", k=40)) for _ in range(300)]
    g = [s.count("G") + draw.gauss(0, 0.5) for s in sequences]
    ta = [s.count("TA") ** 2 + draw.gauss(0, 1) for s in sequences]
    split = ["train", "train", "val", "test"] * 75
    return dataset_from_arrays(sequences, pd.DataFrame({"g": g, "ta": ta}), split=split)


@pytest.fixture(scope="module")
def bundles(data, tmp_path_factory):
    """Baseline -> its bundle."""
    folder = tmp_path_factory.mktemp("baselines")
    for name in FITS:
        fit_baseline(data, ModelConfig(baseline=name, args={}), folder / f"{name}.safetensors", threads=1)
    return {name: folder / f"{name}.safetensors" for name in FITS}


@pytest.mark.parametrize("name", FITS)
def test_a_bundle_predicts_what_the_fit_predicted(name, data, bundles, tmp_path):
    fitted = fit_baseline(data, ModelConfig(baseline=name), tmp_path / "p.tsv", threads=1)
    model = seqcnn.load_model(bundles[name])
    assert np.array_equal(model.predict_rows(data.rows), fitted.predict_rows(data.rows))
    table = pd.read_table(tmp_path / "p.tsv")
    np.testing.assert_allclose(table[["g", "ta"]], fitted.predict_rows(data.rows), rtol=1e-6)


def test_trees_predict_what_scikit_learn_predicts(data, bundles):
    x, train, val = features("boosting", data.rows, 4), data.part("train"), data.part("selection")
    model = seqcnn.load_model(bundles["boosting"])
    for t in range(2):
        theirs = HistGradientBoostingRegressor(
            max_iter=500, learning_rate=0.05, early_stopping=True, n_iter_no_change=20, random_state=0
        )
        y = data.targets[:, t]
        weights = np.ones(len(data), np.float32)
        theirs.fit(x[train], y[train], sample_weight=weights[train], X_val=x[val], y_val=y[val],
                   sample_weight_val=weights[val])  # fmt: skip
        difference = np.abs(model.network.evaluate(x)[:, t] - theirs.predict(x)).max()
        assert difference <= 1e-6 * np.abs(y).max()
    assert model.header.args["trees"] > 10


@pytest.mark.parametrize("name", FITS)
def test_a_baseline_has_scores_intervals_and_flags(name, data, bundles):
    model = seqcnn.load_model(bundles[name])
    assert model.header.calibrated_on == "calibration"
    assert set(model.header.metrics) == {"val", "test"}
    table = model.predict(["A" * 40, "ACGT" * 10], interval=0.8)
    assert list(table)[:3] == ["g", "g_low", "g_high"]
    assert table["out_of_distribution"].tolist()[0]


def test_predict_opens_a_baseline(data, bundles, tmp_path):
    (tmp_path / "x.fa").write_text(">a\n" + "ACGT" * 10 + "\n")
    predict_file(
        tmp_path / "x.fa", [bundles["ridge"]], tmp_path / "p.tsv", options=TableOptions(interval=0.8)
    )
    expected = seqcnn.load_model(bundles["ridge"]).predict(["ACGT" * 10], interval=0.8)
    np.testing.assert_allclose(pd.read_table(tmp_path / "p.tsv")["g_low"], expected["g_low"], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda model, path: model.attribute(["ACGT" * 10], method="deepshap"), "ridge"),
        (lambda model, path: model.attribute(["ACGT" * 10], method="integrated-gradients"), "boosting"),
        (lambda model, path: model.motifs(["ACGT" * 10] * 20), "ridge"),
        (lambda model, path: model.export(path / "m.onnx"), "boosting"),
        (lambda model, path: model(torch.zeros(1, 4, 40)), "gc"),
        (lambda model, path: model.predict(np.zeros((1, 4, 40))), "mean"),
    ],
)
def test_what_needs_a_network_refuses_a_baseline_by_name(call, name, bundles, tmp_path):
    if name == "boosting":
        pytest.importorskip("onnx")
    with pytest.raises(UsageError, match=f"the baseline {name} found; expected a network"):
        call(seqcnn.load_model(bundles[name]), tmp_path)


def test_an_ensemble_of_baselines_is_refused(data, bundles, tmp_path):
    with pytest.raises(UsageError, match="the baseline ridge found; expected a network"):
        ensemble(data, [bundles["ridge"], bundles["gc"]], tmp_path / "e.safetensors")


def test_effects_of_mutations_need_no_network(bundles):
    model, sequence = seqcnn.load_model(bundles["ridge"]), "ACGT" * 10
    table = model.saturate([sequence], target="g")
    mutant = table[(table["position"] == 1) & (table["alt"] == "G")]
    difference = model.predict_array(["G" + sequence[1:]])[0, 0] - model.predict_array([sequence])[0, 0]
    assert mutant["effect"].tolist() == pytest.approx([difference], abs=1e-5)


def test_bases_of_one_kmer_depend_on_each_other(bundles):
    model, sequence = seqcnn.load_model(bundles["ridge"]), "ACGT" * 10
    table = model.dependencies([sequence], positions=(11, 20), target="g").set_index(
        ["position_1", "position_2"]
    )
    assert abs(table.loc[(11, 12), "epistasis"]) > 1e-3
    assert abs(table.loc[(11, 20), "epistasis"]) < 1e-5


def test_the_number_of_features_is_that_of_the_columns(data):
    assert [feature_count(name, 3) for name in FITS] == [1, 1, 84, 84]
    assert [features(name, data.rows, 3).shape[1] for name in FITS] == [1, 1, 84, 84]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ridge", "ridge, 682 coefficients, {'k': 4}"),
        ("boosting", "boosting, up to "),
        ("gc", "gc, 4 coefficients"),
    ],
)
def test_info_describes_a_baseline(name, text, bundles):
    assert text in describe_bundle(bundles[name])


@pytest.mark.parametrize(("buffer", "value"), [("feature", 340), ("left", 61), ("right", -1)])
def test_a_tree_with_an_index_out_of_range_is_refused(buffer, value, bundles, tmp_path):
    network, header = load_bundle(bundles["boosting"])
    network.get_buffer(buffer)[0, 0, 0] = value
    save_bundle(tmp_path / "m", network, header)
    with pytest.raises(BundleError, match="index of a tree outside 0 to"):
        load_bundle(tmp_path / "m")


@pytest.mark.parametrize(("left", "right"), [(0, 1), (1, 0), (0, 0)])
def test_a_tree_that_leads_in_a_circle_is_refused(left, right, bundles, tmp_path):
    network, header = load_bundle(bundles["boosting"])
    network.left[0, 0, 1], network.right[0, 0, 1] = left, right
    save_bundle(tmp_path / "m", network, header)
    with pytest.raises(BundleError, match="a tree leads to an earlier node"):
        load_bundle(tmp_path / "m")


@pytest.mark.parametrize(
    ("name", "buffer"), [("ridge", "coefficients"), ("mean", "intercept"), ("boosting", "value")]
)
def test_numbers_that_no_fit_has_are_refused(name, buffer, bundles, tmp_path):
    network, header = load_bundle(bundles[name])
    network.get_buffer(buffer).view(-1)[0] = -6e31
    save_bundle(tmp_path / "m", network, header)
    with pytest.raises(BundleError, match=rf"{buffer} beyond 5e\+31"):
        load_bundle(tmp_path / "m")


@pytest.mark.parametrize(
    ("field", "value"), [("link", "log"), ("predicts_noise", True), ("strand", "double"), ("members", 5)]
)
def test_a_baseline_with_what_only_networks_have_is_refused(field, value, bundles, tmp_path):
    network, header = load_bundle(bundles["ridge"])
    save_bundle(tmp_path / "m", network, header.model_copy(update={field: value}))
    with pytest.raises(BundleError, match=f"{field}: {value} found; the baseline ridge has"):
        read_header(tmp_path / "m")


@pytest.mark.parametrize(("field", "value"), [("trees", 1001), ("nodes", 256)])
def test_trees_that_take_too_much_work_are_refused(field, value, bundles, tmp_path):
    network, header = load_bundle(bundles["boosting"])
    save_bundle(tmp_path / "m", network, header.model_copy(update={"args": {**header.args, field: value}}))
    with pytest.raises(BundleError, match=f"{field}: '{value}' found; Input should be less"):
        load_bundle(tmp_path / "m")
