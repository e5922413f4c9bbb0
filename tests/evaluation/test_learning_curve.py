"""The score against the number of training sequences."""

import json
from itertools import pairwise

import numpy as np
import pytest
from support.fake_run import dataset as fake_dataset
from support.fake_run import fake_curve, make_run
from support.planted import planted

from seqcnn.cli import main
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import TableError
from seqcnn.evaluation.learning_curve import (
    FRACTIONS,
    PowerLaw,
    curve_points,
    fit_power_law,
    learning_curve,
    more_data_verdict,
    subsample_training,
)
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect


@pytest.fixture(scope="module")
def library():
    sequences, y = planted(480, seed=5)
    return dataset_from_arrays(sequences, y)


def test_a_smaller_part_lies_within_a_larger_one_and_holds_whole_clusters(library):
    parts = [subsample_training(library, f, 1) for f in FRACTIONS]
    ids = [{p.ids[i] for i in p.part("train")} for p in parts]
    assert all(a < b for a, b in pairwise(ids))
    assert ids[-1] == {library.ids[i] for i in library.part("train")}
    for part in parts:
        assert len(part.part("test")) == len(library.part("test"))
        kept = set(part.groups[part.part("train")])
        assert sum(g in kept for g in library.groups[library.part("train")]) == len(part.part("train"))


def test_another_seed_gives_other_parts(library):
    assert subsample_training(library, 0.25, 1).ids != subsample_training(library, 0.25, 2).ids


def test_rows_that_are_taken_keep_their_own_values():
    data = fake_dataset()
    at = np.array([7, 0, 4])
    taken = data.take(at)
    assert taken.ids == ["oligo_7", "oligo_0", "oligo_4"]
    assert np.array_equal(taken.targets, data.targets[at])
    assert np.array_equal(taken.rows.bases, data.rows.bases[at])
    assert taken.nearest_train_row.tolist() == [1, -1, -1]
    assert data.take(at[[0, 2]]).nearest_train_row.tolist() == [-1, -1]


def test_a_power_law_is_found_again():
    n = 100.0 * 2 ** np.arange(6)
    law = fit_power_law(n, PowerLaw(3.0, 0.4, 0.9)(n))
    assert (law.a, law.b, law.c) == pytest.approx((3.0, 0.4, 0.9), rel=1e-3)


@pytest.mark.parametrize(
    ("r", "answer"),
    [
        (
            [0.2, 0.4, 0.55, 0.66, 0.74],
            "Yes: twice the training data (3,200 sequences) is predicted to raise r from 0.74 to about 0.80; "
            "the fitted curve approaches 0.96.",
        ),
        (
            [0.70, 0.75, 0.78, 0.80, 0.812],
            "Slightly: twice the training data (3,200 sequences) is predicted to raise r from 0.81 by less "
            "than 0.01; the fitted curve approaches 0.83.",
        ),
        (
            [0.70, 0.79, 0.80, 0.801, 0.801],
            "Hardly: twice the training data (3,200 sequences) is predicted to raise r from 0.80 by less "
            "than 0.01; the fitted curve approaches 0.80.",
        ),
        (
            [0.1, None, 0.2, 0.3, 0.4],
            "Not known: the scores do not follow a power law, but r was "
            "still increasing: from 0.30 with 800 training sequences to 0.40 with 1,600.",
        ),
        (
            [0.5, 0.7, 0.8, 0.85, 0.72],
            "Not known: the scores do not follow a power law.",
        ),
    ],
)
def test_the_answer_is_in_words(r, answer):
    assert more_data_verdict(fake_curve(["y"], r), "y") == answer


def test_few_test_rows_or_intervals_that_overlap_give_no_answer():
    def said(**changes):
        curve = fake_curve(["y"])
        for i, low, high in ((0, 0.1, 0.5), (-1, 0.5, 0.9)):
            curve["points"][i]["test"]["y"]["pearson"] |= {"low": low, "high": high}
        curve["points"][-1]["test"]["y"]["n"] = changes.pop("n", 100)
        curve["points"][-1]["test"]["y"]["pearson"] |= changes
        return more_data_verdict(curve, "y")

    assert said(low=0.51).startswith("Yes: ")
    assert said(n=99) == "Not known: r on 99 test rows is too uncertain; at least 100 are expected."
    assert said() == (
        "Not known: the 95% intervals of the first and the last point overlap: "
        "r = 0.20 (0.10 to 0.50) and 0.74 (0.50 to 0.90)."
    )
    assert said(low=None) == "Not known: r of the first or the last point has no interval."


