import json
import os
import signal
import socket
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from support import forks
from support.paths import ROOT

from seqcnn.errors import ConfigError
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.run_json import history_file
from seqcnn.model.train import train
from seqcnn.model.training.step import RegressorTraining
from seqcnn.model.training.trainer import Machine

RANDOM = {
    "epochs": 40, "strand": "double", "max_shift": 3, "mutation_rate": 0.05, "augmentation": {},
}  # fmt: skip
"""And dropout, which is on by default."""
SHORT = RANDOM | {"epochs": 12}  # where no process has to be caught while it runs


STOPS = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGUSR1, 138)]


@pytest.fixture(autouse=True)
def interruptible():
    """Let SIGINT interrupt, also where the tests run in the background of a shell, which ignores it."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.fixture(scope="module")
def undisturbed(dataset, tiny, one_thread, tmp_path_factory):
    """Bundle and history of a run that nothing disturbed."""
    path = tmp_path_factory.mktemp("undisturbed") / "m"
    train(dataset, tiny(**RANDOM), path, machine=one_thread)
    return path


@pytest.fixture(scope="module")
def short(dataset, tiny, one_thread, tmp_path_factory):
    """Bundle and history of a run of few epochs that nothing disturbed."""
    path = tmp_path_factory.mktemp("short") / "m"
    train(dataset, tiny(**SHORT), path, machine=one_thread)
    return path


@pytest.fixture
def start(dataset, tiny, tmp_path):
    """Return a function that starts `seqcnn train` in a process of its own, and waits for its checkpoint."""
    dataset.save(tmp_path / "dataset.h5")
    config = tiny(**RANDOM).model_dump(mode="json", exclude_none=True)
    (tmp_path / "model.yaml").write_text(json.dumps(config))
    processes = []

    def start(*options, epochs=None, variables=None):
        command = [
            "train",
            tmp_path / "dataset.h5",
            "-o",
            tmp_path / "m",
            "--threads",
            "1",
            "--device",
            "cpu",
        ]
        command += ["--config", tmp_path / "model.yaml", *options]
        command += ["--epochs", str(epochs)] if epochs else []
        output = tmp_path.with_name(f"{tmp_path.name}-said{len(processes)}")
        variables = {"PYTHONPATH": str(ROOT)} | (variables or {})
        fork = options != ("--devices", "2")  # Lightning starts the other device by the name of the program
        place = {"folder": tmp_path, "output": output}
        processes.append(forks.start("seqcnn", *command, **place, variables=variables, fork=fork))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def _written(folder):
    """Return when the checkpoint was written, in ns; 0 if there is none."""
    checkpoint = folder / "m.state" / "last.ckpt"
    return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0


def _wait_for_checkpoint(folder, process, after=0):
    deadline = time.monotonic() + 120
    while _written(folder) <= after:
        assert process.poll() is None, process.said()
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _wait_until_gone(group):
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f"a process of group {group} lives on")


def test_a_training_that_runs_is_not_started_again_and_its_process_is_named(tmp_path, start):
    first = start()
    _wait_for_checkpoint(tmp_path, first)
    second = start()
    assert second.wait(60) == 3
    assert f"m.state/lock: held by 'process {first.pid} on " in second.said()
    assert first.wait(120) == 0
    assert not (tmp_path / "m.state").exists()


def test_a_training_that_is_refused_leaves_no_state(dataset, tiny, one_thread, tmp_path):
    with pytest.raises(ConfigError):
        train(dataset, tiny("mlp", l1=0.1), tmp_path / "m", machine=one_thread)
    assert not (tmp_path / "m.state").exists()


def _same_run(a, b):
    assert a.read_bytes() == b.read_bytes()
    assert history_file(a).read_bytes() == history_file(b).read_bytes()


def test_a_run_with_another_number_of_threads_is_not_resumed(
    dataset, tiny, one_thread, tmp_path, monkeypatch, caplog
):
    def disturbed(self, batch, batch_idx):
        if self.current_epoch == 1:
            raise RuntimeError("disturbed")
        return found(self, batch, batch_idx)

    found = RegressorTraining.training_step
    with monkeypatch.context() as patch:
        patch.setattr(RegressorTraining, "training_step", disturbed)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(dataset, tiny(), tmp_path / "m", machine=one_thread)
    assert (tmp_path / "m.state" / "last.ckpt").is_file()
    train(dataset, tiny(), tmp_path / "m", machine=Machine("cpu", threads=2))
    assert (
        "m.state: interrupted run with other data, configuration, seed, versions, devices or number of "
        "threads, whose weights would differ; training starts at the first epoch"
    ) in caplog.text
    assert "resuming" not in caplog.text
    assert json.loads((tmp_path / "m.run.json").read_text())["epochs"] == tiny().training.epochs


@pytest.mark.parametrize("step", [4, 7, 31])
def test_a_run_disturbed_within_an_epoch_goes_on_as_if_nothing_had_happened(
    dataset, tiny, one_thread, tmp_path, monkeypatch, short, step
):
    found = RegressorTraining.training_step

    def disturbed(self, batch, batch_idx):
        if self.global_step == step:
            raise RuntimeError("disturbed")
        return found(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(RegressorTraining, "training_step", disturbed)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    assert not (tmp_path / "m").exists()
    train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    _same_run(tmp_path / "m", short)


def _signal_in(patch, hook, step):
    """Send SIGINT from within `hook` of the module, once `step` steps are done."""
    found = getattr(RegressorTraining, hook)

    def disturbed(self, *arguments):
        if self.global_step == step:
            signal.raise_signal(signal.SIGINT)
        return found(self, *arguments)

    patch.setattr(RegressorTraining, hook, disturbed)


@pytest.mark.parametrize(
    ("hook", "step", "kept"),
    [
        ("training_step", 0, 1),  # three steps an epoch
        ("training_step", 4, 5),
        ("training_step", 5, 5),  # the last of its epoch: the signal is seen in validation
        ("training_step", 6, 7),
        ("validation_step", 9, 9),
        ("on_validation_epoch_end", 9, 9),
        ("on_validation_epoch_end", 36, 36),
    ],
)
def test_a_signal_at_any_moment_keeps_all_but_the_last_batch_and_changes_nothing(
    dataset, tiny, one_thread, tmp_path, monkeypatch, short, hook, step, kept
):
    usual = [signal.getsignal(number) for number, _ in STOPS]
    with monkeypatch.context() as patch:
        _signal_in(patch, hook, step)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    assert [signal.getsignal(number) for number, _ in STOPS] == usual
    assert [path.name for path in tmp_path.iterdir()] == ["m.state"]
    state = torch.load(tmp_path / "m.state" / "last.ckpt", weights_only=True)
    assert state["global_step"] == kept
    train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    _same_run(tmp_path / "m", short)


def test_signals_in_three_epochs_of_one_run_change_nothing(
    dataset, tiny, one_thread, tmp_path, monkeypatch, short
):
    for step in (1, 2, 10):
        with monkeypatch.context() as patch:
            _signal_in(patch, "training_step", step)
            with pytest.raises(KeyboardInterrupt):
                train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    _same_run(tmp_path / "m", short)


@pytest.mark.parametrize(("number", "code"), [*STOPS, (signal.SIGKILL, -signal.SIGKILL)])
def test_a_run_that_is_stopped_or_killed_goes_on_as_if_nothing_had_happened(
    dataset, tiny, one_thread, tmp_path, undisturbed, start, caplog, number, code
):
    process = start()
    _wait_for_checkpoint(tmp_path, process)
    process.send_signal(number)
    sent = time.time()
    assert process.wait(60) == code
    assert "Traceback" not in process.said()
    assert (tmp_path / "m.state" / "last.ckpt").stat().st_mtime - sent < 5
    assert not (tmp_path / "m").exists()
    train(dataset, tiny(**RANDOM), tmp_path / "m", machine=one_thread)
    assert "resuming the interrupted run" in caplog.text
    _same_run(tmp_path / "m", undisturbed)
    assert not (tmp_path / "m.state").exists()


SLURM = {
    "SLURM_JOB_ID": "17", "SLURM_JOBID": "17", "SLURM_JOB_NAME": "train", "SLURM_NTASKS": "1",
    "SLURM_NTASKS_PER_NODE": "1", "SLURM_NNODES": "1", "SLURM_NODEID": "0", "SLURM_NODELIST": "node[1-2]",
    "SLURM_PROCID": "3", "SLURM_LOCALID": "3", "SLURM_RESTART_COUNT": "1", "SLURM_CPUS_PER_TASK": "1",
}  # fmt: skip
"""What Slurm sets, of the fourth of several trainings that one `srun` started."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGUSR1, 138)])
def test_a_job_that_slurm_ends_and_requeues_goes_on_as_if_nothing_had_happened(
    tmp_path, undisturbed, start, number, code
):
    (tmp_path / "scontrol").write_text("#!/bin/sh\ntouch called\n")  # Lightning would requeue by itself
    (tmp_path / "scontrol").chmod(0o755)
    variables = SLURM | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    process = start(variables=variables)
    _wait_for_checkpoint(tmp_path, process)
    process.send_signal(number)
    assert process.wait(60) == code
    assert "Traceback" not in process.said()
    again = start(variables=variables)
    assert again.wait(240) == 0
    assert again.said().count("resuming the interrupted run") == 1
    _same_run(tmp_path / "m", undisturbed)
    assert not (tmp_path / "called").exists()


