"""Several models in one folder: what is written, announced and returned."""

import hashlib
import logging
from dataclasses import replace

import pytest

import seqcnn
from seqcnn.api.fit_folder import best_model, fit_folder, search, train_models
from seqcnn.config.fit_plan import fit_plan
from seqcnn.config.model import Teacher
from seqcnn.model.network.header import Header
from seqcnn.model.training import timing


@pytest.fixture(scope="module")
def several(tmp_path_factory, dataset, tiny, one_thread):
    """Return the folder of a fit of two networks from two seeds, its model and its messages."""
    folder = tmp_path_factory.mktemp("several") / "run"
    configs = [("small", tiny(epochs=1)), ("wide", tiny(args={"hidden": 12}, epochs=1))]
    plan, messages = fit_plan("fast", configs=configs, seeds=[3, 4]), []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("seqcnn")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    model = fit_folder(dataset, plan, folder, machine=one_thread)
    logger.removeHandler(handler)
    return folder, model, messages


def test_every_seed_and_ensemble_of_every_network_is_scored_in_one_report(several):
    folder, _, _ = several
    members = sorted(str(path.parent.relative_to(folder)) for path in folder.glob("*/*/metrics.json"))
    networks = [f"{name}/{member}" for name in ("small", "wide") for member in ("ensemble", "seed3", "seed4")]
    assert members == sorted(["gc/fit", "mean/fit", "ridge/fit", *networks])
    page = (folder / "report.html").read_text()
    assert all(text in page for text in ("small, seed 3", "wide, ensemble", "ridge"))


def test_the_ensemble_with_the_best_validation_score_is_returned(several):
    folder, model, _ = several
    scores = {
        path: seqcnn.load_model(path).header.validation_r for path in folder.glob("*/ensemble/*.safetensors")
    }
    assert len(scores) == 2
    assert model.path == max(scores, key=scores.get)
    assert model.header.members == 2


def test_a_fit_announces_its_models_and_time_and_ends_with_its_files(several):
    folder, _, messages = several
    announced = "fit: small, wide (seeds 3, 4 and their ensemble); baselines mean, gc, ridge; about "
    assert messages[2].startswith(announced)
    assert messages[2].endswith(" for the networks on CPU")
    best = max(folder.glob("*/*/*.safetensors"), key=lambda p: seqcnn.load_model(p).header.validation_r or -1)
    page = folder / "report.html"
    assert messages[-1] == f"model with the best validation score: {best}; report: {page}"


def test_finished_models_of_an_interrupted_fit_are_kept(several, dataset, tiny, one_thread, monkeypatch):
    from seqcnn.model import train

    folder, _, _ = several
    monkeypatch.setattr(train, "train", lambda *_, **__: pytest.fail("trained again"))
    plan = fit_plan("fast", configs=[("small", tiny(epochs=1))], seeds=[3, 4])
    models = train_models(dataset, plan, folder, machine=one_thread)
    assert [path.parent.name for path in models] == ["seed3", "seed4", "ensemble"]
    assert best_model(plan, models) is models[folder / "small/ensemble/model.safetensors"]


def test_the_estimated_time_is_that_of_all_steps(dataset, tiny, one_thread, monkeypatch):
    import torch

    clock = iter([0.0, 10.0, 16.0])  # before the first step, after it, and after the three timed ones
    monkeypatch.setattr(timing.time, "monotonic", lambda: next(clock))
    state = torch.get_rng_state()
    assert timing.training_seconds(dataset, tiny(epochs=5), one_thread) == 2 * 5 * 3  # 48 rows, 16 per step
    assert torch.equal(torch.get_rng_state(), state)


