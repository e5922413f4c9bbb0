import json

import pytest

from seqcnn.config.fit_plan import PRESETS, fit_plan, search_starts
from seqcnn.errors import ConfigError, UsageError


def test_the_standard_preset_is_three_seeds_of_the_default_network_and_four_baselines():
    plan = fit_plan()
    assert (list(plan.networks), plan.seeds) == (["cnn"], (1, 2, 3))
    assert list(plan.baselines) == ["mean", "gc", "ridge", "boosting"]
    assert plan.members == [
        "cnn/seed1", "cnn/seed2", "cnn/seed3", "cnn/ensemble", "mean/fit", "gc/fit", "ridge/fit",
        "boosting/fit",
    ]  # fmt: skip
    assert str(plan) == "cnn (seeds 1, 2, 3 and their ensemble); baselines mean, gc, ridge, boosting"


def test_the_fast_preset_is_one_network_and_the_baselines_that_take_seconds():
    plan = fit_plan("fast")
    assert plan.members == ["cnn/seed1", "mean/fit", "gc/fit", "ridge/fit"]
    assert str(plan) == "cnn (seed 1); baselines mean, gc, ridge"
    assert list(PRESETS) == ["standard", "fast", "best"]


def test_the_best_preset_searches_from_all_networks_and_trains_the_default_beside_the_result():
    plan = fit_plan("best")
    assert (list(plan.networks), plan.seeds, plan.hours) == (
        ["tuned", "tuned_distilled", "cnn"],
        (1, 2, 3),
        0.5,
    )
    assert next(iter(plan.starts)) == "cnn"
    assert set(plan.starts) >= {"cnn", "rnn", "resnet", "legnet", "dream_rnn", "transformer"}
    assert not {"ridge", "cnn_distilled"} & set(plan.starts)
    assert str(plan) == (
        "search for a configuration, up to 0.5 h; tuned, cnn (seeds 1, 2, 3 and their ensemble); "
        "tuned_distilled (one network from the ensemble of tuned); baselines mean, gc, ridge, boosting"
    )


def test_the_ensemble_of_a_search_teaches_one_network_mean_and_spread():
    plan = fit_plan("best", seeds=[4, 5])
    teacher = plan.networks["tuned_distilled"].teacher
    assert (teacher.model, teacher.spread) == ("tuned", True)
    assert plan.members[:4] == ["tuned/seed4", "tuned/seed5", "tuned/ensemble", "tuned_distilled/seed4"]
    assert plan.members_of("tuned_distilled") == ["seed4"]


@pytest.mark.parametrize(
    "settings", [{"seeds": [1]}, {"training": {"loss": "poisson"}}, {"configs": ["features"]}]
)
def test_one_seed_another_loss_and_features_teach_no_network(settings):
    assert "tuned_distilled" not in fit_plan("best", **settings).networks


def test_a_search_starts_from_the_named_networks_with_the_training_of_all():
    plan = fit_plan("best", configs=["rnn", "ridge"], seeds=[4], training={"epochs": 2}, hours=2)
    assert list(plan.starts) == ["rnn"]
    assert plan.starts["rnn"].training.epochs == 2
    assert (list(plan.networks), plan.hours) == (["tuned", "rnn"], 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"preset": "best", "hours": 1e300},
            r"--hours: '1e\+300' found; expected a number above 0, at most 10,000",
        ),
        ({"hours": 1.0}, "--hours: without a search; expected --preset best"),
        ({"preset": "best", "configs": ["ridge"]}, "--configs: only baselines; --preset best searches"),
    ],
)
def test_a_search_without_networks_or_preset_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        fit_plan(**arguments)


def test_tune_starts_from_all_shipped_networks_or_the_named_configurations():
    assert search_starts([], {}) == fit_plan("best").starts
    starts = search_starts(["rnn", "ridge"], {"epochs": 2})
    assert (list(starts), starts["rnn"].training.epochs) == (["rnn", "ridge"], 2)
    with pytest.raises(UsageError, match="--configs: 'rnn' is there twice"):
        search_starts(["rnn", "rnn"], {})


def test_settings_of_networks_are_refused_where_only_baselines_are_fitted():
    with pytest.raises(
        UsageError, match="--epochs; --loss: only baselines are fitted; name a network in --configs"
    ):
        fit_plan(configs=["ridge"], training={"epochs": 3, "loss": "huber"})


def test_named_configurations_replace_the_network_and_add_to_the_baselines(tmp_path):
    path = tmp_path / "ridge5.yaml"
    path.write_text(json.dumps({"baseline": "ridge", "args": {"k": 5}}))
    plan = fit_plan("fast", configs=["rnn", "cnn_motifs", str(path)], seeds=[7, 8])
    assert list(plan.networks) == ["rnn", "cnn_motifs"]
    assert list(plan.baselines) == ["mean", "gc", "ridge", "ridge5"]
    assert plan.baselines["ridge5"].args == {"k": 5}
    assert plan.members[:3] == ["rnn/seed7", "rnn/seed8", "rnn/ensemble"]


def test_a_baseline_alone_is_fitted_without_networks():
    plan = fit_plan("fast", configs=["boosting"])
    assert plan.members == ["mean/fit", "gc/fit", "ridge/fit", "boosting/fit"]
    assert str(plan) == "baselines mean, gc, ridge, boosting"


def test_training_fields_replace_those_of_every_network():
    plan = fit_plan(configs=["cnn", "rnn"], training={"epochs": 2, "loss": "huber"})
    assert {(c.training.epochs, c.training.loss) for c in plan.networks.values()} == {(2, "huber")}
    assert plan.networks["cnn"].training.lr == 0.01
    with pytest.raises(ConfigError, match="fit: unknown key 'epoch'; did you mean 'epochs'"):
        fit_plan(training={"epoch": 2})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"configs": ["cnn", "cnn"]}, "configs: 'cnn' is there twice; name each once"),
        ({"seeds": [2, 1, 2]}, "seeds: '2' is there twice"),
        ({"seeds": []}, "seeds: none given"),
        ({"configs": ["cnn_distilled"]}, "fit: 'cnn_distilled' needs teachers"),
    ],
)
def test_models_that_cannot_be_trained_together_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        fit_plan(**arguments)


def test_a_configuration_whose_name_is_no_folder_name_is_refused(tmp_path):
    path = tmp_path / "my model.yaml"
    path.write_text(json.dumps({"baseline": "ridge"}))
    with pytest.raises(UsageError, match="configs: name 'my model' found; expected letters"):
        fit_plan(configs=[str(path)])


@pytest.mark.parametrize("name", ["report.html", "controls.json", "dataset.h5", "Report_Figures"])
def test_a_configuration_with_the_name_of_another_output_is_refused(tmp_path, name):
    path = tmp_path / f"{name}.yaml"
    path.write_text(json.dumps({"encoder": "mlp"}))
    with pytest.raises(UsageError, match=f"configs: '{name}' found, which is the name of another output"):
        fit_plan(configs=[str(path)])


def test_a_network_with_the_name_of_a_baseline_of_the_fit_is_refused(tmp_path):
    path = tmp_path / "ridge.yaml"
    path.write_text(json.dumps({"encoder": "mlp"}))
    with pytest.raises(UsageError, match="'ridge' is a network, and its folder that of the baseline ridge"):
        fit_plan(configs=[str(path)])
