"""The search for a configuration, on a tiny dataset whose validation rows score a trial."""

import csv
import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from support.command_line import cli

from seqcnn.config.model import ModelConfig
from seqcnn.config.recipes import named_config
from seqcnn.errors import ConfigError, EnvironmentFault, TableError, UsageError
from seqcnn.model import tune as module
from seqcnn.model.tune import Clock, resolved_config, run_trial, tune
from seqcnn.model.tuning import folds
from seqcnn.model.tuning.study import CHANGES, STUDY, Study, _this_process
from seqcnn.model.tuning.trial import TrialReporter, TrialStopped, validation_score


@pytest.fixture
def starts(tiny):
    return {"cnn": tiny(epochs=2), "mlp": tiny("mlp", {"hidden": [4]}, epochs=2)}


@pytest.fixture(autouse=True)
def few_rows_are_enough(monkeypatch):
    monkeypatch.setattr(folds, "MIN_SCORED_ROWS", 1)


@pytest.fixture
def scored(monkeypatch):
    """Replace the training of a trial: the score is that of its dropout; return what was trained on."""
    calls = []

    def score(datasets, config, reporter, **_):
        calls.append((datasets, config))
        return 1 - config.args["dropout"], 10

    monkeypatch.setattr(module, "validation_score", score)
    monkeypatch.setattr(module, "training_seconds", lambda *_, **__: 0.0)
    return calls


def study_of(dataset, starts, folder):
    """Open the study that `tune` makes."""
    configs = {name: resolved_config(config, dataset) for name, config in starts.items()}
    return Study(folder, configs, dataset.digest() + dataset.digest("val"), seed=1)


