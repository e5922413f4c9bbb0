"""What `predict` says of a bundle, whether it was named or not."""

import numpy as np
import pytest
from support.command_line import cli

from seqcnn.model.inference.conformal import calibrate
from seqcnn.model.inference.coverage import coverage_of_fifths, narrow_fifth
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.network.bundle import save_bundle
from seqcnn.model.network.cautions import cautions, few_members, narrow_intervals, target_weakness, weakness
from seqcnn.model.network.header import FifthsCoverage


def header_of(model, r, members=1):
    """Return the header of a model with another validation score and number of networks."""
    metrics = {"val": {"target": {"pearson": r}}}
    return model.header.model_copy(update={"metrics": metrics, "members": members})


@pytest.mark.parametrize(
    ("r", "text"),
    [
        (0.2, "the model hardly predicts its own validation rows (Pearson r 0.20); see the report"),
        (0.21, ""),
        (None, "the model hardly predicts its own validation rows (r is not defined); see the report"),
    ],
)
def test_a_low_validation_score_is_said(r, text, model):
    assert weakness(header_of(model, r)) == text


def test_of_several_targets_the_mean_is_said_and_each_has_a_caution_of_its_own(model):
    metrics = {"val": {"a": {"pearson": 0.3}, "b": {"pearson": 0.05}}}
    header = model.header.model_copy(update={"metrics": metrics})
    low = "the model hardly predicts its own validation rows"
    assert weakness(header) == f"{low} (mean Pearson r of 2 targets 0.17); see the report"
    assert target_weakness(header, "a") == ""
    assert target_weakness(header, "b") == f"target 'b': {low} (Pearson r 0.05); see the report"


def test_a_single_target_has_no_caution_beside_that_of_the_model(model):
    assert target_weakness(header_of(model, 0.05), "target") == ""


def test_a_header_without_scores_says_nothing(model):
    assert weakness(model.header.model_copy(update={"metrics": {}})) == ""


@pytest.mark.parametrize(("members", "error"), [(2, "71%"), (3, "50%"), (4, "41%")])
def test_an_sd_of_few_networks_is_called_uncertain(members, error):
    assert few_members(members) == (
        f"each SD is over {members} models, and itself uncertain by about {error}; 5 seeds or more make it "
        "more precise"
    )


@pytest.mark.parametrize("members", [1, 5, 9])
def test_one_network_has_no_sd_and_five_are_enough(members):
    assert few_members(members) == ""


def test_several_bundles_count_their_networks_together_and_repeat_nothing(model):
    header = header_of(model, 0.1)
    assert list(cautions([header, header])) == [weakness(header), few_members(2)]
    assert list(cautions([header_of(model, 0.9, 5)])) == []


def test_predict_says_it_of_a_bundle_that_was_named(model, tmp_path, capsys):
    bundle = tmp_path / "weak.safetensors"
    save_bundle(bundle, model.network, header_of(model, 0.1))
    (tmp_path / "x.fa").write_text(f">a\n{'ACGTA' * 6}\n")
    assert cli("predict", tmp_path / "x.fa", "-m", bundle, "-o", tmp_path / "y.tsv") == 0
    assert "warning: the model hardly predicts its own validation rows" in capsys.readouterr().err


def test_the_coverage_of_fifths_is_the_share_of_the_test_rows_inside():
    y_hat = np.arange(50.0)
    y = y_hat + np.where(y_hat < 40, 1.0, 5.0)  # the highest fifth is missed
    y[:10] = np.nan
    errors = calibrate(np.full(100, 2.0), np.zeros(100))
    predictions = Predictions(y_hat[None, :, None].astype(np.float32))
    ((name, coverage),) = coverage_of_fifths({"y": y}, predictions, {"y": errors}).items()
    assert (name, coverage.n) == ("y", 40)
    assert coverage.by_fifth == (1.0, 1.0, 1.0, 0.75, 0.0)
    assert narrow_fifth(coverage) == ("highest fifth", 0.0, 8)
    assert coverage_of_fifths({"y": y[:29]}, predictions, {"y": errors}) == {}  # 19 measured rows
    assert coverage_of_fifths({"y": y}, predictions, {}) == {}


@pytest.mark.parametrize("by_fifth", [(0.9,) * 5, (0.86, 0.9, 0.9, 0.9, 0.85), (1.0, 1.0, 1.0, 1.0, 0.8)])
def test_coverage_near_nominal_or_low_by_chance_is_not_said(by_fifth):
    assert narrow_fifth(FifthsCoverage(n=100, by_fifth=by_fifth)) is None


def test_predict_says_where_intervals_are_too_narrow_if_it_writes_them(model):
    coverage = FifthsCoverage(n=1000, by_fifth=(0.9, 0.9, 0.9, 0.9, 0.75))
    y_hat = np.arange(61.0)
    changes = {"coverage": {"target": coverage}, "calibration": {"target": calibrate(y_hat + 1, y_hat)}}
    header = header_of(model, 0.9).model_copy(update=changes)
    (text,) = narrow_intervals(header)
    assert text == (
        "'target': 90% intervals contained only 75% of the test measurements in the highest fifth of the "
        "predictions (n = 200), where they are too narrow; --interval-by level calibrates each level on its "
        "own rows"
    )
    assert list(cautions([header], interval=True)) == [text]
    assert list(cautions([header])) == []
    (other,) = narrow_intervals(header.model_copy(update={"calibration": {}}))
    assert other.endswith("where they are too narrow; calibrate on all rows with seqcnn cross-validate")
