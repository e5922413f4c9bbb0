"""The pipeline with the shipped profile: cancelled jobs and a killed head leave whole results."""

import os
import shutil
import signal

import pytest
import yaml
from support import forks
from support.paths import ROOT
from support.pipeline import seqcnn
from support.slurm import wait_until

pytestmark = pytest.mark.cluster

CONFIG = {
    "name": "toy",
    "sequences": "oligos.fa",
    "targets": "targets.tsv",
    "data": {"targets": ["expression"]},
    "models": ["slow"],
    "shards": 2,
}
POLLS = ("--seconds-between-status-checks=5", "--slurm-init-seconds-before-status-checks=5")
MEMBER = "results/toy/slow/seed1"


def start_head(slurm, folder, name):
    """Start the pipeline; its process submits the jobs, and waits for them."""
    arguments = ("run", "pipeline.yaml", "--profile", "profiles/slurm", "--verbose", *POLLS)
    variables = slurm.variables | {"PYTHONPATH": str(ROOT)}
    output = folder / f"{name}.log"
    return forks.start("seqcnn", *arguments, folder=folder, output=output, variables=variables, fork=False)


def trainings(slurm):
    """Return number -> state of the jobs that train."""
    lines = slurm.run("squeue", "--states=all", "-h", "-o", "%A %T %k").splitlines()
    jobs = [line.split() for line in lines if "rule_train" in line]
    return {number: state for number, state, _ in jobs}


@pytest.fixture(scope="module")
def run(slurm, undisturbed, tmp_path_factory):
    """Return the folder of a pipeline whose training was cancelled, and then its head killed."""
    folder = tmp_path_factory.mktemp("pipeline")
    for name in ("oligos.fa", "targets.tsv"):
        shutil.copy(undisturbed / name, folder)
    (folder / "configs/models").mkdir(parents=True)
    shutil.copy(undisturbed / "slow.yaml", folder / "configs/models")
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(CONFIG))
    head = start_head(slurm, folder, "first")
    state = folder / f"{MEMBER}/model.safetensors.state"
    wait_until((state / "last.ckpt").exists, "checkpoint of the training", seconds=300)
    slurm.run("scancel", *trainings(slurm))
    wait_until(lambda: "RUNNING" in trainings(slurm).values(), "second attempt", seconds=120)
    os.killpg(head.pid, signal.SIGKILL)
    head.wait()
    for number in range(3):  # one that trains while the job of the killed head does so ends with an error
        if start_head(slurm, folder, f"next{number}").wait(600) == 0:
            return folder
        wait_until(lambda: "RUNNING" not in trainings(slurm).values(), "end of the training", seconds=300)
    raise AssertionError((folder / "next2.log").read_text())


def test_a_cancelled_training_is_noticed_and_submitted_again(run):
    log = (run / "first.log").read_text()
    assert "SLURM status is: 'CANCELLED'" in log
    assert "Trying to restart job" in log


def test_all_results_are_there_and_nothing_is_left_to_do(slurm, run):
    page = (run / "results/toy/report.html").read_bytes()
    assert page.rstrip().endswith(b"</html>")
    head = start_head(slurm, run, "last")
    assert head.wait(120) == 0
    assert "Nothing to be done" in head.said()


def test_the_model_is_that_of_a_training_that_nothing_interrupted(run):
    threads = min(8, len(os.sched_getaffinity(0)))  # 8 of the profile, or the cores of this machine
    options = ("--config", "configs/models/slow.yaml", "--threads", threads, "--seed", 1)
    seqcnn("train", "results/toy/dataset.h5", *options, "-o", "alone/model.safetensors", folder=run)
    for name in ("model.safetensors", "history.csv"):
        assert (run / "alone" / name).read_bytes() == (run / MEMBER / name).read_bytes(), name


def test_the_predictions_of_two_shards_are_those_of_one_command(run):
    options = ("-m", f"{MEMBER}/model.safetensors", "-o", "alone.tsv")
    seqcnn("predict", "results/toy/dataset.h5", *options, folder=run)
    assert (run / "alone.tsv").read_bytes() == (run / MEMBER / "predictions.tsv").read_bytes()
