"""Single jobs on Slurm: interrupted trainings resume, `srun` starts tasks, arrays compute shards."""

import csv
import json
import os
import shutil
import signal

import pytest
from support.pipeline import seqcnn
from support.slurm import wait_until

pytestmark = pytest.mark.cluster

TRAIN = "seqcnn train dataset.h5 --config slow.yaml --threads 1 --device cpu -o new/model.safetensors"
CHECKPOINT = "new/model.safetensors.state/last.ckpt"


@pytest.fixture
def lab(undisturbed, tmp_path):
    """Return a folder with the files of a training."""
    for name in ("dataset.h5", "slow.yaml", "oligos.fa"):
        shutil.copy(undisturbed / name, tmp_path / name)
    return tmp_path


def wait_for_checkpoint(lab):
    """Wait until a training has written its state."""
    wait_until((lab / CHECKPOINT).exists, f"no {CHECKPOINT}", seconds=180)


def stop_processes(slurm, job):
    """Stop the processes of a job, of which Slurm is not told."""
    _, *lines = slurm.run("scontrol", "listpids", job).splitlines()
    for pid in (int(line.split()[0]) for line in lines):
        if pid > 0:
            os.kill(pid, signal.SIGSTOP)


def assert_same_training(lab, undisturbed):
    """Compare the model and the losses with those of the training that nothing interrupted."""
    for name in ("model.safetensors", "history.csv"):
        assert (lab / "new" / name).read_bytes() == (undisturbed / name).read_bytes(), name


def test_a_training_that_is_requeued_resumes_to_the_same_bytes(slurm, lab, undisturbed):
    job = slurm.submit(TRAIN, "--requeue", "--open-mode=append", folder=lab)
    wait_for_checkpoint(lab)
    slurm.run("scontrol", "requeue", job)
    wait_until(lambda: slurm.state_of(job) == {"PENDING"}, "requeue", seconds=60)
    slurm.run("scontrol", "update", f"JobId={job}", "StartTime=now")  # else after two minutes
    assert slurm.end_of(job) == {"COMPLETED"}
    assert "resuming the interrupted run" in (lab / "job.log").read_text()
    assert_same_training(lab, undisturbed)


def test_a_training_at_its_time_limit_resumes_by_the_same_command_to_the_same_bytes(slurm, lab, undisturbed):
    job = slurm.submit(TRAIN, folder=lab)
    wait_for_checkpoint(lab)
    stop_processes(slurm, job)  # else they may end before Slurm looks at the limit
    slurm.run("scontrol", "update", f"JobId={job}", "EndTime=now+1")
    assert slurm.end_of(job) == {"TIMEOUT"}
    assert not (lab / "new/model.safetensors").exists()
    assert slurm.end_of(slurm.submit(TRAIN, folder=lab)) == {"COMPLETED"}
    assert_same_training(lab, undisturbed)


def test_a_training_that_is_cancelled_resumes_by_the_same_command_to_the_same_bytes(slurm, lab, undisturbed):
    job = slurm.submit(TRAIN, folder=lab)
    wait_for_checkpoint(lab)
    slurm.run("scancel", job)
    assert slurm.end_of(job) == {"CANCELLED"}
    assert slurm.end_of(slurm.submit(TRAIN, folder=lab)) == {"COMPLETED"}
    assert_same_training(lab, undisturbed)


def test_a_second_training_of_the_same_model_is_refused_and_names_the_job_of_the_first(slurm, lab):
    job = slurm.submit(f"{TRAIN} --epochs 1000", folder=lab)
    wait_for_checkpoint(lab)
    second = slurm.submit(f"{TRAIN} --epochs 1000; echo code $?", "-J", "second", folder=lab)
    assert slurm.end_of(second) == {"COMPLETED"}
    slurm.run("scancel", job)
    said = (lab / "second.log").read_text()
    assert f", Slurm job {job}, since" in said
    assert "code 3" in said


def test_of_two_tasks_of_srun_the_first_trains(slurm, lab, undisturbed):
    job = slurm.submit(f"srun -n 2 {TRAIN}", "--ntasks=2", folder=lab)
    assert slurm.end_of(job) == {"COMPLETED"}
    assert (lab / "job.log").read_text().count("task 1 of 2 leaves the work to task 0") == 1
    assert_same_training(lab, undisturbed)


def test_two_nodes_train_one_model_with_the_losses_of_one(slurm, lab):
    config = json.loads((lab / "slow.yaml").read_text())
    config["args"] |= {"batch_norm": False, "filter_dropout": 0, "dropout": 0}  # differ in each process
    (lab / "slow.yaml").write_text(json.dumps(config))
    nodes = ("--nodes=2", "--ntasks-per-node=1", "--export=ALL,MASTER_ADDR=127.0.0.1")  # n1 has no address
    options = ("--config", "slow.yaml", "--epochs", 5, "--threads", 1, "--device", "cpu")
    seqcnn("train", "dataset.h5", *options, "-o", "one/model.safetensors", folder=lab)
    job = slurm.submit(f"srun {TRAIN} --nodes 2 --epochs 5", *nodes, folder=lab)
    assert slurm.end_of(job) == {"COMPLETED"}, (lab / "job.log").read_text()
    one, two = _losses(lab / "one"), _losses(lab / "new")
    assert two[0] == pytest.approx(one[0], rel=1e-5)
    assert two == pytest.approx(one, rel=0.02)  # the last batch of an epoch has an odd number of rows


def _losses(folder):
    """Return the training losses of all epochs."""
    with (folder / "history.csv").open() as file:
        return [float(row["train_loss"]) for row in csv.DictReader(file)]


def test_an_array_of_shards_and_gather_give_the_bytes_of_one_run(slurm, lab, undisturbed):
    model = undisturbed / "model.safetensors"
    command = f"seqcnn predict oligos.fa -m {model} --threads 1 -o part$SLURM_ARRAY_TASK_ID.tsv --shard "
    job = slurm.submit(command + "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT", "--array=1-4", folder=lab)
    assert slurm.end_of(job) == {"COMPLETED"}
    (lab / "part3.tsv").unlink()  # a task that failed is repeated alone
    again = slurm.submit(command + "$SLURM_ARRAY_TASK_ID/4", "--array=3", folder=lab)
    assert slurm.end_of(again) == {"COMPLETED"}
    seqcnn("gather", *(f"part{number}.tsv" for number in (4, 2, 1, 3)), "-o", "joined.tsv", folder=lab)
    seqcnn("predict", "oligos.fa", "-m", model, "-o", "whole.tsv", folder=lab)
    assert (lab / "joined.tsv").read_bytes() == (lab / "whole.tsv").read_bytes()
