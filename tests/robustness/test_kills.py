"""Commands and pipelines that are stopped or killed from outside."""

import os
import signal
import subprocess
import sys
import time

import pytest
from support.paths import ROOT
from support.planted import planted
from support.signals import no_ignored_signals

from benchmarks.reliability import faults


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGUSR1, 138)],
)
def test_a_prediction_that_is_asked_to_stop_leaves_the_old_output_and_nothing_else(
    bundle, tmp_path, number, code
):
    (tmp_path / "out.tsv").write_text("old")
    command = [sys.executable, "-m", "seqcnn", "-q", "predict", "-", "-m", bundle, "--overwrite"]
    command += ["-o", tmp_path / "out.tsv"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": no_ignored_signals}
    process = subprocess.Popen(command, env=environment, **pipes)
    process.stdin.write(f">a\n{planted(1)[0][0]}\n".encode())
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".out.tsv.*.part")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == code
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv"]
    assert (tmp_path / "out.tsv").read_text() == "old"


@pytest.mark.slow
def test_pipelines_killed_at_random_moments_give_the_same_files():
    found = faults.pipeline_kills(3)
    killed, same = found.values()
    assert killed == same > 0


@pytest.mark.slow
def test_trainings_killed_at_random_moments_give_the_same_files():
    found = faults.training_kills(3)
    killed, same = found.values()
    assert killed == same > 0
