import datetime
import os
import re
import subprocess
import sys

import pytest
from support.paths import ROOT

from seqcnn.cli import main
from seqcnn.errors import EnvironmentFault
from seqcnn.io.lock import acquire, is_running, last_holder, refuse_locked

HOLD = (
    "import sys; from pathlib import Path; from seqcnn.io.lock import acquire; acquire(Path(sys.argv[1])); "
)


def no_locks(*arguments):
    """Stand in for `flock` on a file system without locks."""
    raise OSError(95, "Operation not supported")


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a process which takes the lock, and then does what it is told."""
    processes = []

    def start(then):
        code = HOLD + "print(flush=True); " + then
        command = [sys.executable, "-c", code, tmp_path / "lock"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_lock_that_is_held_is_refused_with_its_holders_number_machine_and_time(tmp_path, start):
    process = start("input()")
    words = rf"process {process.pid} on {re.escape(os.uname().nodename)} since 20\d\d-\d\d-\d\d"
    with pytest.raises(EnvironmentFault, match=words + r".*; wait for it, or use another folder"):
        acquire(tmp_path / "lock")
    holder, alive = last_holder(tmp_path / "lock")
    assert re.match(words, holder)
    assert alive


def test_a_second_pipeline_is_refused_and_a_dry_run_is_not(tmp_path, start, monkeypatch, capfd):
    for name in ("configs", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    started = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append(arguments[-1]))
    process = start("input()")
    (tmp_path / ".snakemake" / "seqcnn.lock").hardlink_to(tmp_path / "lock")
    codes = []
    for arguments in (["run"], ["run", "-n"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        codes.append(stop.value.code or 0)
    assert codes == [3, 0]
    assert started == ["-n"]
    assert f"process {process.pid} on " in capfd.readouterr().err


def test_a_lock_names_this_process_until_it_ends(tmp_path, monkeypatch):
    ends = []
    monkeypatch.setattr("atexit.register", lambda *call: ends.append(call))
    acquire(tmp_path / "lock")
    holder = f"process {os.getpid()} on {os.uname().nodename} since "
    assert (tmp_path / "lock").read_text().startswith(f"\n{holder}")
    with pytest.raises(EnvironmentFault, match=rf"lock: held by '{re.escape(holder)}"):
        refuse_locked(tmp_path / "lock")
    ((truncate, descriptor, length),) = ends
    truncate(descriptor, length)
    os.close(descriptor)
    refuse_locked(tmp_path / "lock")
    assert last_holder(tmp_path / "lock") == ("", False)


def test_a_file_system_without_locks_has_no_holder(tmp_path, monkeypatch):
    monkeypatch.setattr("fcntl.flock", no_locks)
    (tmp_path / "lock").write_text("")
    refuse_locked(tmp_path / "lock")
    assert last_holder(tmp_path / "lock") == ("", False)


def test_a_lock_falls_with_its_holder_and_still_names_one_that_was_killed(tmp_path, start):
    process = start("input()")
    process.kill()
    process.wait()
    holder, alive = last_holder(tmp_path / "lock")
    assert (f"process {process.pid} " in holder, alive) == (True, False)
    start("input()")


def test_a_holder_that_ends_by_itself_leaves_no_name(tmp_path, start):
    start("").wait()
    assert last_holder(tmp_path / "lock") == ("", False)


def test_a_lock_that_never_was_is_free(tmp_path):
    assert last_holder(tmp_path / "lock") == ("", False)


@pytest.mark.parametrize("locks", [True, False])
def test_a_holder_of_which_nothing_can_be_told_counts_as_alive(tmp_path, monkeypatch, locks):
    (tmp_path / "lock").write_text("\nprocess 7 on another-machine since 2026-01-01")
    if not locks:
        monkeypatch.setattr("fcntl.flock", no_locks)
    assert last_holder(tmp_path / "lock") == ("process 7 on another-machine since 2026-01-01", True)
    acquire(tmp_path / "lock")  # nothing holds it here


def test_without_locks_a_holder_on_this_machine_is_refused_as_long_as_its_process_runs(
    tmp_path, start, monkeypatch
):
    process = start("input()")
    monkeypatch.setattr("fcntl.flock", no_locks)
    assert last_holder(tmp_path / "lock")[1]
    for use in (acquire, refuse_locked):
        with pytest.raises(EnvironmentFault, match=rf"held by 'process {process.pid} on "):
            use(tmp_path / "lock")
    process.kill()
    process.wait()
    assert last_holder(tmp_path / "lock")[1] is False
    acquire(tmp_path / "lock")


def test_a_number_that_a_later_process_has_is_no_holder(tmp_path, start, monkeypatch):
    process = start("input()")
    before = datetime.datetime(2020, 1, 1).astimezone().isoformat(" ", "seconds")
    (tmp_path / "lock").write_text(f"\nprocess {process.pid} on {os.uname().nodename} since {before}")
    monkeypatch.setattr("fcntl.flock", no_locks)
    assert last_holder(tmp_path / "lock")[1] is False


@pytest.mark.parametrize("has_psutil", [True, False])
def test_a_process_runs_until_it_has_ended(has_psutil, monkeypatch, start):
    process = start("input()")
    if not has_psutil:
        monkeypatch.setitem(sys.modules, "psutil", None)
    assert is_running(process.pid)
    process.kill()
    process.wait()
    assert not is_running(process.pid)


def test_no_signal_is_sent_on_windows_where_it_would_end_the_process(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr("seqcnn.io.lock.os.name", "nt")
    monkeypatch.setattr(os, "kill", None)
    assert is_running(os.getpid())


@pytest.mark.parametrize(("job", "name"), [("123_4", ", Slurm job 123_4, since "), ("a\nb", " since ")])
def test_a_holder_in_a_job_of_slurm_names_the_job(job, name, tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", job)
    monkeypatch.setattr("atexit.register", lambda *call: None)
    acquire(tmp_path / "lock")
    holder, runs = last_holder(tmp_path / "lock")
    assert (f"process {os.getpid()} on {os.uname().nodename}{name}" in holder, runs) == (True, True)


@pytest.mark.parametrize("use", [acquire, refuse_locked, last_holder])
@pytest.mark.parametrize("kind", ["a pipe", "a link"])
def test_a_lock_that_is_no_regular_file_is_refused_and_what_it_leads_to_is_unchanged(use, kind, tmp_path):
    (tmp_path / "victim").write_text("text")
    if kind == "a pipe":
        os.mkfifo(tmp_path / "lock")
    else:
        (tmp_path / "lock").symlink_to("victim")
    with pytest.raises(EnvironmentFault, match=f"lock: {kind} found; expected a regular file; remove it"):
        use(tmp_path / "lock")
    assert (tmp_path / "victim").read_text() == "text"
