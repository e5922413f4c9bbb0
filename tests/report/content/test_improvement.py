"""Can it get better?  The levers of the report, with their evidence and option."""

import json

import numpy as np
import pytest
from support.fake_run import dataset, fake_curve, make_run

from seqcnn.report.content import improvement
from seqcnn.report.content.improvement import improvement_tables, levers
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect

MEMBERS = {"cnn/seed1": 0.4, "cnn/seed2": 0.5, "cnn/ensemble": 0.3, "ridge/fit": 0.9}


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4}, extras=False)


def lever(run, start):
    """Return the lever of a name."""
    return next(x for x in levers(collect(run), 0) if x.name.startswith(start))


def rewrite(run, part, *, r=None, low=None, high=None, ceiling=None, member="cnn/seed1"):
    """Write another r, its interval and a noise ceiling of one part of the split into a model's metrics."""
    path = run / member / "metrics.json"
    metrics = json.loads(path.read_text())
    scores = metrics["parts"][part]["activity"]
    scores["pearson"] = {"value": r, "low": low, "high": high}
    scores["ceiling"] = ceiling and {"replicate_r": 0.5, "reliability": ceiling**2, "attainable_r": ceiling}
    path.write_text(json.dumps(metrics))


def test_training_rows_fitted_better_than_test_rows_are_called_overfit(run):
    rewrite(run, "train", r=0.95, low=0.94, high=0.96)
    rewrite(run, "test", r=0.8, low=0.7, high=0.9)
    found = lever(run, "Regularisation")
    assert found.answer == "Regularisation may"
    assert found.evidence == (
        "Overfit: cnn, seed 1: r = 0.95 (0.94 to 0.96) on training rows, 0.80 (0.70 to 0.90) on test rows."
    )
    assert "weight_decay" in found.option
    assert found.option.startswith("--preset best, which searches for one; or ")


def test_intervals_that_overlap_are_not_called_overfit(run):
    rewrite(run, "train", r=0.95, low=0.90, high=0.96)
    rewrite(run, "test", r=0.8, low=0.7, high=0.9)
    found = lever(run, "Regularisation")
    assert (found.answer, found.option) == ("Not clearly", "")


def test_training_rows_below_their_noise_ceiling_are_called_underfit(run):
    rewrite(run, "train", r=0.7, low=0.65, high=0.75, ceiling=0.9)
    rewrite(run, "test", r=0.68, low=0.6, high=0.76)
    found = lever(run, "Regularisation")
    assert found.answer == "A larger model may"
    assert found.evidence.startswith("Underfit: cnn, seed 1: r = 0.70 (0.65 to 0.75) on training rows")
    assert found.evidence.endswith("; the noise ceiling of the training rows is 0.90.")
    rewrite(run, "train", r=0.7, low=0.65, high=0.75)  # without replicates it is not known
    assert lever(run, "Regularisation").answer == "Not clearly"


def test_a_gap_between_training_and_test_rows_is_not_called_underfit(run):
    rewrite(run, "train", r=0.80, low=0.72, high=0.86, ceiling=0.95)
    rewrite(run, "test", r=0.57, low=0.20, high=0.78)
    found = lever(run, "Regularisation")
    assert (found.answer, found.option) == ("Not clearly", "")
    assert found.evidence.endswith(
        "higher on training rows, but the intervals overlap; neither overfit nor underfit is shown."
    )


def test_without_intervals_fit_is_not_judged(run):
    rewrite(run, "train", r=0.9)
    rewrite(run, "test", r=0.5)
    assert lever(run, "Regularisation").answer == "Not known"


@pytest.mark.parametrize(
    ("best", "answer", "option"),
    [(12, "Perhaps", "--epochs 24"), (11, "Perhaps", "--epochs 24"), (10, "No", ""), (7, "No", "")],
)
def test_a_lowest_loss_in_the_last_tenth_of_the_epochs_recommends_more_epochs(best, answer, option, tmp_path):
    run = make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4})
    path = run / "cnn/seed1/run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"best_epoch": best}))
    found = lever(run, "More epochs")
    assert (found.answer, found.option) == (answer, option)
    assert found.evidence == f"cnn: the validation loss was lowest in epoch {best} of 12."


@pytest.mark.parametrize(
    ("best", "answer", "option"), [(7, "Not known", "--epochs 40"), (12, "Perhaps", "--epochs 40")]
)
def test_with_fewer_epochs_than_the_default_it_is_not_known(best, answer, option, tmp_path, monkeypatch):
    monkeypatch.setattr(improvement, "recipe", lambda model: {"cnn": {"epochs": 40}}[model])
    run = make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4})  # its configuration has 20 epochs
    path = run / "cnn/seed1/run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"best_epoch": best}))
    found = lever(run, "More epochs")
    assert (found.answer, found.option) == (answer, option)
    if answer == "Not known":
        assert found.evidence.endswith(
            "lowest in epoch 7 of 12, and 20 epochs are fewer than the default of 40."
        )


def test_without_a_learning_curve_the_command_is_given(run):
    found = lever(run, "More training")
    assert (found.answer, found.evidence) == ("Not known", "No learning curve was run.")
    assert "seqcnn learning-curve dataset.h5 --config cnn -o learning_curve.json" in found.option


def test_the_learning_curve_says_what_more_sequences_bring(run):
    (run / "learning_curve.json").write_text(json.dumps(fake_curve(["activity"])))
    found = lever(run, "More training")
    assert (found.answer, found.option) == ("Yes", "measure more sequences")
    assert found.evidence.startswith("cnn: twice the training data (3,200 sequences) is predicted to raise r")