def test_the_answer_starts_at_the_measured_r_and_a_law_that_misses_it_is_none():
    near, far = [0.12, 0.38, 0.41, 0.55, 0.703], [0.3, 0.4, 0.45, 0.5, 0.703]
    law = fit_power_law(*curve_points(fake_curve(["y"], near), "y"))
    assert 0.005 < abs(law(1600) - 0.703) < 0.03
    said = f"to raise r from 0.70 to about {0.703 + law(3200) - law(1600):.2f}; the fitted curve has no limit"
    assert said in more_data_verdict(fake_curve(["y"], near), "y")
    assert fit_power_law(*curve_points(fake_curve(["y"], far), "y")) is None
    assert "still increasing: from 0.50 with 800" in more_data_verdict(fake_curve(["y"], far), "y")


def test_a_point_weighs_as_much_as_it_has_training_sequences():
    n = 100.0 * 2 ** np.arange(5)
    r = PowerLaw(3.0, 0.4, 0.9)(n)
    r[1] += 0.05
    law = fit_power_law(n, r)
    missed = law(n) - r
    assert abs(n @ missed) / n.sum() < 1e-5  # the best c leaves no error over all
    assert abs(missed.sum()) > 0.001
    assert abs(missed[-1]) < abs(missed[0])


def test_the_curve_heads_for_no_more_than_the_replicates_allow():
    near, flat = [0.12, 0.38, 0.41, 0.55, 0.703], [0.70, 0.75, 0.78, 0.80, 0.812]
    law = fit_power_law(*curve_points(fake_curve(["y"], near), "y"), limit=0.97)
    assert law.c == pytest.approx(0.97)
    said = more_data_verdict(fake_curve(["y"], near), "y", limit=0.97)
    assert said.endswith(" raise r from 0.70 to about 0.77; the noise ceiling is 0.97.")
    said = more_data_verdict(fake_curve(["y"], flat), "y", limit=0.75)
    assert said.startswith("Hardly: ")
    assert said.endswith(" raise r from 0.81 by less than 0.01; the noise ceiling is 0.75.")


def test_each_part_is_trained_and_scored_and_nothing_else_is_left(library, tiny, one_thread, tmp_path):
    path = tmp_path / "run" / "learning_curve.json"
    found = learning_curve(library, tiny(epochs=1), path, machine=one_thread)
    assert json.loads(path.read_text()) == found
    n, r = curve_points(found, "target")
    assert n.tolist() == [
        len(subsample_training(library, f, 1).part("train")) for f in FRACTIONS[1:] if f > 0.125
    ]
    assert [point["epochs"] for point in found["points"]] == [4, 2, 1]
    assert np.isfinite(r).all()
    assert list(path.parent.iterdir()) == [path]


def test_a_killed_run_goes_on_with_the_part_it_was_at(library, tiny, one_thread, tmp_path, monkeypatch):
    from seqcnn.model import train as module

    path, trained, whole = tmp_path / "c.json", [], module.train
    expected = learning_curve(library, tiny(epochs=1), tmp_path / "other.json", machine=one_thread)

    def counted(part, *rest, **options):
        trained.append(len(part.part("train")))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return whole(part, *rest, **options)

    monkeypatch.setattr(module, "train", counted)
    with pytest.raises(KeyboardInterrupt):
        learning_curve(library, tiny(epochs=1), path, machine=one_thread)
    assert not path.exists()
    assert learning_curve(library, tiny(epochs=1), path, machine=one_thread) == expected
    assert len(trained) == 4  # the first part is not trained again


def test_too_few_sequences_are_refused(dataset, tiny, tmp_path):
    with pytest.raises(TableError, match="48 training sequences; at least 200 are expected"):
        learning_curve(dataset, tiny(), tmp_path / "c.json")
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_a_small_library_in_one_line(dataset, tmp_path, capsys):
    dataset.save(tmp_path / "d.h5")
    with pytest.raises(SystemExit) as stop:
        main(["learning-curve", str(tmp_path / "d.h5"), "-o", str(tmp_path / "c.json"), "--epochs", "1"])
    assert stop.value.code == 2
    assert "learning curve: 48 training sequences; at least 200 are expected" in capsys.readouterr().err
    assert not (tmp_path / "c.json").exists()


def test_the_report_shows_the_curve_if_there_is_one(tmp_path):
    run = make_run(tmp_path / "r", fake_dataset(), {"ridge/fit": 0.4}, extras=False)
    assert "Would more data help?" not in render(collect(run))
    (run / "learning_curve.json").write_text(json.dumps(fake_curve(["activity"])))
    page = render(collect(run))
    assert "<dt>Would more data help?</dt><dd><p>Yes: twice the training data (3,200 sequences)" in page
    assert ">1,600</text>" in page
    assert "mathdefault" not in page


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"model": "cnn", "points": []}',
        '{"points": [{"n": 1}]}',
        '{"points": [{"n": "x", "test": {}}]}',
    ],
)
def test_a_curve_of_something_else_is_refused_with_the_remedy(content, tmp_path):
    run = make_run(tmp_path / "r", fake_dataset(), {"ridge/fit": 0.4}, extras=False)
    (run / "learning_curve.json").write_text(content)
    with pytest.raises(TableError, match=r"learning_curve\.json: not a learning curve of the targets"):
        collect(run)
