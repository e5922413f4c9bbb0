"""The n-th write, flush or rename fails, n = 1, 2, ... until the command succeeds, for every command."""

import builtins
import errno
import io
import itertools
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.writing_commands import SLOW, TRIED, written

from benchmarks.reliability.writing_commands import WRITING, run
from seqcnn.cli import app
from seqcnn.model import baseline, train, tune

pytestmark = pytest.mark.usefixtures("quick_export")


class Disk:
    """A disk whose `at`-th call that changes it fails."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def tick(self) -> None:
        """Count one call; fail if its turn has come."""
        self.calls += 1
        if self.calls == self.at:
            number = errno.ENOSPC if self.at % 2 else errno.EIO
            raise OSError(number, os.strerror(number))

    def file(self, found, path, mode="r", *arguments, **options):
        """Open a file; one that is written to counts every write."""
        if "w" not in mode or str(path).startswith("/dev"):
            return found(path, mode, *arguments, **options)
        self.tick()
        if "+" in mode:
            return found(path, mode, *arguments, **options)
        disk = self

        class Raw(io.FileIO):
            def write(self, data):
                disk.tick()
                return super().write(data)

        buffered = io.BufferedWriter(Raw(path, "w"))
        if "b" in mode:
            return buffered
        names = ("encoding", "errors", "newline")
        return io.TextIOWrapper(buffered, **{name: options.get(name) for name in names})

    def call(self, found):
        """Wrap a call of the system."""

        def call(*arguments, **options):
            self.tick()
            return found(*arguments, **options)

        return call


def fail_at(patch: pytest.MonkeyPatch, n: int) -> Disk:
    """Let the n-th call that changes the disk fail."""
    disk, opened = Disk(n), io.open
    for module in (io, builtins):
        patch.setattr(module, "open", lambda *a, **o: disk.file(opened, *a, **o))
    for name in ("fsync", "replace", "mkdir"):
        patch.setattr(os, name, disk.call(getattr(os, name)))
    return disk


@pytest.fixture
def place(inputs, tmp_path, monkeypatch):
    """Stand in a folder with the inputs of all commands, on a clock that stands still."""
    for path in inputs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    for module in (train, baseline, tune):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 0.0))


def test_every_command_that_writes_is_tried():
    writing = {n for n, command in app.commands.items() if "output" in {p.name for p in command.params}}
    assert writing == {*WRITING, "fetch"}


@pytest.mark.parametrize("name", TRIED)
def test_whichever_call_fails_files_are_whole_and_a_rerun_completes(name, place, capfd):
    command, calls = [name, *WRITING[name]], itertools.count(1)
    assert run(*command) == 0
    expected = written()
    for n in (2**k for k in calls) if name in SLOW else calls:
        os.rename("out", f"before{n}")
        capfd.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            disk = fail_at(patch, n)
            code = run(*command)
        said, found = capfd.readouterr().err, written()
        if disk.calls < n:
            break
        assert not list(Path("out").rglob("*.part"))
        if code == 0:  # the flush of a folder, which some file systems cannot do, may fail
            assert found == expected
            continue
        assert (code, said.count("error:"), said.count("Traceback")) == (3, 1, 0), (n, said)
        assert found.items() <= expected.items(), n
        assert run(*command) == 0
        assert written() == expected, n
    assert (code, found) == (0, expected), said
    assert n > 4