def test_two_processes_train_one_model_and_write_it_once(dataset, tmp_path, start):
    process = start("--devices", "2", epochs=2)
    assert process.wait(240) == 0, process.said()
    assert np.isfinite(load_model(tmp_path / "m").predict_rows(dataset.rows)).all()
    assert len((tmp_path / "m.history.csv").read_text().splitlines()) == 3
    assert not (tmp_path / "m.state").exists()


def _srun(start, port, *options):
    """Start two tasks of `srun` on two nodes, here on one machine; return when both have ended."""
    tasks = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "1", "SLURM_LOCALID": "0", "SLURM_JOB_NAME": "s"}
    tasks |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        start("--nodes", "2", *options, variables=tasks | {"SLURM_PROCID": rank, "SLURM_NODEID": rank})
        for rank in ("1", "0")
    ]
    for process in processes:
        assert process.wait(240) == 0, process.said()


def test_two_processes_or_nodes_have_the_losses_of_one_with_the_same_batches(tmp_path, start):
    losses = []
    for options in (["--devices", "1"], ["--devices", "2"], ["--nodes", "2"]):
        args = {"filters": [4, 4], "hidden": 4, "batch_norm": False, "filter_dropout": 0, "dropout": 0}
        training = {"epochs": 4, "batch_size": 16}
        config = {"encoder": "cnn", "args": args, "training": training}
        (tmp_path / "model.yaml").write_text(json.dumps(config))
        if options[0] == "--nodes":
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            _srun(start, port)
        else:
            assert start(*options).wait(240) == 0
        losses.append(np.genfromtxt(tmp_path / "m.history.csv", delimiter=",", names=True))
        for name in ("m", "m.history.csv", "m.run.json"):
            (tmp_path / name).unlink()
    one, *others = losses
    for other in others:
        assert len(one) == len(other) == 4
        assert other["val_loss"] == pytest.approx(one["val_loss"], rel=1e-5)
        assert other["train_loss"] == pytest.approx(one["train_loss"], rel=1e-5)
    assert one["val_loss"][-1] < one["val_loss"][0]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "everywhere"), [(signal.SIGTERM, False), (signal.SIGINT, True)])
