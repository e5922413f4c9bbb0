import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import no_ignored_signals

from seqcnn.model.lightning_module import RegressorTraining
from seqcnn.model.predict import load_model
from seqcnn.model.train import train

ROOT = Path(__file__).parents[1]
RANDOM = {"epochs": 40, "strand": "double", "shift": 3, "mutate": 0.05}  # and dropout, which is on by default


@pytest.fixture(scope="module")
def undisturbed(dataset, tiny, one_thread, tmp_path_factory):
    """Bundle and history of a run that nothing disturbed."""
    path = tmp_path_factory.mktemp("undisturbed") / "m"
    train(dataset, tiny(**RANDOM), path, machine=one_thread)
    return path


@pytest.fixture
def start(dataset, tiny, tmp_path):
    """Return a function that starts `seqcnn train` in a process of its own, and waits for its checkpoint."""
    dataset.save(tmp_path / "dataset.h5")
    config = tiny(**RANDOM).model_dump(mode="json", exclude_none=True)
    (tmp_path / "model.yaml").write_text(json.dumps(config))
    processes = []

    def start(*options, epochs=None):
        command = [sys.executable, "-m", "seqcnn", "train", tmp_path / "dataset.h5", "-o", tmp_path / "m"]
        command += ["--model", tmp_path / "model.yaml", "--threads", "1", "--device", "cpu", *options]
        command += ["--epochs", str(epochs)] if epochs else []
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        quiet = {"stderr": subprocess.PIPE, "text": True, "preexec_fn": no_ignored_signals}
        process = subprocess.Popen(command, env=environment, cwd=tmp_path, **quiet)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def _wait_for_checkpoint(folder, process):
    deadline = time.monotonic() + 120
    while not (folder / "m.state" / "last.ckpt").exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _same_run(a, b):
    assert a.read_bytes() == b.read_bytes()
    assert a.with_name("history.csv").read_bytes() == b.with_name("history.csv").read_bytes()


@pytest.mark.parametrize("step", [4, 7, 61])
def test_a_run_disturbed_within_an_epoch_goes_on_as_if_nothing_had_happened(
    dataset, tiny, one_thread, tmp_path, monkeypatch, undisturbed, step
):
    found = RegressorTraining.training_step

    def disturbed(self, batch, batch_idx):
        if self.global_step == step:
            raise RuntimeError("disturbed")
        return found(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(RegressorTraining, "training_step", disturbed)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(dataset, tiny(**RANDOM), tmp_path / "m", machine=one_thread)
    assert not (tmp_path / "m").exists()
    train(dataset, tiny(**RANDOM), tmp_path / "m", machine=one_thread)
    _same_run(tmp_path / "m", undisturbed)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    dataset, tiny, one_thread, tmp_path, undisturbed, start, caplog
):
    process = start()
    _wait_for_checkpoint(tmp_path, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "m").exists()
    train(dataset, tiny(**RANDOM), tmp_path / "m", machine=one_thread)
    assert "resuming the interrupted run" in caplog.text
    _same_run(tmp_path / "m", undisturbed)
    assert not (tmp_path / "m.state").exists()


STOPS = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGUSR1, 138)]


@pytest.mark.parametrize(("number", "code"), STOPS)
def test_a_run_that_is_asked_to_stop_exits_with_the_signal_and_writes_no_bundle(
    tmp_path, start, number, code
):
    process = start(epochs=5000)
    _wait_for_checkpoint(tmp_path, process)
    process.send_signal(number)
    _, words = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in words
    assert not (tmp_path / "m").exists()
    assert (tmp_path / "m.state" / "last.ckpt").exists()


def test_two_processes_train_one_model_and_write_it_once(dataset, tmp_path, start):
    process = start("--devices", "2", epochs=2)
    _, words = process.communicate(timeout=240)
    assert process.returncode == 0, words
    assert np.isfinite(load_model(tmp_path / "m").predict_rows(dataset.rows)).all()
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3
    assert not (tmp_path / "m.state").exists()


def test_a_resumed_run_with_other_devices_starts_anew(dataset, tiny, one_thread, tmp_path):
    from seqcnn.model.train import _header, _resumable
    from seqcnn.model.trainer import Machine

    header = _header(dataset, tiny(), 1, {})
    assert not _resumable(tmp_path / "s", dataset, header, one_thread)
    (tmp_path / "s" / "last.ckpt").touch()
    assert _resumable(tmp_path / "s", dataset, header, one_thread)
    assert not _resumable(tmp_path / "s", dataset, header, Machine("cpu", devices=2))
    assert not (tmp_path / "s" / "last.ckpt").exists()
