"""Commands that take data, as functions of Python: what they return, and that they call the stations."""

import logging

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

import seqcnn
from benchmarks.validation.imports.files import small_model
from seqcnn.data.audit import format_audit
from seqcnn.errors import ConfigError, SeqcnnError, UsageError
from seqcnn.interpret.seqlets import call_seqlets

SEQUENCES, Y = planted(64)


@pytest.fixture
def path(dataset, tmp_path):
    """Return the file of the dataset."""
    dataset.save(tmp_path / "dataset.h5")
    return tmp_path / "dataset.h5"


def test_a_check_lists_what_is_read_and_what_limits_models():
    report = seqcnn.check(SEQUENCES, Y)
    assert report.summary[0] == "64 sequences of 30 bp, window 30 bp"
    assert any("training rows: with so few" in line for line in report.warnings)
    assert not any("--" in line for line in [*report.summary, *report.warnings])
    assert repr(report).splitlines()[-1] == f"no fault found, {len(report.warnings)} warnings"


def test_an_audit_is_the_text_of_the_command_and_a_table_of_test_rows(path, dataset):
    report = seqcnn.audit(path)
    assert repr(report) == format_audit(dataset)
    assert report.table.index.tolist() == [dataset.ids[i] for i in dataset.part("test")]
    identity = dataset.max_train_identity[dataset.part("test")]
    np.testing.assert_array_equal(report.table["max_train_identity"], identity)
    assert report.table["nearest"].notna().tolist() == (identity >= 0.8).tolist()


def test_a_cross_validation_returns_scores_folds_and_predictions(path, tmp_path):
    result = seqcnn.cross_validate(path, config="ridge", folds=3, output=tmp_path / "ridge")
    assert result.scores.loc[("target", "pearson"), "n"] == len(result.predictions)
    assert result.by_fold.index.tolist() == [("target", 1), ("target", 2), ("target", 3)]
    assert result.by_fold["n"].sum() == len(result.predictions)
    assert (result.model, result.verdict in repr(result)) == (None, True)
    again = seqcnn.cross_validate(path, config="ridge", folds=3)
    pd.testing.assert_frame_equal(again.predictions, result.predictions)
    with pytest.raises(UsageError, match=r"out_of_fold.tsv: file exists; .*overwrite"):
        seqcnn.cross_validate(path, config="ridge", folds=3, output=tmp_path / "ridge")


def test_a_learning_curve_has_a_row_per_number_of_training_rows(tiny, tmp_path):
    sequences, y = planted(300)
    (tmp_path / "tiny.yaml").write_text(tiny(epochs=1).model_dump_json(exclude_none=True))
    curve = seqcnn.learning_curve(sequences, y, str(tmp_path / "tiny.yaml"), threads=1, device="cpu")
    assert len(curve.points) == 3
    assert curve.points.columns.tolist() == ["epochs", "pearson", "low", "high"]
    assert "target: would more data help? Not known" in repr(curve)


def test_a_search_returns_a_configuration_that_fit_takes(path, tiny, tmp_path):
    (tmp_path / "tiny.yaml").write_text(tiny(epochs=1).model_dump_json(exclude_none=True))
    keys = {"trials": 1, "epochs": 1, "threads": 1, "device": "cpu"}
    best = seqcnn.tune(path, configs=[str(tmp_path / "tiny.yaml")], **keys)
    assert (len(best.trials), best.config.encoder, best.text in repr(best)) == (1, "cnn", True)
    best.save(tmp_path / "best.yaml")
    model = seqcnn.fit(SEQUENCES, Y, configs=[str(tmp_path / "best.yaml")], seed=1, device="cpu")
    assert model.header.encoder == "cnn"
    with pytest.raises(UsageError, match="file exists; use overwrite=True"):
        best.save(tmp_path / "best.yaml")


def test_an_imported_model_is_returned_and_kept_as_a_bundle_if_one_is_named(tmp_path):
    small_model(tmp_path / "m.h5")
    model = seqcnn.import_model(tmp_path / "m.h5", "y", units={"y": "log2"})
    assert (model.targets, model.header.units, model.path) == (["y"], ("log2",), None)
    kept = seqcnn.import_model(tmp_path / "m.h5", ["y"], output=tmp_path / "m.safetensors")
    pd.testing.assert_frame_equal(kept.predict(SEQUENCES), model.predict(SEQUENCES))
    assert kept.path == tmp_path / "m.safetensors"
    with pytest.raises(UsageError, match=r"m.safetensors: file exists"):
        seqcnn.import_model(tmp_path / "m.h5", "y", output=tmp_path / "m.safetensors")


FUNCTIONS = [seqcnn.check, seqcnn.audit, seqcnn.cross_validate, seqcnn.learning_curve, seqcnn.tune]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_of_data_refuse_unknown_and_superfluous_keywords(function, path):
    with pytest.raises(ConfigError, match=f"{function.__name__}: unknown key 'grop'; did you mean 'group'"):
        function(SEQUENCES, Y, grop="a")
    with pytest.raises(UsageError, match=f"{function.__name__}: group: .* is a dataset"):
        function(path, group="a")
    with pytest.raises(UsageError, match=r"targets: .* is a dataset"):
        function(path, Y)
    with pytest.raises(SeqcnnError, match=f"{function.__name__}: align: 'x' found; expected 'left'"):
        function(SEQUENCES, Y, align="x")


def test_seqlets_of_a_model_are_those_of_its_attributions(model):
    expected = call_seqlets(model.attribute(SEQUENCES, seed=2), fdr=0.5)
    pd.testing.assert_frame_equal(model.seqlets(SEQUENCES, fdr=0.5, seed=2), expected)
    with pytest.raises(UsageError, match="method: 'zz' found"):
        model.seqlets(SEQUENCES, method="zz")


def test_warnings_of_the_data_are_logged_once_by_a_check(caplog):
    caplog.set_level(logging.WARNING, logger="seqcnn")
    report = seqcnn.check(SEQUENCES, Y)
    assert len(caplog.messages) <= len(report.warnings)
