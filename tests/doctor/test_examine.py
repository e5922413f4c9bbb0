"""CPU, packages, disk, Slurm and locale of faked machines; text, JSON and exit code of the command."""

import json
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
from support.command_line import cli
from support.fake_machine import CPU_TORCH, INSTALLED, fake_machine

from seqcnn.doctor import machine as machines
from seqcnn.doctor.cpu import cpu_findings
from seqcnn.doctor.examine import as_json, as_text, examine, has_problem
from seqcnn.doctor.machine import Answer
from seqcnn.doctor.packages import package_findings
from seqcnn.doctor.storage import storage_findings
from seqcnn.doctor.surroundings import locale_findings, slurm_findings
from seqcnn.doctor.torch_state import torch_state


@pytest.fixture
def faked(tmp_path):
    """Return what makes a faked machine."""
    return partial(fake_machine, tmp_path)


def shown(findings):
    """Return level, text and next command of each finding that is not ok."""
    return [(f.level, f.text, f.next) for f in findings if f.level != "ok"]


def test_processor_cores_features_and_memory_are_named(faked):
    assert [str(finding) for finding in cpu_findings(faked())] == [
        "ok       CPU: AMD EPYC 9654, 4 cores, AVX2, AVX-512, AMX",
        "ok       memory: 16.4 GB available",
    ]


@pytest.mark.parametrize(
    ("changes", "text", "command"),
    [
        ({"load": 3.0}, "3.0 processes share 4 cores", "--threads 1"),
        ({"environment": {"OMP_NUM_THREADS": "64"}}, "OMP_NUM_THREADS is 64", "export OMP_NUM_THREADS=4"),
        ({"files": {"sys/fs/cgroup/cpu.max": "200000 100000\n"}}, "this container or job may", "--threads 2"),
    ],
)
def test_more_threads_than_free_cores_are_noted(faked, changes, text, command):
    ((level, found_text, found_command),) = shown(cpu_findings(faked(**changes)))
    assert (level, found_command) == ("note", command)
    assert found_text.startswith(text)


@pytest.mark.parametrize(
    "files",
    [
        {"proc/meminfo": "MemAvailable:   900000 kB\n"},
        {"sys/fs/cgroup/memory.max": "4000000000\n", "sys/fs/cgroup/memory.current": "3100000000\n"},
    ],
)
def test_too_little_memory_of_the_machine_or_the_container_is_a_problem(faked, files):
    ((level, text, command),) = shown(cpu_findings(faked(files)))
    assert (level, text) == ("problem", "0.9 GB available; trainings may be stopped by the system")
    assert "train --memory MB" in command


def test_an_unlimited_container_has_the_memory_of_the_machine(faked):
    files = {"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}
    assert shown(cpu_findings(faked(files))) == []


def test_extras_are_listed_and_those_that_are_missing_have_a_command(faked):
    installed = {name: version for name, version in INSTALLED.items() if name != "optuna"}
    findings = package_findings(faked(installed=installed))
    assert "interpret" in findings[-2].text
    assert "tune" not in findings[-2].text
    assert findings[-1].text == "not installed: tune; needed by some commands only"
    assert findings[-1].next == "pip install 'seqcnn[tune]'"


@pytest.mark.parametrize(
    ("change", "text", "command"),
    [
        (
            {"torch": "2.6.0"},
            "torch 2.6.0 is installed; expected <2.14,>=2.10",
            "pip install 'torch<2.14,>=2.10'",
        ),
        ({"optuna": "3.0"}, "optuna 3.0 is installed; expected >=4.5", "pip install 'optuna>=4.5'"),
        (
            {"modiscolite": "2.0"},
            "modisco-lite and modiscolite: both install the module `modiscolite`, and overwrite each other",
            "pip uninstall -y modisco-lite modiscolite && pip install modisco-lite",
        ),
    ],
)
def test_old_and_conflicting_packages_are_problems(faked, change, text, command):
    findings = package_findings(faked(installed=INSTALLED | change))
    assert shown(findings) == [("problem", text, command)]


def test_a_missing_required_package_is_a_problem(faked):
    findings = package_findings(faked(installed={"torch": "2.13.0"}))
    assert shown(findings)[0] == ("problem", "required packages are missing", "pip install 'click>=8.1'")


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({"free_bytes": lambda folder: 3e9}, "note", "the current folder has 3.0 GB of free space"),
        ({"free_bytes": lambda folder: 2e8}, "problem", "the current folder has 0.2 GB of free space"),
        (
            {"write_fault": lambda folder: "Read-only file system"},
            "problem",
            "the current folder cannot be written to: Read-only file system",
        ),
    ],
)
def test_full_and_read_only_folders_are_named_by_their_purpose(faked, changes, level, text):
    ((found_level, found_text, command),) = shown(storage_findings(faked(**changes)))
    assert (found_level, found_text) == (level, text)
    assert command.endswith("change to a folder that you may write to")