def table(folder):
    with (folder / "trials.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_search_trains_its_starts_first_and_returns_the_best(dataset, starts, one_thread, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    best = tune(dataset, tmp_path / "t", configs=starts, trials=3, machine=one_thread)
    rows = table(tmp_path / "t")
    assert [row["model"] for row in rows[:2]] == ["cnn", "mlp"]
    assert len(rows) == 3
    scores = [float(row["validation_pearson"]) for row in rows if row["state"] == "trained"]
    assert best.tuning.trials == 3
    assert best.tuning.pearson == pytest.approx(max(scores), abs=1e-4)
    assert named_config(str(tmp_path / "t" / "tuned.yaml")) == best
    assert re.search(
        r"trial 1, cnn: validation r -?0\.\d+; best of 1 trial: .* \(cnn\); .* left", caplog.text
    )
    assert "the best of many tends to be too high: judge by test rows" in caplog.text


def test_the_score_of_a_start_is_that_of_a_training_on_the_same_rows(dataset, starts, one_thread, tmp_path):
    from seqcnn.model.train import train

    best = tune(dataset, tmp_path / "t", configs={"cnn": starts["cnn"]}, trials=1, machine=one_thread)
    model = train(dataset, starts["cnn"], tmp_path / "m.safetensors", machine=one_thread)
    assert best.tuning.pearson == pytest.approx(model.header.validation_r, abs=5e-5)


def test_no_test_row_is_seen(dataset, starts, scored, tmp_path):
    assert "test" in dataset.split
    tune(dataset, tmp_path, configs=starts, trials=4)
    assert {part for datasets, _ in scored for rows in datasets for part in rows.split} == {"train", "val"}


def test_most_trials_change_a_few_values_of_a_good_one(dataset, starts, scored, tmp_path):
    tune(dataset, tmp_path, configs={"cnn": starts["cnn"]}, trials=30)
    study = study_of(dataset, {"cnn": starts["cnn"]}, tmp_path)
    trials = study.ended

    def distance(a, b):
        return sum(a.params[key] != b.params[key] for key in a.params)

    near = [min(distance(t, s) for s in trials[:n]) <= CHANGES for n, t in enumerate(trials) if n]
    assert np.mean(near) > 0.5
    assert study.scored[0].value > 1 - starts["cnn"].args.get("dropout", 0.4)


def test_a_search_goes_on_where_it_ended(dataset, starts, scored, tmp_path):
    tune(dataset, tmp_path, configs=starts, trials=3)
    tune(dataset, tmp_path, configs=starts, trials=3)
    assert len(scored) == 3
    tune(dataset, tmp_path, configs=starts, trials=5)
    assert len(scored) == 5
    assert [row["trial"] for row in table(tmp_path)] == ["1", "2", "3", "4", "5"]


def test_the_time_of_earlier_runs_counts(dataset, starts, scored, tmp_path, monkeypatch):
    tune(dataset, tmp_path, configs=starts, trials=2)
    monkeypatch.setattr(Study, "seconds", 3600.0)
    tune(dataset, tmp_path, configs=starts, hours=1)
    assert len(scored) == 2


def test_the_trial_of_a_killed_process_is_begun_again(dataset, starts, scored, tmp_path):
    killed = subprocess.Popen([sys.executable, "-c", "pass"])
    killed.wait()
    study = study_of(dataset, starts, tmp_path)
    study.ask().set_user_attr("process", [_this_process()[0], killed.pid])
    tune(dataset, tmp_path, configs=starts, trials=3)
    assert [(row["model"], row["state"]) for row in table(tmp_path)] == [
        ("cnn", "trained"), ("mlp", "trained"), ("mlp", "trained"),
    ]  # fmt: skip


def test_a_trial_of_another_process_that_lives_is_left_alone(dataset, starts, scored, tmp_path):
    study = study_of(dataset, starts, tmp_path)
    study.ask().set_user_attr("process", [_this_process()[0], os.getppid()])
    tune(dataset, tmp_path, configs=starts, trials=1)
    assert [row["model"] for row in table(tmp_path)] == ["mlp"]


def shorter(dataset):
    """Return the dataset without one validation row."""
    return dataset.take(np.delete(np.arange(len(dataset)), dataset.part("val")[0]))


def test_a_lost_trial_that_another_process_has_ended_meanwhile_is_left_alone(
    dataset, starts, tmp_path, monkeypatch
):
    study = study_of(dataset, starts, tmp_path)
    study.ask()
    before = study.trials
    study._end_lost_trials()
    assert [trial.state.name for trial in study.trials] == ["FAIL"]
    monkeypatch.setattr(Study, "trials", before)
    study._end_lost_trials()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d, s, tiny: (shorter(d), s, 1), "other data"),
        (lambda d, s, tiny: (d, {"cnn": s["cnn"]}, 1), "other configurations: mlp"),
        (lambda d, s, tiny: (d, s | {"cnn": tiny(epochs=3)}, 1), "other configurations: cnn"),
        (lambda d, s, tiny: (d, {"cnn": s["mlp"], "mlp": s["cnn"]}, 1), "other configurations: cnn, mlp"),
        (lambda d, s, tiny: (d, s, 2), "the seed 1"),
    ],
)
def test_the_folder_of_another_search_is_refused(dataset, starts, tiny, scored, tmp_path, change, what):
    tune(dataset, tmp_path, configs=starts, trials=1)
    before = (tmp_path / STUDY).read_bytes()
    rows, configs, seed = change(dataset, starts, tiny)
    message = f"{tmp_path}: holds the study of {what}; choose another folder"
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        tune(rows, tmp_path, configs=configs, trials=1, seed=seed)
    assert (tmp_path / STUDY).read_bytes() == before


@pytest.mark.parametrize("name", ["study.log", "tuned.yaml", "trials.tsv"])
@pytest.mark.parametrize(("make", "kind"), [("symlink", "a link"), ("fifo", "a pipe")])
def test_links_and_pipes_in_the_folder_are_refused(dataset, starts, tmp_path, name, make, kind):
    folder, victim = tmp_path / "t", tmp_path / "victim"
    folder.mkdir()
    os.mkfifo(folder / name) if make == "fifo" else (folder / name).symlink_to(victim)
    with pytest.raises(EnvironmentFault, match=rf"{name}: {kind} found; expected a regular file; remove it"):
        tune(dataset, folder, configs=starts, trials=1)
    assert not victim.exists()
    assert os.listdir(folder) == [name]