def test_a_fit_of_baselines_alone_has_a_report_and_returns_the_one_that_was_named(dataset, tmp_path, caplog):
    caplog.set_level("INFO", logger="seqcnn")
    model = fit_folder(dataset, fit_plan("fast", configs=["ridge"]), tmp_path / "run")
    assert model.path == tmp_path / "run/ridge/fit/model.safetensors"
    assert "No network was trained in this run" in (tmp_path / "run/report.html").read_text()
    assert not (tmp_path / "run/controls.json").exists()
    few, _, announced = caplog.messages[:3]
    assert few.startswith("target 'target': measured in 8 val rows; ")
    assert announced == "fit: baselines mean, gc, ridge; seconds to minutes"


def test_predict_takes_the_best_model_of_a_run_and_other_commands_its_best_network(
    several, tmp_path, monkeypatch, caplog
):
    from seqcnn.model.default_model import default_model

    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.chdir(several[0].parent)
    scores = {p: seqcnn.load_model(p).header.validation_r for p in several[0].glob("*/*/*.safetensors")}
    assert several[0].parent / default_model() == max(scores, key=lambda p: scores[p] or -1)
    networks = {path: r for path, r in scores.items() if path.parent.name != "fit"}
    assert several[0].parent / default_model(network=True) == max(networks, key=networks.get)
    assert "ridge was better on these rows" in caplog.text
    assert "only a network is of use here" in caplog.text


def test_the_best_preset_trains_the_configuration_of_its_search_and_says_so_in_the_report(
    dataset, tiny, one_thread, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    plan = fit_plan("best", configs=[("small", tiny(epochs=2))], seeds=[1], hours=1e-9)
    model = fit_folder(dataset, plan, tmp_path / "run", machine=one_thread)
    assert not (tmp_path / "run" / "small").exists()  # it is what the search found
    assert model.path == tmp_path / "run" / "tuned" / "seed1" / "model.safetensors"
    tuning = model.header.tuning
    assert (tuning.trials, tuning.folds) == (1, 5)
    page = (tmp_path / "run" / "report.html").read_text()
    assert f"tuned, seed 1: {tuning} (the best of many scores tends to be too high); on test rows r =" in page
    assert (tmp_path / "run" / "tuning" / "trials.tsv").is_file()
    from seqcnn.model.info import describe_bundle

    assert f"   configuration: {tuning}" in describe_bundle(model.path)


def test_the_network_that_a_search_started_from_is_trained_beside_a_better_one(
    dataset, tiny, tmp_path, monkeypatch
):
    from seqcnn.api import fit_folder as module

    better = tiny(args={"hidden": 5})
    monkeypatch.setattr(module, "tune", lambda *_, **__: better)
    plan = fit_plan("best", configs=[("small", tiny())], hours=1)
    student = better.model_copy(update={"teacher": Teacher(model="tuned", spread=True)})
    expected = {"tuned": better, "tuned_distilled": student, "small": tiny()}
    assert search(dataset, plan, tmp_path).networks == expected


def test_the_ensemble_of_a_search_teaches_one_network_which_may_be_the_best(
    dataset, tiny, one_thread, tmp_path, monkeypatch
):
    plan = replace(fit_plan("best", configs=[("small", tiny(epochs=1))], seeds=[1, 2], hours=1), hours=None)
    models = train_models(dataset, plan, tmp_path, machine=one_thread)
    path = tmp_path / "tuned_distilled/seed1/model.safetensors"
    seeds = [tmp_path / f"tuned/seed{seed}/model.safetensors" for seed in (1, 2)]
    digests = [hashlib.sha256(seed.read_bytes()).hexdigest() for seed in seeds]
    assert models[path].header.training["teachers"] == digests
    assert models[path].header.training["teacher_spread"]
    is_student = property(lambda header: float(bool(header.training.get("teachers"))))
    monkeypatch.setattr(Header, "validation_r", is_student)
    assert best_model(plan, models) is models[path]


def test_a_plan_without_a_search_stays_as_it_is(dataset, tmp_path):
    assert search(dataset, plan := fit_plan("fast"), tmp_path) is plan