def test_a_folder_is_written_to_for_real(tmp_path):
    assert machines.write_fault(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
    assert machines.write_fault(tmp_path / "new") == ""
    assert machines.write_fault(tmp_path / "absent/new") == "No such file or directory"
    assert machines.free_bytes(tmp_path / "absent/new") == machines.free_bytes(tmp_path) > 0


def test_a_login_node_points_to_a_job(faked):
    findings = slurm_findings(faked(programs={"sbatch": Answer(0, "slurm 24.05")}))
    assert [f.next for f in findings] == [
        "srun --cpus-per-task=4 --gres=gpu:1 --pty seqcnn doctor",
        "pip install snakemake-executor-plugin-slurm",
    ]
    assert slurm_findings(faked()) == []


def test_a_job_without_a_gpu_and_with_fewer_cpus_than_are_visible_says_so(faked):
    job = {"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "2"}
    commands = [f.next for f in slurm_findings(faked(environment=job))]
    assert commands == ["", "--threads 2", "sbatch --gres=gpu:1 ..."]
    job["SLURM_GPUS"] = "1"
    assert [f.next for f in slurm_findings(faked(environment=job))] == ["", "--threads 2"]


@pytest.mark.parametrize(
    ("encoding", "command"), [("UTF-8", ""), ("utf8", ""), ("ANSI_X3.4-1968", "export LC_ALL=C.UTF-8")]
)
def test_an_encoding_other_than_utf_8_is_noted(faked, encoding, command):
    assert locale_findings(faked(encoding=encoding))[0].next == command


def test_secrets_and_paths_are_in_neither_text_nor_json(faked):
    environment = {"AWS_SECRET_ACCESS_KEY": "hunter2", "SLURM_JOB_ID": "hunter2", "HTTPS_PROXY": "hunter2"}
    machine = faked(environment=environment, folders={"cache folder": Path("/home/hunter2")})
    findings = examine(machine)
    assert "hunter2" not in as_text(machine, findings) + as_json(machine, findings)


def test_torch_is_asked_for_real():
    state = torch_state()
    assert state.version
    assert state.teraflops > 0


def test_a_program_that_is_not_there_has_no_answer_and_others_have_their_output_and_code():
    assert machines.run_program(["seqcnn-no-such-program"]) is None
    assert machines.run_program(["sh", "-c", "echo out; exit 3"]) == Answer(3, "out\n")
    assert machines.run_program(["sh", "-c", "echo fault >&2; exit 1"]) == Answer(1, "fault\n")


@pytest.mark.parametrize(("torch", "code"), [(CPU_TORCH, 0), (replace(CPU_TORCH, version=""), 3)])
def test_the_command_prints_findings_and_exits_with_3_at_a_problem(faked, torch, code, monkeypatch, capsys):
    machine = faked(torch=torch)
    monkeypatch.setattr(machines, "this_machine", lambda: machine)
    assert cli("doctor") == code
    text = capsys.readouterr().out
    assert text.startswith(f"seqcnn {version('seqcnn')}, torch {torch.version or '-'}\n")
    assert "\nok       locale: text is printed as UTF-8\n" in text
    assert cli("doctor", "--json") == code
    report = json.loads(capsys.readouterr().out)
    assert report["torch"]["version"] == torch.version
    assert has_problem(examine(machine)) == bool(code)
    assert {finding["level"] for finding in report["findings"]} <= {"ok", "note", "problem"}