def test_two_processes_that_are_stopped_go_on_as_if_nothing_had_happened(tmp_path, start, number, everywhere):
    whole = start("--devices", "2", epochs=60)
    assert whole.wait(240) == 0
    for name in ("m", "m.history.csv", "m.run.json"):
        (tmp_path / name).rename(tmp_path / f"whole-{name}")
    process = start("--devices", "2", epochs=60)
    _wait_for_checkpoint(tmp_path, process)
    (os.killpg if everywhere else os.kill)(process.pid, number)
    assert process.wait(60) == 128 + number
    _wait_until_gone(process.pid)
    assert start("--devices", "2", epochs=60).wait(240) == 0
    for name in ("m", "m.history.csv"):
        assert (tmp_path / name).read_bytes() == (tmp_path / f"whole-{name}").read_bytes()


def test_a_process_that_is_killed_ends_the_others_in_one_line(tmp_path, start):
    process = start("--devices", "2", epochs=5000)
    _wait_for_checkpoint(tmp_path, process)
    (other,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
    os.kill(int(other), signal.SIGKILL)
    assert process.wait(60) == 3
    words = process.said()
    assert words.count("error: training: another process of --devices ended") == 1
    assert "Traceback" not in words
    assert (tmp_path / "m.state" / "last.ckpt").exists()


def test_three_kills_of_one_run_change_nothing(dataset, tiny, one_thread, tmp_path, undisturbed, start):
    for _ in range(3):
        process = start()
        _wait_for_checkpoint(tmp_path, process, after=_written(tmp_path))
        process.kill()
        assert process.wait() == -signal.SIGKILL
    train(dataset, tiny(**RANDOM), tmp_path / "m", machine=one_thread)
    _same_run(tmp_path / "m", undisturbed)


def test_a_folder_of_temporary_files_that_is_missing_changes_nothing(
    dataset, tiny, one_thread, tmp_path, short, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    train(dataset, tiny(**SHORT), tmp_path / "m", machine=one_thread)
    _same_run(tmp_path / "m", short)


def test_a_resumed_run_with_other_devices_starts_anew(dataset, tiny, one_thread, tmp_path):
    from seqcnn.model.training.run_state import fingerprint, is_resumable, start_anew
    from seqcnn.model.training.setup import describe_training, prepare_training

    header = describe_training(prepare_training(dataset, tiny(), 1, one_thread, teachers=()))
    state = tmp_path / "s"
    one, two = (fingerprint(header, dataset, devices) for devices in (1, 2))
    assert not is_resumable(state, one)
    start_anew(state, one)
    assert not is_resumable(state, one)
    (state / "last.ckpt").touch()
    assert is_resumable(state, one)
    assert not is_resumable(state, two)
    start_anew(state, two)
    assert not (state / "last.ckpt").exists()
