"""Prediction intervals by predicted level."""

import numpy as np
import pytest
from pydantic import ValidationError
from support.command_line import cli
from support.fake_run import dataset, make_run

from seqcnn.errors import UsageError
from seqcnn.model.inference.conformal import calibrate, half_width, half_width_by_level, half_widths
from seqcnn.model.network.header import Calibration
from seqcnn.report.content.coverage_tables import coverage_tables
from seqcnn.report.run.collect import collect


def levels(n):
    """Return the calibration of n rows, predicted 0, 1, ..., whose error is the number of their 30."""
    y_hat = np.arange(float(n))
    return calibrate(y_hat + 1 + np.arange(n) // 30, y_hat)


def test_levels_have_30_rows_or_more_and_there_are_at_most_five():
    assert [part.n for part in levels(151).by_level] == [30, 30, 30, 30, 31]
    assert len(levels(1000).by_level) == 5
    assert [part.n for part in levels(61).by_level] == [30, 31]
    assert levels(60).by_level == ()
    assert levels(60).edges == ()


def test_the_half_width_is_that_of_the_predicted_level():
    calibration = levels(151)
    assert half_width(calibration, 0.5) == 3
    assert half_width_by_level(calibration, 0.5, np.array([-9.0, 0, 35, 200, 125])).tolist() == [
        1,
        1,
        2,
        5,
        5,
    ]
    edge = calibration.edges[0]
    assert half_width_by_level(calibration, 0.5, np.array([edge - 1e-9, edge])).tolist() == [1, 2]


def test_the_sd_of_a_row_scales_its_half_width_in_its_level():
    y_hat = np.arange(61.0)
    sd = np.full(61, 2.0)
    calibration = calibrate(y_hat + np.where(y_hat < 30, 4.0, 8.0), y_hat, sd)  # divided by 2 + 2
    widths = half_width_by_level(calibration, 0.5, np.array([0.0, 60.0]), np.array([2.0, 0.0]))
    assert widths.tolist() == [1 * 4.0, 2 * 2.0]


def test_equal_predictions_have_no_levels():
    assert calibrate(np.arange(300.0), np.zeros(300)).by_level == ()


def test_many_targets_share_a_header_that_has_no_room_for_levels():
    y_hat = np.arange(300.0)
    assert len(calibrate(y_hat + 1, y_hat, targets=20).by_level) == 5
    assert calibrate(y_hat + 1, y_hat, targets=21).by_level == ()


def test_each_level_keeps_at_most_a_fifth_of_the_errors():
    y_hat = np.arange(9000.0)
    calibration = calibrate(y_hat + np.random.default_rng(0).normal(size=9000), y_hat)
    assert (len(calibration.errors), {len(part.errors) for part in calibration.by_level}) == (1000, {200})


def test_intervals_cover_every_level_where_the_noise_grows_with_the_prediction():
    rng = np.random.default_rng(0)
    y_hat = rng.uniform(0, 1, 8000)
    y = y_hat + rng.normal(size=8000) * (0.1 + y_hat)
    calibration = calibrate(y[:4000], y_hat[:4000])
    error, new = np.abs(y - y_hat)[4000:], y_hat[4000:]
    top = new > 0.8
    assert (error <= half_width(calibration, 0.9))[top].mean() < 0.8
    by_level = error <= half_width_by_level(calibration, 0.9, new)
    for low in np.arange(0, 1, 0.2):
        assert by_level[(new > low) & (new <= low + 0.2)].mean() == pytest.approx(0.9, abs=0.035)


def test_without_levels_they_are_refused_with_what_is_expected():
    message = r"--interval-by level: the model was calibrated on 9 sequences, and not by predicted level; "
    with pytest.raises(UsageError, match=message + "expected more than 60 with different predictions"):
        half_width_by_level(calibrate(np.arange(9.0), np.zeros(9)), 0.5, np.zeros(1))


def test_a_level_with_too_few_rows_for_the_coverage_is_refused():
    with pytest.raises(UsageError, match=r"--interval 0.99: the model was calibrated on 30 sequences"):
        half_width_by_level(levels(151), 0.99, np.zeros(1))


@pytest.mark.parametrize(
    "change",
    [
        {"edges": ()}, {"by_level": ()}, {"edges": (2.0, 1.0, 3.0, 4.0)}, {"edges": (1.0, 1.0, 2.0, 3.0)},
        {"by_level": (levels(61),) * 5},
    ],
)  # fmt: skip
def test_damaged_levels_are_refused(change):
    values = levels(151).model_dump() | change
    with pytest.raises(ValidationError):
        Calibration.model_validate(values)


def test_levels_stay_in_the_header_of_a_bundle():
    calibration = levels(151)
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration


def test_several_models_have_the_mean_of_their_half_widths(model):
    first = model.header.model_copy(update={"calibration": {"target": levels(151)}})
    y_hat = [np.array([[0.0], [130.0]]), np.array([[130.0], [130.0]])]
    widths = half_widths([first, first], 0.5, [None, None], 2, by_level=y_hat)
    assert widths.tolist() == [[3.0], [5.0]]


def test_predict_refuses_levels_that_a_bundle_does_not_have(bundle, tmp_path, capsys):
    (tmp_path / "x.fa").write_text(f">a\n{'ACGTA' * 6}\n")
    arguments = ("predict", tmp_path / "x.fa", "-m", bundle, "--interval-by", "level")
    assert cli(*arguments) == 2
    assert "--interval-by level: expected --interval too" in capsys.readouterr().err
    assert cli(*arguments, "--interval", "0.5", "-o", tmp_path / "y.tsv") == 2
    assert "calibrated on 8 sequences, and not by predicted level" in capsys.readouterr().err
    assert not (tmp_path / "y.tsv").exists()


def test_the_report_offers_intervals_by_level_where_they_cover_more(tmp_path):
    run = collect(make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4}))
    rows, best = run.measured("test", 0), run.best
    y = run.dataset.targets[rows, 0].astype(float)
    order = np.argsort(y)
    best.y_hat[rows[order], 0] = np.arange(60.0)
    y[order] = np.arange(60.0)
    y[order[-12:]] += 5.7  # the highest fifth of the predictions is too low
    run.dataset.targets[rows, 0] = y
    held = np.arange(151.0) * 60 / 151
    calibration = calibrate(held + np.where(held >= 48, 6, 1) * np.linspace(0.1, 1, 151), held)
    header = best.header.model_copy(update={"calibration": {"activity": calibration}})
    object.__setattr__(best, "header", header)
    (table,) = coverage_tables(run)
    assert [row[0].text for row in table.rows] == ["cnn, seed 1", "cnn, seed 1, by predicted level"]
    assert [row[-1].text for row in table.rows] == ["0%", "100%"]
    assert (
        "do not rely on them there: use intervals by predicted level (seqcnn predict --interval 0.9 "
        "--interval-by level), which contain 100% there, or train with"
    ) in table.notes[0]
