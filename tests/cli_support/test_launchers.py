"""Commands that a launcher starts several times."""

import pytest
from support.command_line import cli

from seqcnn.cli_support.launchers import leave_to_first_task
from seqcnn.errors import UsageError


@pytest.fixture
def launched(monkeypatch):
    """Return a function that sets the variables of a launcher."""
    for name in ("RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_NTASKS_PER_NODE"):
        monkeypatch.delenv(name, raising=False)

    def launched(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return launched


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "2"},  # the first task, or a batch script
        {"SLURM_PROCID": "1", "SLURM_NTASKS": "1"},
        {"SLURM_PROCID": "x", "SLURM_NTASKS": "2"},
        {"RANK": "0", "WORLD_SIZE": "1"},
        {"LOCAL_RANK": "1", "WORLD_SIZE": "2"},  # of --devices
    ],
)
def test_the_first_task_and_a_process_of_devices_work(launched, variables):
    launched(**variables)
    leave_to_first_task()


def test_another_task_of_srun_leaves_before_it_reads_anything_with_one_line(launched, tmp_path, capsys):
    launched(SLURM_PROCID="1", SLURM_NTASKS="2")
    for command in (["train", "none.h5"], ["fit", "none.fa", "none.tsv"]):
        assert cli(*command, "-o", tmp_path / "out") == 0
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("seqcnn: task 1 of 2 leaves the work to task 0;")
    assert not (tmp_path / "out").exists()


def test_torchrun_is_refused_in_one_line(launched, tmp_path, capsys):
    launched(RANK="1", WORLD_SIZE="2")
    with pytest.raises(UsageError):
        leave_to_first_task()
    assert cli("train", "none.h5", "-o", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "torchrun started 2 processes; start seqcnn alone" in line


@pytest.mark.parametrize("tasks", [{}, {"SLURM_NTASKS": "4", "SLURM_NTASKS_PER_NODE": "2"}])
def test_several_nodes_need_a_task_of_srun_per_device(launched, tmp_path, capsys, tasks):
    launched(**tasks)
    assert cli("train", "none.h5", "--nodes", "2", "--devices", "4", "-o", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "start it with `srun --nodes 2 --ntasks-per-node 4 seqcnn train ...`" in line
