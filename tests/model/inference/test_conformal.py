"""Prediction intervals: what the bundle keeps, and that they hold what they promise."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support.fake_run import dataset as fake_dataset
from support.fake_run import make_run
from support.planted import planted, split_of

from seqcnn.cli import main
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import UsageError
from seqcnn.model.inference.conformal import calibrate, half_width, half_widths
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network.header import Calibration
from seqcnn.model.train import train
from seqcnn.report.content.coverage import calibration_sentence
from seqcnn.report.content.coverage_tables import coverage_tables
from seqcnn.report.content.summary import summary
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect


def predict(model, folder, level):
    """Predict x.fa into y.tsv through the command line."""
    arguments = ["--interval", str(level), "-o", f"{folder}/y.tsv"]
    with pytest.raises(SystemExit) as stop:
        main(["predict", f"{folder}/x.fa", "-m", str(model), *arguments])
    return stop.value.code


def test_the_half_width_is_the_error_of_the_conformal_rank():
    """Nine errors, 1 to 9: level 0.5 is rank ceil(10 * 0.5) = 5, level 0.9 is rank 9."""
    calibration = calibrate(np.arange(1.0, 10.0), np.zeros(9))
    assert [half_width(calibration, q) for q in (0.1, 0.5, 0.51, 0.9)] == [1, 5, 6, 9]


def test_a_level_that_the_rows_do_not_reach_is_refused_with_the_one_they_do():
    with pytest.raises(UsageError, match=r"--interval 0.95: .* 9 sequences; expected a level of at most 0.9"):
        half_width(calibrate(np.arange(1.0, 10.0), np.zeros(9)), 0.95)


def test_rows_without_a_measurement_do_not_count():
    assert calibrate(np.array([1.0, np.nan, -2.0]), np.zeros(3)) == Calibration(n=2, errors=(1.0, 2.0))
    assert calibrate(np.array([np.nan]), np.zeros(1)) is None


def test_of_many_errors_an_even_choice_is_kept_and_intervals_are_not_narrower():
    errors = np.arange(1.0, 12_346.0)
    calibration = calibrate(errors, np.zeros_like(errors))
    assert len(calibration.errors) == 1000
    for level in (0.001, 0.5, 0.9, 0.999):
        exact = np.ceil(12_346 * level)
        assert exact <= half_width(calibration, level) <= exact + 13


@given(
    n=st.integers(1, 300),
    level=st.sampled_from([0.5, 0.8, 0.9]),
    by_spread=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=50, deadline=None)
def test_widths_are_those_of_crepes(n, level, by_spread, seed):
    """crepes rounds down 0.1 * 10 = 0.999...: at the last rank that a level needs it gives up."""
    from crepes import ConformalRegressor

    rng = np.random.default_rng(seed)
    y, spread = rng.normal(0, 1, n), rng.uniform(0.1, 2, n) if by_spread else None
    calibration = calibrate(y, np.zeros(n), spread)
    assume(n * (1 - level) >= level and round((n + 1) * (1 - level), 6) % 1 > 0)
    sigmas = None if spread is None else calibration.scale_floor + spread
    theirs = ConformalRegressor().fit(y, sigmas).predict_int(np.zeros(n), sigmas, confidence=level)
    assert half_width(calibration, level, spread) == pytest.approx(
        theirs[:, 1] if by_spread else theirs[0, 1]
    )


def test_errors_are_divided_by_the_median_spread_and_the_spread_of_their_row():
    """Spreads 1, 2, 9 have the median 2: the errors 6, 8, 11 become 6/3, 8/4, 11/11."""
    spread = np.array([1.0, 2.0, 9.0])
    calibration = calibrate(np.array([6.0, 8.0, 11.0]), np.zeros(3), spread)
    assert calibration == Calibration(n=3, errors=(1.0, 2.0, 2.0), scale_floor=2.0)
    assert half_width(calibration, 0.75, np.array([0.0, 3.0])).tolist() == [4.0, 10.0]


def test_members_that_all_agree_give_plain_intervals():
    assert calibrate(np.array([1.0, 2.0]), np.zeros(2), np.zeros(2)) == Calibration(n=2, errors=(1.0, 2.0))


def test_a_calibration_of_errors_divided_by_sd_needs_the_sd():
    with pytest.raises(UsageError, match="need the SD of its members"):
        half_width(Calibration(n=2, errors=(1.0, 2.0), scale_floor=0.5), 0.5)


def test_many_targets_share_the_header():
    found = calibrate(np.arange(5000.0), np.zeros(5000), targets=1000)
    assert (found.n, len(found.errors)) == (5000, 40)
    assert half_width(found, 0.9) == 4624  # rank 4501, of which the next kept one is 37 * 125


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_new_rows_are_inside_as_often_as_the_level_says(level):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        errors = rng.standard_t(3, 41)
        calibration = calibrate(errors[:40], np.zeros(40))
        held.append(abs(errors[40]) <= half_width(calibration, level))
    assert np.mean(held) == pytest.approx(level, abs=0.06)


@pytest.mark.parametrize(
    "change",
    [{"n": 1}, {"scale_floor": 0.0}, {"errors": (2.0, 1.0)}, {"errors": (-1.0, 1.0)}, {"errors": ()}],
)
def test_a_calibration_that_contradicts_itself_is_refused(change):
    with pytest.raises(ValidationError):
        Calibration(**{"n": 2, "errors": (1.0, 2.0), **change})


def test_training_calibrates_on_the_validation_rows(model, dataset):
    at = dataset.part("val")
    errors = np.sort(np.abs(dataset.targets[at, 0] - model.predict_rows(dataset.rows.take(at))[:, 0]))
    assert model.header.calibration["target"].n == len(at)
    assert model.header.calibration["target"].errors == pytest.approx(errors.tolist(), rel=1e-6)


def test_an_ensemble_takes_the_mean_half_width(model):
    header = model.header
    wide = header.model_copy(update={"calibration": {"target": Calibration(n=3, errors=(10.0, 20.0, 30.0))}})
    narrow = header.model_copy(update={"calibration": {"target": Calibration(n=1, errors=(4.0,))}})
    assert half_widths([wide, narrow], 0.5, [None, None], 2).tolist() == [[12.0], [12.0]]


def test_predict_writes_the_interval_beside_the_prediction(bundle, tmp_path):
    sequences = planted(5, seed=3)[0]
    (tmp_path / "x.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(sequences)))
    with pytest.raises(SystemExit) as stop:
        main(
            ["predict", f"{tmp_path}/x.fa", "-m", str(bundle), "--interval", "0.5", "-o", f"{tmp_path}/y.tsv"]
        )
    assert stop.value.code == 0
    head, *rows = (tmp_path / "y.tsv").read_text().splitlines()
    assert head == "id\ttarget\ttarget_low\ttarget_high\tout_of_distribution"
    width = half_width(load_model(bundle).header.calibration["target"], 0.5)
    flags = [row.split("\t")[4] for row in rows]
    assert ["NA" in row.split("\t")[2:4] for row in rows] == [flag == "yes" for flag in flags]
    for row in (row for row, flag in zip(rows, flags, strict=True) if flag == "no"):
        y_hat, low, high = map(float, row.split("\t")[1:4])
        assert (y_hat - low, high - y_hat) == pytest.approx((width, width), rel=1e-4)


def test_an_interval_that_cannot_be_given_is_a_users_error_and_writes_nothing(bundle, tmp_path, capsys):
    (tmp_path / "x.fa").write_text(f">a\n{'ACGTA' * 6}\n")
    with pytest.raises(SystemExit) as stop:
        main(
            [
                "predict",
                f"{tmp_path}/x.fa",
                "-m",
                str(bundle),
                "--interval",
                "0.99",
                "-o",
                f"{tmp_path}/y.tsv",
            ]
        )
    assert stop.value.code == 2
    assert "calibrated on 8 sequences" in capsys.readouterr().err
    assert not (tmp_path / "y.tsv").exists()


def test_a_target_that_no_validation_row_measured_has_no_interval(tiny, one_thread, tmp_path):
    sequences, y = planted()
    split = split_of(len(y))
    both = np.stack([y, [np.nan if part == "val" else v for v, part in zip(y, split, strict=True)]], axis=1)
    data = dataset_from_arrays(sequences, both, split=split)
    model = train(data, tiny(epochs=1), tmp_path / "m", machine=one_thread)
    assert list(model.header.calibration) == ["target 1"]
    with pytest.raises(UsageError, match="no calibration for 'target 2' in a model"):
        half_widths([model.header], 0.5, [None], 1)


def errors_on_test(experiment):
    """Return the absolute errors of the best member on test rows, in ascending order."""
    at = experiment.measured("test", 0)
    return np.sort(np.abs(experiment.dataset.targets[at, 0] - experiment.best.y_hat[at, 0])).astype(float)


def give_errors(member, errors, **changes):
    """Calibrate a member with some errors; `changes` are of its header."""
    calibration = {"activity": Calibration(n=len(errors), errors=tuple(errors.tolist()))}
    object.__setattr__(
        member, "header", member.header.model_copy(update={"calibration": calibration, **changes})
    )


def test_the_report_shows_how_many_measurements_lie_inside(tmp_path):
    data = fake_dataset()
    experiment = collect(make_run(tmp_path / "r", data, {"cnn/seed1": 0.4}))
    give_errors(experiment.best, errors := errors_on_test(experiment))
    (table,) = coverage_tables(experiment)
    assert [column.label for column in table.columns] == [
        "Model", "50%", "80%", "90%", "95%", "90%, lowest fifth", "90%, second fifth", "90%, middle fifth",
        "90%, fourth fifth", "90%, highest fifth",
    ]  # fmt: skip
    assert len(errors) == 60
    row = [cell.value for cell in table.rows[0][1:]]
    assert row[:4] == pytest.approx([31 / 60, 49 / 60, 55 / 60, 58 / 60])
    assert np.mean(row[4:]) == pytest.approx(55 / 60)


def test_a_sequence_unlike_the_training_has_no_interval(bundle, tmp_path):
    (tmp_path / "x.fa").write_text(f">n\n{'N' * 30}\n>a\n{'A' * 30}\n")
    assert predict(bundle, tmp_path, 0.5) == 0
    rows = [row.split("\t") for row in (tmp_path / "y.tsv").read_text().splitlines()[1:]]
    assert [row[2:] for row in rows] == [["NA", "NA", "yes"]] * 2
    assert rows[0][1] == "NA"  # ambiguous sequences have no prediction
    assert np.isfinite(float(rows[1][1]))


REMEDY = (
    "do not rely on them there: use a larger validation part (they were calibrated on 60 sequences, and "
    "intervals by predicted level need more than 60), or train with loss gaussian, which predicts where "
    "the noise is large, or train on the logarithm of the measurements (--transform log2), or calibrate on "
    "all rows with seqcnn cross-validate"
)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (
            47,
            "contain 78% of the test measurements: they are too narrow, most of all with {worst}; " + REMEDY,
        ),
        (51, "contain 85% of the test measurements: as intended on average; the lowest coverage is {worst}"),
        (57, "contain 95% of the test measurements: as intended on average; the lowest coverage is {worst}"),
        (58, "contain 97% of the test measurements: they are too wide; the lowest coverage is {worst}"),
    ],
)
def test_the_sentence_on_coverage_names_the_fifth_where_it_is_lowest(held, said, tmp_path):
    experiment = collect(make_run(tmp_path / "r", fake_dataset(), {"cnn/seed1": 0.4}))
    give_errors(experiment.best, np.full(60, errors_on_test(experiment)[held - 1]))
    (table,) = coverage_tables(experiment)
    assert table.rows[0][3].value == held / 60
    shares = [cell.value for cell in table.rows[0][5:]]
    fifth = table.columns[5 + int(np.argmin(shares))].label.removeprefix("90%, ")
    worst = f"{100 * min(shares):.0f}% in the {fifth} of the predictions (n = 12)"
    assert table.notes == (f"The 90% prediction intervals of cnn, seed 1 {said.format(worst=worst)}.",)
    first_screen = dict(summary(experiment))["Can the score be trusted?"]
    assert (table.notes[0] in first_screen) == (held == 47)


def test_intervals_that_miss_the_measurements_of_one_fifth_are_not_called_as_intended(tmp_path):
    """All errors are 0 but those of the highest fifth: seven of its twelve measurements are far outside."""
    experiment = collect(make_run(tmp_path / "r", fake_dataset(), {"cnn/seed1": 0.4}))
    rows, best = experiment.measured("test", 0), experiment.best
    best.y_hat[rows, 0] = experiment.dataset.targets[rows, 0]
    best.y_hat[rows[np.argsort(best.y_hat[rows, 0])[-7:]], 0] += 100
    give_errors(best, np.linspace(0.1, 1, 60))
    (table,) = coverage_tables(experiment)
    assert [cell.text for cell in table.rows[0][5:]] == ["100%"] * 4 + ["42%"]
    (sentence,) = table.notes
    assert sentence == (
        "The 90% prediction intervals of cnn, seed 1 contain 88% of the test measurements, but only 42% in "
        f"the highest fifth of the predictions (n = 12), where they are too narrow; {REMEDY}."
    )
    assert sentence in dict(summary(experiment))["Can the score be trusted?"]


def test_intervals_that_miss_the_highest_measurements_are_not_called_as_intended(tmp_path):
    """Seven of the twelve highest measurements are predicted anywhere, and no prediction is too high."""
    experiment = collect(make_run(tmp_path / "r", fake_dataset(), {"cnn/seed1": 0.4}))
    rows, best = experiment.measured("test", 0), experiment.best
    y = experiment.dataset.targets[:, 0]
    order = rows[np.argsort(y[rows])]
    best.y_hat[order, 0] = y[order]
    best.y_hat[order[-7:], 0] = np.quantile(y[order], [0.1, 0.15, 0.3, 0.5, 0.55, 0.7, 0.75])
    y[order[-7:]] += 100
    give_errors(best, np.linspace(0.1, 1, 60))
    (sentence,) = coverage_tables(experiment)[0].notes
    assert sentence == (
        "The 90% prediction intervals of cnn, seed 1 contain 88% of the test measurements, but only 42% in "
        f"the highest fifth of the measurements (n = 12), where they are too narrow; {REMEDY}."
    )


def test_a_baseline_is_not_advised_to_train_with_another_loss(tmp_path):
    experiment = collect(make_run(tmp_path / "r", fake_dataset(), {"cnn/seed1": 0.4}))
    give_errors(experiment.best, np.full(60, errors_on_test(experiment)[46]))
    assert "loss gaussian" in coverage_tables(experiment)[0].notes[0]
    object.__setattr__(experiment.best, "name", "fit")
    (note,) = coverage_tables(experiment)[0].notes
    assert "they are too narrow" in note
    assert "loss gaussian" not in note


def test_the_report_says_which_rows_calibrated_the_intervals(tmp_path):
    experiment = collect(make_run(tmp_path / "r", fake_dataset(), {"cnn/seed1": 0.4}))
    assert calibration_sentence(experiment) is None
    give_errors(experiment.best, np.ones(60), calibrated_on="calibration", split_sizes={"calibration": 60})
    text = "were calibrated on 60 validation rows that chose neither the epoch nor the model."
    text = f"Those of cnn, seed 1 {text}"
    assert calibration_sentence(experiment) == text
    assert text in render(experiment)


def test_without_enough_rows_for_the_level_or_for_the_test_nothing_is_said_of_intervals(tmp_path):
    experiment = collect(make_run(tmp_path / "r", fake_dataset(), {"cnn/seed1": 0.4}))
    before = summary(experiment)
    give_errors(experiment.best, np.zeros(8))  # enough for 80%
    assert coverage_tables(experiment)[0].notes == ()
    few = collect(make_run(tmp_path / "few", fake_dataset(n=76), {"cnn/seed1": 0.4}))
    give_errors(few.best, np.zeros(19))
    assert coverage_tables(few)[0].notes == ()
    assert summary(experiment) == before