def test_the_study_names_no_machine(dataset, starts, scored, tmp_path, monkeypatch):
    monkeypatch.setattr("platform.node", lambda: "secret-host")
    tune(dataset, tmp_path, configs=starts, trials=2)
    assert "secret-host" not in (tmp_path / STUDY).read_text()


def test_trials_that_chose_what_a_search_starts_from_count(dataset, starts, scored, tmp_path):
    first = tune(dataset, tmp_path / "a", configs=starts, trials=15)
    second = tune(dataset, tmp_path / "b", configs={"tuned": first, "mlp": starts["mlp"]}, trials=2)
    assert (first.tuning.trials, second.tuning.trials) == (15, 17)
    head = (tmp_path / "b" / "tuned.yaml").read_text().splitlines()[0]
    assert head.endswith("the best of 2 trials after 15 of earlier searches of `seqcnn tune`.")
    assert "tuning" not in table(tmp_path / "b")[0]["configuration"]


def test_a_search_ends_if_no_configuration_that_it_starts_from_has_a_score(
    dataset, starts, tmp_path, monkeypatch
):
    def fail(*_, **__):
        raise TrialStopped("diverged")

    monkeypatch.setattr(module, "validation_score", fail)
    for trials in (5, None):  # without a limit only if it has ended with one
        with pytest.raises(TableError, match=r"^tune: no trial has a validation score: diverged$"):
            tune(dataset, tmp_path, configs=starts, trials=trials)
        assert [row["model"] for row in table(tmp_path)] == ["cnn", "mlp"]


def test_a_search_of_heads_on_features_varies_what_features_have(dataset, tiny, one_thread, tmp_path):
    features = np.random.default_rng(1).normal(size=(len(dataset), 2, 3)).astype(np.float32)
    embedded = replace(dataset, rows=replace(dataset.rows, features=features))
    head = tiny("features", {"hidden": 4}, epochs=1)
    best = tune(embedded, tmp_path / "t", configs={"head": head}, trials=4, machine=one_thread)
    assert {row["state"] for row in table(tmp_path / "t")} == {"trained"}
    assert (best.args["dim"], best.training.strand, best.training.mutation_rate) == (3, "single", 0.0)
    wrong = head.model_copy(update={"args": {"dim": 5}})
    with pytest.raises(ConfigError, match="dim 5 found; the dataset has 3 features"):
        tune(embedded, tmp_path / "u", configs={"head": wrong})
    with pytest.raises(ConfigError, match=r"no configuration can be trained: head: .* has no features"):
        tune(dataset, tmp_path / "u", configs={"head": head})
    assert not (tmp_path / "u").exists()


def test_a_training_longer_than_its_share_of_the_time_is_not_begun(
    dataset, starts, scored, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "training_seconds", lambda *_, **__: 1000.0)
    best = tune(dataset, tmp_path, configs=starts, trials=2, hours=1)
    first, second = table(tmp_path)
    assert (first["state"], second["state"]) == ("trained", "stopped")
    assert second["note"].startswith("not trained: would take about 17 min, more than ")
    assert best.tuning.trials == 1
    assert len(scored) == 1


def test_a_trial_that_cannot_be_trained_tells_why_and_the_search_goes_on(
    dataset, starts, tmp_path, one_thread
):
    heads = ModelConfig(encoder="transformer", args={"features": 6, "heads": 4})
    tune(dataset, tmp_path, configs={"odd": heads, "cnn": starts["cnn"]}, trials=2, machine=one_thread)
    first, second = table(tmp_path)
    assert (first["state"], second["state"]) == ("stopped", "trained")
    assert "heads" in first["note"]


def test_a_later_trial_that_cannot_be_built_does_not_end_the_search(
    dataset, starts, one_thread, tmp_path, monkeypatch
):
    heads = ModelConfig(encoder="transformer", args={"features": 6, "heads": 4})
    monkeypatch.setattr(module, "_cheapest_first", lambda configs, *_: configs)
    tune(dataset, tmp_path, configs=starts | {"odd": heads}, trials=3, machine=one_thread)
    last = table(tmp_path)[2]
    assert (last["model"], last["state"]) == ("odd", "stopped")
    assert "heads" in last["note"]


