"""The first screen of the report: short sentences for a reader without statistics."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.fake_run import dataset, fake_controls, fake_curve, make_run
from support.networks import untrained

from seqcnn.evaluation.score import Score
from seqcnn.report.content.comparison import comparison_tables, difference
from seqcnn.report.content.improvement import levers
from seqcnn.report.content.score_cards import scale_positions, score_cards
from seqcnn.report.content.score_text import r_squared_interval, scale_note
from seqcnn.report.content.summary import conclusion, summary
from seqcnn.report.run.collect import collect

MEMBERS = {"cnn/seed1": 0.4, "ridge/fit": 0.9}


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "r", dataset(), MEMBERS, extras=False)


def answer(run, heading):
    """Return the sentences below one heading."""
    return dict(summary(collect(run)))[heading]


def rewrite(run, r, ceiling=None, *, member="cnn/seed1"):
    """Write another r, 0.1 to either side, and another ceiling into the metrics of a model, the best one."""
    path = run / member / "metrics.json"
    metrics = json.loads(path.read_text())
    found = metrics["parts"]["test"]["activity"]
    found["pearson"] = {"value": r, "low": r - 0.1, "high": r + 0.1}
    found["r2"] = {"value": r**2, "low": None, "high": None}
    found["ceiling"] = ceiling and {"replicate_r": 0.5, "reliability": ceiling**2, "attainable_r": ceiling}
    path.write_text(json.dumps(metrics))


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Score(0.9, 0.8, 1.0, 9), "81% (64% to 100%)"),
        (Score(0.5, -0.5, 0.6, 9), "25% (0% to 36%)"),
        (Score(-0.5, -0.6, -0.4, 9), "0% (0% to 0%)"),
        (Score(0.5, None, None, 2), "25%"),
        (Score(None, None, None, 9), "–"),
    ],
)
def test_what_a_correlation_explains_is_its_square_in_percent(score, text):
    assert r_squared_interval(score) == text


def test_the_headings_are_questions_of_a_reader(run):
    headings = [
        "What was measured",
        "How good are the predictions?",
        "Can the score be trusted?",
        "How far is the noise ceiling?",
    ]
    headings += ["Is deep learning better than the baselines?"]
    assert [heading for heading, _ in summary(collect(run))] == headings
    (run / "learning_curve.json").write_text(json.dumps(fake_curve(["activity"])))
    assert [heading for heading, _ in summary(collect(run))] == [*headings, "Would more data help?"]
    assert answer(run, "Would more data help?")[0].startswith(
        "Yes: twice the training data (3,200 sequences)"
    )


def test_the_best_model_is_said_with_what_it_explains_and_how_it_was_chosen(run):
    rewrite(run, 0.8)
    assert answer(run, "How good are the predictions?") == [
        "On the test set, cnn, seed 1 explains 64% (49% to 81%) of the variance of activity. "
        "This is r², the square of Pearson r, with its 95% interval.",
        "It was selected among 2 scored fits by its validation score, not by its test score.",
    ]


def test_a_wrong_scale_is_named_wherever_a_share_of_the_variance_is(run):
    rewrite(run, 0.5, ceiling=0.8)
    path = run / "cnn/seed1/metrics.json"
    metrics = json.loads(path.read_text())
    metrics["parts"]["test"]["activity"]["r2"] = {"value": 0.01, "low": -0.1, "high": 0.1}
    path.write_text(json.dumps(metrics))
    note = "(the ranking is informative, the scale is not: R² is 0.01)"
    assert answer(run, "How good are the predictions?")[0].startswith(
        f"On the test set, cnn, seed 1 explains 25% (16% to 36%) of the variance of activity {note}."
    )
    assert answer(run, "How far is the noise ceiling?")[0].endswith(f"explains 39% of that {note}.")
    assert (
        f"cnn, seed 1 explains 25% {note}, " in answer(run, "Is deep learning better than the baselines?")[0]
    )
    (table,) = comparison_tables(collect(run))
    assert table.notes[0] == f"cnn, seed 1 {note}."
    (lever,) = (x for x in levers(collect(run), 0) if x.name == "Less noisy measurements")
    assert lever.evidence.endswith(f"of what can be explained {note}.")


@pytest.mark.parametrize(
    ("r", "r2", "note"),
    [
        (Score(0.5, 0.4, 0.6, 60), 0.15, ""),  # r² - R² = 0.1
        (Score(0.5, 0.4, 0.6, 60), 0.14, " (the scale is less informative than the ranking: R² is 0.14)"),
        (Score(0.5, 0.4, 0.6, 60), 0.09, " (the ranking is informative, the scale is not: R² is 0.09)"),
        (Score(0.5, -0.1, 0.7, 60), -1.0, " (the scale is not informative: R² is −1.00)"),
        (Score(None, None, None, 60), -1.0, ""),
        (Score(0.5, 0.4, 0.6, 60), None, ""),
    ],
)
def test_a_scale_is_wrong_if_r2_is_more_than_a_tenth_below_the_square_of_r(r, r2, note):
    assert scale_note(r, Score(r2, None, None, 60)) == note


def test_few_test_rows_have_no_correlation_and_a_remedy(tmp_path):
    run = make_run(tmp_path / "few", dataset(16), MEMBERS, extras=False)  # 4 test rows
    few = "not defined (4 rows, at least 5 are expected: seqcnn cross-validate scores all rows)"
    assert answer(run, "How good are the predictions?")[0] == f"activity: Pearson r is {few}."
    assert answer(run, "Is deep learning better than the baselines?") == [f"Not known: r is {few}."]
    assert difference(collect(run), 0, *collect(run).members).value is None


def test_a_score_that_may_be_chance_is_called_so(run):
    rewrite(run, 0.05)
    assert (
        answer(run, "How good are the predictions?")[1]
        == "activity: the interval of r includes 0, so the score may be due to chance."
    )


def test_a_control_whose_interval_reaches_high_values_does_not_show_much(run):
    controls = fake_controls(["activity"])
    controls["controls"]["shuffled_targets"]["activity"]["pearson"] = {"value": 0.1, "low": -0.2, "high": 0.4}
    (run / "controls.json").write_text(json.dumps(controls))
    assert (
        "A model trained on shuffled measurements does not clearly predict them, but r up to 0.40 is not "
        "excluded (activity)."
    ) in answer(run, "Can the score be trusted?")


def test_of_a_leaky_split_the_clean_part_is_said_too(run):
    score = collect(run).best.score("clean", "activity", "pearson")
    leaky, clean, rows = answer(run, "Can the score be trusted?")
    assert leaky.startswith("This split is leaky: 30 of 60 test sequences (50%)")
    share = r_squared_interval(score)
    text = "On test sequences that share nothing with training sequences, the best model explains"
    assert clean == f"{text} {share} for activity."
    assert rows.startswith("120 training, 60 validation and 60 test sequences. Split: ")


@pytest.mark.parametrize(
    ("r", "said"),
    [
        (0.01, "A model trained on shuffled measurements does not predict them, as expected."),
        (None, "A model trained on shuffled measurements does not predict them, as expected."),
        (
            -0.4,
            "The control with shuffled measurements shows nothing: r is below 0 (activity), where an",
        ),
        (
            0.07,
            "A model trained on shuffled measurements predicts them slightly (activity): see",
        ),
        (
            0.5,
            "Do NOT trust the scores: a model trained on shuffled measurements predicts them (activ",
        ),
    ],
)
def test_the_control_with_shuffled_measurements_is_on_the_first_screen(r, said, run):
    (run / "controls.json").write_text(json.dumps(fake_controls(["activity"], targets_r=r)))
    assert answer(run, "Can the score be trusted?")[2].startswith(said)


def test_a_control_without_an_interval_says_nothing(run):
    content = fake_controls(["activity"])
    content["controls"]["shuffled_targets"]["activity"]["pearson"] |= {"low": None, "high": None}
    (run / "controls.json").write_text(json.dumps(content))
    assert len(answer(run, "Can the score be trusted?")) == 3


@pytest.mark.parametrize(
    ("r", "said"),
    [
        (0.4, "; 64% can be explained. The best model explains 25% of that."),
        (0.75, "; 64% can be explained. The interval of the best model includes this noise ceiling."),
        (0.95, "; 64% can be explained. The best model exceeds this: check for similar sequences"),
    ],
)
def test_the_distance_to_the_noise_is_said(r, said, run):
    rewrite(run, r, 0.8)
    (text,) = answer(run, "How far is the noise ceiling?")
    assert text.startswith("36% of the variance is measurement noise, estimated from replicates" + said)


def test_too_few_rows_for_a_ceiling_are_said(tmp_path):
    data = dataset(100)  # 25 test rows
    run = make_run(tmp_path / "few", data, MEMBERS, extras=False)
    assert answer(run, "How far is the noise ceiling?") == [
        "Not known: two replicates share 25 rows; at least 30 are expected, among the test rows."
    ]


def test_a_ceiling_of_some_of_the_test_rows_says_so(tmp_path):
    data = dataset()
    data.replicates[data.part("test")[:10]] = np.nan
    run = make_run(tmp_path / "some", data, MEMBERS, extras=False)
    (text,) = answer(run, "How far is the noise ceiling?")
    assert " estimated from replicates of 50 of the 60 test rows; " in text


def test_without_replicates_the_noise_is_not_known(run):
    rewrite(run, 0.4)
    assert answer(run, "How far is the noise ceiling?")[0].startswith(
        "Not known: the dataset has no replicates"
    )


def test_the_card_says_which_rows_chose_the_comparator(tmp_path):
    deep = make_run(tmp_path / "deep", dataset(), {"cnn/seed1": 0.1, "ridge/fit": 0.4}, extras=False)
    plain = make_run(tmp_path / "plain", dataset(), {"cnn/seed1": 0.4, "ridge/fit": 0.1}, extras=False)
    labels = [[mark.label for mark in score_cards(collect(run))[0].marks] for run in (deep, plain)]
    rest = "noise ceiling from replicates"
    assert labels == [
        ["best model: cnn, seed 1", "best baseline by validation score: ridge", rest],
        ["best model: ridge", "best network by validation score: cnn, seed 1", rest],
    ]


@pytest.mark.parametrize(
    ("r", "said"),
    [
        (0.8, " (boosting reaches 64% on the test set)"),
        (0.7, ""),
        (0.6, ""),
    ],
)
def test_a_comparator_that_is_better_on_test_rows_is_named_beside_the_chosen_one(r, said, tmp_path):
    members = {"cnn/seed1": 0.1, "ridge/fit": 0.9, "boosting/fit": 2.0}
    run = make_run(tmp_path / "r", dataset(), members, extras=False)
    for member, value in zip(members, (0.9, 0.7, r), strict=True):
        rewrite(run, value, member=member)
    assert answer(run, "Is deep learning better than the baselines?") == [
        f"Yes: cnn, seed 1 explains 81%, ridge (linear model of k-mer counts) 49%{said}."
    ]


def test_a_model_that_is_better_for_one_of_several_targets_is_named_in_its_card_and_on_the_terminal(tmp_path):
    targets = ("activity", "Stability")
    run = make_run(
        tmp_path / "r", dataset(targets=targets), {"cnn/seed1": 0.1, "ridge/fit": 0.5, "gc/fit": 0.9}
    )
    for member, of_second in (("cnn/seed1", 0.6), ("ridge/fit", 0.7), ("gc/fit", 0.8)):
        path = run / member / "metrics.json"
        metrics = json.loads(path.read_text())
        metrics["parts"]["val"]["Stability"]["pearson"] = {"value": of_second, "low": 0.5, "high": 0.9}
        path.write_text(json.dumps(metrics))
    first, second = ([mark.label for mark in card.marks][:2] for card in score_cards(collect(run)))
    assert first == ["best model over all targets: cnn, seed 1", "best baseline by validation score: ridge"]
    assert second == ["best model over all targets: cnn, seed 1", "best baseline by validation score: gc"]
    assert conclusion(collect(run))[1:] == [
        "Stability: gc is better on validation rows, r = 0.80 (0.50 to 0.90), than cnn, seed 1, "
        "0.60 (0.50 to 0.90)"
    ]


def test_of_several_targets_each_has_its_sentence(tmp_path):
    run = make_run(tmp_path / "r", dataset(targets=("activity", "Stability")), MEMBERS)
    assert answer(run, "Is deep learning better than the baselines?")[1].startswith(
        "For Stability, yes: cnn, seed 1 explains "
    )
    assert answer(run, "Would more data help?")[0].startswith("For activity, yes: twice the training data")
    (best, _) = answer(run, "How good are the predictions?")
    assert " of the variance of activity; " in best
    assert " of the variance of Stability (the scale is less informative" in best


@pytest.mark.parametrize(
    ("score", "positions"),
    [
        (Score(0.5, -0.1, 0.8, 9), (-10.0, 50.0, 80.0)),
        (Score(-0.1, -0.3, 0.2, 9), (-30.0, -10.0, 20.0)),
        (Score(None, None, None, 9), None),
        (Score(0.5, None, None, 9), (50.0, 50.0, 50.0)),
    ],
)
def test_an_r_below_0_has_its_place_left_of_0(score, positions):
    assert scale_positions(score) == positions


def test_leakage_by_the_model_that_networks_started_from_is_on_the_first_screen_once(run):
    source = {
        "name": "a.safetensors", "sha256": "a" * 64, "training_sha256": "b" * 64, "training_rows": 9000,
        "freeze": "stem", "head": "new",
        "relatives": {"val": {"rows": 0, "n": 60}, "test": {"rows": 3, "n": 60}},
    }  # fmt: skip
    header = untrained().header.model_copy(update={"training": {"sources": [source]}})
    found = collect(run)
    found = replace(found, members=[replace(member, header=header) for member in found.members])
    sentences = dict(summary(found))["Can the score be trusted?"]
    assert sentences[1] == (
        "A network started from a.safetensors (SHA-256 aaaaaaaaaaaa, trained on 9,000 sequences, SHA-256 "
        "bbbbbbbbbbbb), first layer frozen, output layer new; 0 of 60 validation and 3 of 60 test sequences "
        "have a relative among its training sequences."
    )
    assert not any("started from" in sentence for sentence in sentences[2:])
