"""Every command that writes, as a user who may, and as one who may not write to the folder."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.writing_commands import TRIED, written

from benchmarks.reliability.writing_commands import WRITING, run
from seqcnn.genome.track import bigwig

pytestmark = pytest.mark.usefixtures("quick_export")

NOBODY = 65534


@contextmanager
def another_user():
    """Be nobody inside the block, since root may do everything; others stay who they are."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(os.getuid())


@contextmanager
def oneself():
    """Be the user who runs the tests again inside the block."""
    other = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(other)


@pytest.fixture(autouse=True)
def processes_of_oneself(monkeypatch):
    """Start the process that writes a bigWig as oneself: others may not execute an interpreter in /root."""
    start = bigwig._run

    def run_as_oneself(*arguments, **options):
        with oneself():
            return start(*arguments, **options)

    monkeypatch.setattr(bigwig, "_run", run_as_oneself)


@pytest.fixture
def folder(inputs, monkeypatch):
    """Stand in a folder that everybody may read, unlike those of pytest, with the inputs of all commands."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(inputs, name, dirs_exist_ok=True)
        os.chmod(name, 0o755)
        monkeypatch.chdir(name)
        yield


def _make_out(mode):
    """Make the folder of the outputs, another user's."""
    os.mkdir("out")
    if os.geteuid() == 0:
        os.chown("out", NOBODY, NOBODY)
    os.chmod("out", mode)


@pytest.mark.parametrize("name", TRIED)
def test_who_may_not_write_is_told_so_and_who_may_writes_the_same(name, folder, capfd):
    command = [name, *WRITING[name]]
    assert run(*command) == 0  # also imports all that is needed
    names = set(written())
    shutil.rmtree("out")
    _make_out(0o555)
    before = sorted(Path().rglob("*"))
    capfd.readouterr()
    with another_user():
        assert run(*command) == 3
    (error,) = [line for line in capfd.readouterr().err.splitlines() if "warning: " not in line]
    assert error.endswith(": Permission denied; choose a folder that you may write to")
    assert sorted(Path().rglob("*")) == before
    os.rmdir("out")
    _make_out(0o755)
    with another_user():
        assert run(*command) == 0
    assert set(written()) == names