def test_a_search_without_a_configuration_that_can_be_trained_is_refused(dataset, tmp_path, one_thread):
    heads = ModelConfig(encoder="transformer", args={"features": 6, "heads": 4})
    with pytest.raises(ConfigError, match=r"^tune: no configuration can be trained: odd: .*heads"):
        tune(dataset, tmp_path / "t", configs={"odd": heads}, machine=one_thread)
    assert not (tmp_path / "t").exists()


def test_a_trial_stops_at_the_time_limit_and_when_it_is_worse(dataset, starts, one_thread):
    late = TrialReporter(lambda *_: False, deadline=0.0)
    with pytest.raises(TrialStopped, match="stopped by the time limit"):
        validation_score([dataset], starts["cnn"], late, seed=1, machine=one_thread)
    tenths = []
    worse = TrialReporter(lambda loss, tenth: bool(tenths.append(tenth)) or tenth == 10, np.inf)
    with pytest.raises(TrialStopped, match="pruned after 10 tenths of its epochs"):
        validation_score([dataset], starts["cnn"], worse, seed=1, machine=one_thread)
    assert tenths == [5, 10]


def test_the_first_trial_has_no_time_limit(dataset, starts, tmp_path, one_thread):
    study = study_of(dataset, starts, tmp_path)
    run_trial(study, [dataset], Clock(0.0, 0.0), seed=1, machine=one_thread)
    assert [trial.state.name for trial in study.ended] == ["COMPLETE"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"baseline": "ridge"}, "tune: 'other' is a baseline; expected networks that are trained alone"),
        (
            {"encoder": "cnn", "teacher": {"model": "rnn"}},
            "tune: 'other' is distilled from teachers; expected networks that are trained alone",
        ),
        (
            {"encoder": "cnn", "training": {"loss": "huber"}},
            "tune: configurations with the losses huber and mse, which cannot be compared; use one",
        ),
    ],
)
def test_what_a_search_cannot_start_from_is_refused(dataset, starts, tmp_path, config, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        tune(dataset, tmp_path / "t", configs=starts | {"other": ModelConfig.model_validate(config)})
    assert not (tmp_path / "t").exists()


def test_the_command_writes_a_configuration_that_trains(dataset, starts, tmp_path, one_thread):
    dataset.save(tmp_path / "d.h5")
    (tmp_path / "small.yaml").write_text(json.dumps(starts["cnn"].model_dump(mode="json", exclude_none=True)))
    options = ["--configs", tmp_path / "small.yaml", "--trials", 1, "--threads", 1]
    assert cli("tune", tmp_path / "d.h5", *options, "-o", tmp_path / "t") == 0
    tuned = tmp_path / "t" / "tuned.yaml"
    assert (
        cli("train", tmp_path / "d.h5", "--config", tuned, "--threads", 1, "-o", tmp_path / "m.safetensors")
        == 0
    )
    from seqcnn.model.network.bundle import read_header

    header = read_header(tmp_path / "m.safetensors")
    assert header.tuning.trials == 1
    assert str(header.tuning) == (
        f"best of 1 configuration by r on validation rows, {header.tuning.pearson:.3f}"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--configs", "mlp,ridge"], "tune: 'ridge' is a baseline; expected networks that are trained alone"),
        (
            ["--configs", "cnn_distilled"],
            "tune: 'cnn_distilled' is distilled from teachers; expected networks",
        ),
        (["--hours", "1e300"], "1e+300 is not in the range 0<x<=10000"),
    ],
)
def test_the_command_refuses_what_it_cannot_search(dataset, tmp_path, capsys, options, message):
    dataset.save(tmp_path / "d.h5")
    assert cli("tune", tmp_path / "d.h5", *options, "-o", tmp_path / "t") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "t").exists()
