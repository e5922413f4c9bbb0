"""A model of transformed targets: which files and methods are on which scale."""

import json

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

import seqcnn
from seqcnn.api.model import Model
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import load_dataset
from seqcnn.data.prepare import prepare_file
from seqcnn.errors import BundleError, ConfigError, TableError
from seqcnn.evaluation.evaluate import evaluate_file
from seqcnn.model.ensemble import ensemble
from seqcnn.model.predict import TableOptions, predict_file
from seqcnn.model.train import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny, one_thread):
    """Return a folder with a dataset of log2 values of counts, and two models of it."""
    folder = tmp_path_factory.mktemp("transformed")
    sequences, y = planted(300)
    counts = np.round(np.exp2(np.array(y) + 3))
    rows = (f"s{i}\t{s}\t{v:.0f}\n" for i, (s, v) in enumerate(zip(sequences, counts, strict=True)))
    (folder / "t.tsv").write_text("id\tsequence\ty\n" + "".join(rows))
    inputs = Inputs(folder / "t.tsv", folder / "t.tsv")
    plan = DataPlan(targets=("y",), units={"y": "reads"}, transform="log2")
    dataset = prepare_file(inputs, plan, folder / "d.h5")
    for seed in (1, 2):
        train(dataset, tiny(epochs=2), folder / f"{seed}.safetensors", seed=seed, machine=one_thread)
    paths = [folder / "1.safetensors", folder / "2.safetensors"]
    ensemble(dataset, paths, folder / "both.safetensors")
    return folder


def table(folder, sequences, **options):
    path = folder / "p.tsv"
    models = [folder / "both.safetensors"]
    predict_file(folder / sequences, models, path, options=TableOptions(**options), overwrite=True)
    return pd.read_table(path, index_col="id")


def test_the_dataset_and_the_bundle_name_the_scale(folder):
    model = seqcnn.load_model(folder / "both.safetensors")
    assert model.header.units == ("log2(reads + 1)",)
    assert model.header.transforms["y"].pseudocount == 1


def test_only_predictions_of_a_dataset_are_on_the_transformed_scale(
    folder,
):
    original, scaled = table(folder, "t.tsv", interval=0.8), table(folder, "d.h5", interval=0.8)
    original = original.loc[scaled.index]
    assert scaled.columns[:4].tolist() == [f"log2(y + 1){end}" for end in ("", "_sd", "_low", "_high")]
    for ending in ("", "_low", "_high"):
        expected = np.maximum(np.exp2(scaled[f"log2(y + 1){ending}"]) - 1, 0)
        np.testing.assert_allclose(original[f"y{ending}"], expected, rtol=1e-4, atol=1e-5)
    mean, sd = scaled["log2(y + 1)"], scaled["log2(y + 1)_sd"]
    ends = [np.maximum(np.exp2(mean + sign * sd) - 1, 0) for sign in (1, -1)]
    np.testing.assert_allclose(original["y_sd"], (ends[0] - ends[1]) / 2, rtol=1e-3, atol=1e-4)


def test_the_methods_of_a_model_are_on_the_scales_of_the_commands(folder):
    model = seqcnn.load_model(folder / "both.safetensors")
    rows = pd.read_table(folder / "t.tsv")
    predicted = model.predict(rows, interval=0.8)
    expected = table(folder, "t.tsv", interval=0.8)
    np.testing.assert_allclose(predicted["y_low"], expected["y_low"], rtol=1e-5)
    np.testing.assert_allclose(predicted["y"], model.predict_array(rows["sequence"])[:, 0], rtol=1e-5)
    scaled = model.predict(folder / "d.h5")["log2(y + 1)"]
    np.testing.assert_allclose(scaled, table(folder, "d.h5")["log2(y + 1)"], rtol=1e-5)
    scores = model.evaluate(rows, "y")["value"]
    r = np.corrcoef(np.log2(rows["y"] + 1), np.log2(predicted["y"] + 1))[0, 1]
    assert scores["y", "pearson"] == pytest.approx(r, abs=1e-4)
    with pytest.raises(
        TableError, match="evaluate: 'y': -1 found; the model's log2 needs values of 0 or more"
    ):
        model.evaluate(rows.assign(y=-1.0), "y")


def test_evaluate_names_the_scale_of_its_scores(folder, caplog):
    caplog.set_level("INFO", logger="seqcnn")
    table(folder, "d.h5")
    evaluate_file(load_dataset(folder / "d.h5"), folder / "p.tsv", folder / "m.json", overwrite=True)
    assert "scores are on the transformed scale: 'log2(reads + 1)'" in caplog.messages
    assert "predictions of a dataset are on the scale of the training: 'log2(reads + 1)'" in caplog.messages


def test_predictions_of_either_scale_have_the_same_scores(folder, caplog):
    caplog.set_level("INFO", logger="seqcnn")
    dataset, r = load_dataset(folder / "d.h5"), []
    for sequences in ("t.tsv", "d.h5"):
        table(folder, sequences)
        evaluate_file(dataset, folder / "p.tsv", folder / "m.json", overwrite=True)
        scores = json.loads((folder / "m.json").read_text())["parts"]["test"]["y"]
        r.append([scores[name]["value"] for name in ("pearson", "r2", "rmse")])
    np.testing.assert_allclose(r[0], r[1], rtol=1e-4)
    changes = [text for text in caplog.messages if "predictions on the original scale" in text]
    assert [text.partition(": ")[2] for text in changes] == [
        "predictions on the original scale are transformed to 'log2(y + 1)'"
    ]


def test_an_export_predicts_on_the_original_scale_too(folder):
    pytest.importorskip("onnxruntime")
    seqcnn.load_model(folder / "1.safetensors").export(folder / "1.onnx", overwrite=True)
    for suffix in ("safetensors", "onnx"):
        predict_file(folder / "t.tsv", [folder / f"1.{suffix}"], folder / f"{suffix}.tsv")
    found, expected = (pd.read_table(folder / f"{suffix}.tsv")["y"] for suffix in ("onnx", "safetensors"))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_models_of_other_scales_are_not_joined(folder, bundle):
    first, second = (seqcnn.load_model(folder / "1.safetensors") for _ in range(2))
    changed = first.header.transforms["y"].model_copy(update={"pseudocount": 2.0})
    second = Model(second.regressor, second.header.model_copy(update={"transforms": {"y": changed}}))
    second.save(folder / "other.safetensors", overwrite=True)
    paths = [folder / "1.safetensors", folder / "other.safetensors"]
    message = r"transforms: 'log2\(y \+ 2\)' found; expected 'log2\(y \+ 1\)'"
    with pytest.raises(BundleError, match=f"different {message}"):
        predict_file(folder / "t.tsv", paths, folder / "x.tsv")
    with pytest.raises(BundleError, match=f"the models differ in their {message}"):
        ensemble(load_dataset(folder / "d.h5"), paths, folder / "x.safetensors")


def test_weights_by_the_sd_of_untransformed_values_are_refused(folder, tmp_path):
    lines = (folder / "t.tsv").read_text().splitlines()
    (tmp_path / "t.tsv").write_text(
        "\n".join([f"{lines[0]}\tsd", *(f"{line}\t1" for line in lines[1:])]) + "\n"
    )
    plan = DataPlan(targets=("y",), weight="sd", weight_by="sd", transform="log2")
    with pytest.raises(ConfigError, match="weight_by: sd given, and transform log2"):
        prepare_file(Inputs(tmp_path / "t.tsv", tmp_path / "t.tsv"), plan, tmp_path / "d.h5")