@pytest.mark.parametrize(
    ("low", "high", "answer", "said"),
    [
        (0.6, 0.8, "Not the limit", "the model explains 60% of what can be explained."),
        (0.8, 0.92, "Perhaps", "the interval includes it, so no room for a better model is shown."),
        (0.95, 0.99, "No", "the score exceeds it; check the leakage between the parts."),
        (None, None, "Not known", "noise ceiling 0.90."),
    ],
)
def test_the_noise_ceiling_says_whether_noise_limits_the_score(low, high, answer, said, run):
    rewrite(run, "test", r=0.7, low=low, high=high, ceiling=0.9)
    found = lever(run, "Less noisy")
    assert found.answer == answer
    assert found.evidence.endswith(said)


def test_without_replicates_noise_is_not_known(tmp_path):
    run = make_run(tmp_path / "r", dataset(replicates=0), {"cnn/seed1": 0.4}, extras=False)
    found = lever(run, "Less noisy")
    assert (found.answer, found.option) == ("Not known", "--replicates rep1,rep2")


def test_one_seed_recommends_several(run):
    found = lever(run, "More seeds")
    assert (found.answer, found.option) == ("Not known", "--seeds 1,2,3")
    assert found.evidence == "1 seed of cnn and no ensemble."


def test_an_ensemble_is_compared_with_its_seeds(tmp_path):
    run = make_run(
        tmp_path / "r", dataset(), {"cnn/seed1": 5, "cnn/seed2": 5, "cnn/ensemble": 0.1}, extras=False
    )
    found = lever(run, "More seeds")
    assert found.answer == "Yes"
    assert "; the 95% interval of its difference is above 0 for 2 of 2 seeds." in found.evidence
    equal = make_run(
        tmp_path / "e", dataset(), {"cnn/seed1": 0.1, "cnn/seed2": 0.1, "cnn/ensemble": 0.1}, extras=False
    )
    assert lever(equal, "More seeds").answer == "Not clearly"


def test_other_models_count_only_with_a_small_adjusted_p(tmp_path):
    run = make_run(tmp_path / "r", dataset(), {"cnn/seed1": 0.4, "ridge/fit": 0.9}, extras=False)
    found = lever(run, "Another model")
    assert found.answer == "Not clearly"
    assert found.evidence.endswith("of 1 other fit none is higher with adjusted p < 0.05.")
    assert found.option == "--configs cnn,rnn,transformer"


def test_a_long_tail_recommends_the_transform_that_check_recommends(tmp_path):
    data = dataset()
    data.targets[:] = np.exp(3 * data.targets)
    run = make_run(tmp_path / "r", data, {"ridge/fit": 0.4}, extras=False)
    found = lever(run, "A transform")
    assert (found.answer, found.option) == ("Perhaps", "--transform log2")
    plain = make_run(tmp_path / "p", dataset(), {"ridge/fit": 0.4}, extras=False)
    assert lever(plain, "A transform").answer == "No"


def test_every_target_has_a_table_of_its_levers(tmp_path):
    run = collect(make_run(tmp_path / "r", dataset(targets=("a", "b")), MEMBERS))
    first, second = improvement_tables(run)
    assert (first.name, second.name) == ("improvement-0", "improvement-1")
    assert [row[0].text for row in first.rows] == [x.name for x in levers(run, 0)]
    assert len(first.rows) == 8


def test_a_network_is_recommended_instead_of_a_baseline_only_if_none_was_trained(tmp_path):
    for name, members in (("a", {"ridge/fit": 0.4}), ("b", {"ridge/fit": 0.4, "cnn/seed1": 0.9})):
        run = make_run(tmp_path / name, dataset(), members, extras=False)
        rewrite(run, "train", r=0.99, low=0.98, high=1.0, member="ridge/fit")
        rewrite(run, "test", r=0.8, low=0.7, high=0.9, member="ridge/fit")
    smaller = "a configuration of your own (--configs my.yaml) with smaller k"
    network = "; or a network (--configs cnn,rnn,transformer)"
    assert lever(tmp_path / "a", "Regularisation").option == smaller + network
    assert lever(tmp_path / "b", "Regularisation").option == smaller


def test_a_line_about_a_network_that_is_not_the_selected_model_says_so(tmp_path):
    run = collect(make_run(tmp_path / "r", dataset(), {"ridge/fit": 0.2, "cnn/seed1": 5}))
    (table,) = improvement_tables(run)
    about = {row[0].text: row[4].text for row in table.rows}
    assert [name for name, text in about.items() if text == "cnn, which is not the selected model"] == [
        "More epochs", "More training sequences", "More seeds, as an ensemble", "Another configuration",
    ]  # fmt: skip
    chosen = collect(make_run(tmp_path / "c", dataset(), {"ridge/fit": 5, "cnn/seed1": 0.2}))
    assert {row[4].text for row in improvement_tables(chosen)[0].rows} == {""}


def test_a_run_of_the_pipeline_is_advised_on_keys_of_its_configuration(tmp_path):
    data = dataset(replicates=0)
    data.provenance["config"] = "my.yaml"
    run = make_run(tmp_path / "r", data, {"cnn/seed1": 0.4}, extras=False)
    options = {x.name: x.option for x in levers(collect(run), 0)}
    assert options["More seeds, as an ensemble"] == "seeds: [1, 2, 3]"
    assert options["Another model"] == "models: [cnn, rnn, transformer]"
    assert options["More training sequences"] == "learning_curve: cnn"
    assert options["Less noisy measurements"] == "data.replicates: {TARGET: [rep1, rep2]}"
    assert options["Another configuration"].startswith("seqcnn tune results/r/dataset.h5 -o tuning/, which")
    assert "the key of the configuration my.yaml that does it" in render(collect(run))
