"""Controls in the report: what they say, and that damaged ones are refused."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from support.fake_run import dataset, fake_controls, make_run

from seqcnn.errors import TableError
from seqcnn.evaluation.score import Score
from seqcnn.report.content.controls import (
    _base_order,
    _gc_content,
    control_sentences,
    control_tables,
    indicates_leakage,
    shuffled_targets_sentence,
)
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect

MEMBERS = {"cnn/seed1": 0.4, "gc/fit": 2.0, "ridge/fit": 0.9, "boosting/fit": 0.8, "mean/fit": np.inf}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("checks") / "r", dataset(), MEMBERS, extras=False)


def with_controls(folder, **changes):
    """Collect the run with made-up controls."""
    (folder / "controls.json").write_text(json.dumps(fake_controls(["activity"], **changes)))
    return collect(folder)


def test_the_table_holds_the_model_the_simple_models_and_the_controls(folder):
    experiment = with_controls(folder)
    (table,) = control_tables(experiment)
    model = experiment.member("cnn", "seed1").score("test", "activity", "pearson").value
    gc = experiment.member("gc", "fit").score("test", "activity", "pearson").value
    assert [row[0].text for row in table.rows] == [
        "cnn, seed 1: unchanged",
        "gc (GC content alone)",
        "ridge (linear model of k-mer counts)",
        "boosting (gradient boosting on k-mer counts)",
        "test sequences shuffled",
        "test sequences shuffled, dinucleotide counts preserved",
        "trained and tested on shuffled measurements",
    ]
    r = [row[1].value for row in table.rows]
    assert (r[0], r[1], r[4:]) == (model, gc, [0.2, 0.3, 0.01])
    assert table.rows[-1][1].text == "0.01 (−0.05 to 0.07)"
    assert table.rows[-1][1].bar == (-5.0, 1.0, 7.0)
    assert table.start == -5.0
    assert table.rows[-1][2].text == "60"


def test_simple_models_that_were_not_fitted_are_left_out(tmp_path):
    run = make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4}, extras=False)
    assert len(control_tables(with_controls(run))[0].rows) == 4


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (Score(0.01, -0.05, 0.07, 60), "r = 0.01 (−0.05 to 0.07): the interval includes 0, as expected."),
        (
            Score(0.2, -0.1, 0.45, 40),
            "the interval includes 0, but r up to 0.45 is not excluded, so this shows little.",
        ),
        (
            Score(-0.4, -0.67, -0.06, 40),
            "r = −0.40 (−0.67 to −0.06): the interval excludes 0, with only 40 test rows; r near 0 is "
            "expected. Nothing can be concluded: repeat the controls with a model of another seed",
        ),
        (
            Score(0.5, 0.4, 0.6, 60),
            "is clearly above 0: this indicates leakage in the pipeline",
        ),
        (Score(0.13, 0.01, 0.25, 60), "is above 0, which happens by chance in 1 of 40 runs"),
        (Score(0.2, None, None, 10), "r = 0.20 (no interval): too few sequences to judge."),
        (Score(None, None, None, 2), "r is not defined (2 rows, at least 5 are expected: seqcnn cross-"),
        (Score(None, None, None, 60), "the model predicts a constant, as expected."),
    ],
)
def test_shuffled_measurements_in_words(score, said):
    assert said in shuffled_targets_sentence(score)
    assert indicates_leakage(score) == ("leakage" in said)


def test_an_order_that_matters_is_said_with_the_fall_of_r(folder):
    experiment = with_controls(folder)
    whole = experiment.best.score("test", "activity", "pearson").value
    _, order, gc = control_sentences(experiment, "activity")
    assert order == (
        "Base order matters: with shuffled test sequences "
        f"r falls from {whole:.2f} to 0.20 (0.30 with dinucleotides preserved)."
    )
    assert gc.startswith("GC content alone reaches r = 0.")


def test_an_order_that_hardly_matters_is_said(folder):
    experiment = with_controls(folder, bases=0.9, pairs=None)
    _, order, _ = control_sentences(experiment, "activity")
    assert order.startswith("No clear effect of base order: ")
    assert "r is 0.90 instead of 0." in order


def test_a_fall_of_r_with_either_shuffle_is_an_effect_of_base_order():
    score, bases = Score(0.66, 0.42, 0.82, 40), Score(0.3, -0.1, 0.6, 40)
    pairs = Score(-0.15, -0.39, 0.09, 40)
    (said,) = _base_order(score, bases, pairs)
    assert said == (
        "Base order matters: with shuffled test sequences "
        "r falls from 0.66 to 0.30 (−0.15 with dinucleotides preserved)."
    )
    assert _base_order(score, bases, bases)[0].startswith("No clear effect of base order: ")


def test_a_gc_model_that_is_nearly_as_good_is_said(tmp_path):
    run = make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4, "gc/fit": 0.55}, extras=False)
    assert (
        "GC content alone is nearly as good: r = 0." in control_sentences(with_controls(run), "activity")[-1]
    )


def test_a_gc_model_that_is_better_is_called_at_least_as_good():
    score, gc = Score(0.04, -0.4, 0.5, 154), Score(0.32, -0.4, 0.7, 154)
    baseline = SimpleNamespace(score=lambda *_: gc)
    assert _gc_content(score, baseline, "y") == [
        "GC content alone is at least as good: r = 0.32 against 0.04."
    ]


@pytest.mark.usefixtures("text_only")
def test_controls_that_are_not_defined_are_dashes_and_say_nothing(folder):
    experiment = with_controls(folder, bases=None, pairs=None, targets_r=None)
    sentences = control_sentences(experiment, "activity")
    assert len(sentences) == 2
    assert [row[1].text for row in control_tables(experiment)[0].rows[4:]] == ["–"] * 3
    assert "A dash (–) means" in render(experiment)


@pytest.mark.usefixtures("text_only")
def test_the_page_shows_the_controls_or_how_to_make_them(folder):
    page = render(with_controls(folder))
    assert "activity: controls of cnn, seed 1 on test rows" in page
    assert (
        "<li>Trained on shuffled measurements, r = 0.01 (−0.05 to 0.07): the interval includes 0, as "
        "expected.</li>" in page
    )
    (folder / "controls.json").unlink()
    page = render(collect(folder))
    assert "No controls were run" in page
    assert "seqcnn controls dataset.h5" in page


GOOD = json.dumps(fake_controls(["activity"]))


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"model": "cnn", "member": "seed1", "controls": []}',
        GOOD.replace('"activity"', '"expression"'),
        GOOD.replace('"shuffled_dinucleotides"', '"shuffled_codons"'),
        GOOD.replace('"cnn"', "7"),
        GOOD.replace("0.01", '"0.01"'),
        GOOD.replace("0.01", "NaN"),
        GOOD.replace("0.01", "1e999"),
        GOOD.replace('"n": 60', '"n": "60"'),
    ],
)
def test_damaged_controls_and_those_of_other_targets_are_refused(content, folder):
    (folder / "controls.json").write_text(content)
    with pytest.raises(TableError, match=r"controls\.json: (no controls of the targets in|not JSON)"):
        collect(folder)


def test_controls_of_a_model_that_is_not_in_the_run_are_refused(folder):
    (folder / "controls.json").write_text(json.dumps(fake_controls(["activity"], member="seed9")))
    with pytest.raises(TableError, match=r"controls of 'cnn/seed9', which has no scores here; run"):
        collect(folder)
    (folder / "controls.json").write_text("{")
    with pytest.raises(TableError, match=r"controls\.json: not JSON"):
        collect(folder)
    (folder / "controls.json").unlink()
