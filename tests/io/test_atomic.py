import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import cli

from seqcnn.errors import EnvironmentFault, UsageError
from seqcnn.io import atomic as output
from seqcnn.io.atomic import (
    atomic_path,
    environment_faults,
    refuse_file,
    refuse_folder,
    refuse_output,
    refuse_outputs,
)


def write(path, text="new"):
    with atomic_path(path) as temporary:
        temporary.write_text(text)


def write_half(path, error):
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_under_its_name_and_alone(tmp_path):
    path = tmp_path / "a" / "b" / "out.tsv"
    with atomic_path(path) as temporary:
        temporary.write_text("x")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_text() == "x"
    assert names(path.parent) == ["out.tsv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_no_temporary_one(tmp_path, error):
    path = tmp_path / "out.tsv"
    path.write_text("old")
    with pytest.raises(error):
        write_half(path, error)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.tsv"]


def test_a_failure_before_the_first_byte_is_the_error_that_is_told(tmp_path):
    with pytest.raises(ValueError, match="mine"), atomic_path(tmp_path / "out"):
        raise ValueError("mine")
    assert names(tmp_path) == []


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write(tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == mode


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "No space left on device; free some disk space"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "Read-only file system; choose a folder that you may write to"),
        (errno.EIO, "check the disk and the path"),
    ],
)
def test_errors_of_the_disk_name_the_output_and_a_remedy(tmp_path, number, remedy):
    path = tmp_path / "out.tsv"
    path.write_text("old")
    with pytest.raises(EnvironmentFault, match=rf"out\.tsv: .*{remedy}") as caught:
        write_half(path, OSError(number, os.strerror(number)))
    assert caught.value.exit_code == 3
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.tsv"]


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path):
    dead = tmp_path / ".out.tsv.0123456789ab.part"
    dead.write_text("half")
    (tmp_path / ".other.0123456789ab.part").write_text("half")
    with atomic_path(tmp_path / "out.tsv") as first:
        first.write_text("first")
        write(tmp_path / "out.tsv", "second")
        assert first.exists()
        assert not dead.exists()
    assert (tmp_path / "out.tsv").read_text() == "first"
    assert names(tmp_path) == [".other.0123456789ab.part", "out.tsv"]


def test_a_disk_that_fails_to_flush_is_an_environment_fault(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(EnvironmentFault, match="No space left"):
        write(tmp_path / "out")
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_flushed_does_not_matter(tmp_path, monkeypatch):
    def fail(folder):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(output, "_flush_folder", fail)
    write(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "new"


@pytest.fixture
def windows(monkeypatch):
    """Make open files as they are on Windows, where they can be neither removed nor replaced."""

    def refuse_open(call):
        def checked(path, *others, **named):
            opened = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
            if os.path.realpath(path) in opened:
                raise PermissionError(errno.EACCES, "used by another process", str(path))
            return call(path, *others, **named)

        return checked

    monkeypatch.setattr(output, "_OPEN_FILES_STAY", True)
    monkeypatch.setattr(output, "lock_file", None)
    for name in ("replace", "unlink"):
        monkeypatch.setattr(os, name, refuse_open(getattr(os, name)))


def test_where_open_files_stay_a_file_is_replaced_and_what_a_living_process_writes_is_kept(tmp_path, windows):
    dead = tmp_path / ".out.tsv.0123456789ab.part"
    dead.write_text("half")
    with atomic_path(tmp_path / "out.tsv") as first:
        first.write_text("first")
        write(tmp_path / "out.tsv", "second")
        assert first.exists()
        assert not dead.exists()
        assert (tmp_path / "out.tsv").read_text() == "second"
    assert (tmp_path / "out.tsv").read_text() == "first"
    with pytest.raises(ValueError, match="mine"):
        write_half(tmp_path / "out.tsv", ValueError("mine"))
    assert names(tmp_path) == ["out.tsv"]


def test_a_file_that_another_program_has_open_on_windows_is_named(tmp_path, monkeypatch):
    def refuse(*paths):
        raise PermissionError(errno.EACCES, "Access is denied")

    (tmp_path / "out.tsv").write_text("old")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(EnvironmentFault, match=r"out\.tsv: cannot be replaced: another program has it open"):
        write(tmp_path / "out.tsv")
    assert names(tmp_path) == ["out.tsv"]


def test_a_full_device_is_an_environment_fault_also_through_a_link(tmp_path):
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    with pytest.raises(EnvironmentFault, match="No space left"):
        write(link)
    assert names(tmp_path) == ["full"]


def test_a_pipe_is_written_to_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path):
    (tmp_path / "scratch").mkdir()
    target, link = tmp_path / "scratch" / "real", tmp_path / "link"
    link.symlink_to(target)
    for text in ("first", "second"):
        write(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert names(tmp_path / "scratch") == ["real"]


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "🧬" * 63, "-o", "a b\n'c"])
def test_every_name_that_the_system_allows_can_be_written(tmp_path, name):
    write(tmp_path / name)
    assert names(tmp_path) == [name]


def test_a_name_that_is_too_long_is_one_line(tmp_path):
    with pytest.raises(EnvironmentFault, match="File name too long"):
        write(tmp_path / ("n" * 300))
    with pytest.raises(EnvironmentFault, match="File name too long"):
        refuse_output(tmp_path / ("n" * 300), overwrite=True)


def test_a_file_where_a_folder_should_be_is_an_environment_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="out"):
        write(tmp_path / "file" / "out")


def test_refuse_output_accepts_a_new_and_an_old_file(tmp_path):
    (tmp_path / "old").write_text("")
    (tmp_path / "in").write_text("")
    refuse_output(tmp_path / "new", tmp_path / "in", tmp_path / "missing", overwrite=False)
    refuse_output(tmp_path / "old", tmp_path / "in", overwrite=True)


def test_refuse_output_refuses_a_folder(tmp_path):
    with pytest.raises(UsageError, match="is a directory"):
        refuse_output(tmp_path, overwrite=True)


@pytest.mark.parametrize("make", ["same", "symlink_to", "hardlink_to"])
def test_refuse_output_refuses_an_input_under_any_name(tmp_path, make):
    source = tmp_path / "in.fa"
    source.write_text("")
    path = source if make == "same" else tmp_path / "other"
    if path != source:
        getattr(path, make)(source)
    with pytest.raises(UsageError, match="same file"):
        refuse_output(path, tmp_path / "x", source, overwrite=True)


def test_environment_faults_lets_our_own_errors_pass():
    with pytest.raises(UsageError, match="mine"), environment_faults("x"):
        raise UsageError("mine")


def test_a_name_with_a_nul_is_refused():
    with (
        pytest.raises(UsageError, match=r"^a\\x00b: NUL \(\\x00\) found; not allowed in a path$"),
        atomic_path(Path("a\0b")),
    ):
        pass


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_placed_under_the_name_of_a_temporary_file_is_neither_opened_nor_followed(make, tmp_path):
    make(tmp_path / ".out.tsv.abc.part")
    write(tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_text() == "new"
    assert names(tmp_path) == [".out.tsv.abc.part", "out.tsv"]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("victim")])
def test_a_temporary_file_is_new_even_if_its_name_is_guessed(make, tmp_path, monkeypatch):
    (tmp_path / "victim").write_text("old")
    monkeypatch.setattr(output.secrets, "token_hex", lambda size: "abc")
    monkeypatch.setattr(output, "_remove_stale", lambda folder, prefix: None)
    make(tmp_path / ".out.tsv.abc.part")
    with pytest.raises(EnvironmentFault, match="File exists"):
        write(tmp_path / "out.tsv")
    assert (tmp_path / "victim").read_text() == "old"


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("victim"), None])
def test_a_temporary_file_that_is_replaced_while_it_is_written_is_refused(make, tmp_path):
    (tmp_path / "victim").write_text("old")

    def write_replaced():
        with atomic_path(tmp_path / "out.tsv") as temporary:
            temporary.unlink()
            if make:
                make(temporary)

    with pytest.raises(EnvironmentFault, match="replaced by another program while it was written"):
        write_replaced()
    assert names(tmp_path) == ["victim"]


def test_a_linked_folder_of_results_is_written_to(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "results").symlink_to("scratch")
    write(tmp_path / "results/out.tsv")
    assert (tmp_path / "scratch/out.tsv").read_text() == "new"


def test_an_existing_file_is_refused_unless_it_may_be_overwritten(tmp_path):
    (tmp_path / "old").write_text("mine")
    (tmp_path / "link").symlink_to("old")
    for name in ("old", "link"):
        with pytest.raises(UsageError, match=f"{name}: file exists; give another name, or --overwrite"):
            refuse_output(tmp_path / name, overwrite=False)
        refuse_output(tmp_path / name, overwrite=True)


def test_pipes_and_devices_and_a_redirected_standard_output_are_no_existing_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("missing")
    for path in (tmp_path / "pipe", tmp_path / "dangling", Path("/dev/null"), Path("/dev/stdout")):
        refuse_output(path, overwrite=False)
    code = "from pathlib import Path; from seqcnn.io.atomic import refuse_output as refuse"
    with (tmp_path / "redirected").open("w") as file:
        subprocess.run(
            [sys.executable, "-c", f"{code}; refuse(Path('/dev/stdout'), overwrite=False)"],
            stdout=file, check=True,
        )  # fmt: skip


def test_a_folder_with_files_is_refused_and_an_empty_or_a_new_one_is_not(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full/inner").mkdir(parents=True)
    for name in ("empty", "new"):
        refuse_folder(tmp_path / name, overwrite=False)
    with pytest.raises(UsageError, match="full: folder holds files; give another name, or --overwrite"):
        refuse_folder(tmp_path / "full", overwrite=False)
    refuse_folder(tmp_path / "full", overwrite=True)


def test_a_folder_whose_output_would_be_an_input_is_refused_with_overwrite_too(tmp_path):
    for name in ("a.tsv", "b.tsv"):
        (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match=r"a\.tsv: output and input are the same file"):
        refuse_folder(tmp_path, overwrite=True, names=["a.tsv"], inputs=[None, tmp_path / "a.tsv"])
    refuse_folder(tmp_path, overwrite=True, names=["a.tsv"], inputs=[tmp_path / "b.tsv"])


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv/run", "t.tsv/run/deep"])
def test_an_output_folder_is_no_file_and_not_inside_one(name, tmp_path):
    (tmp_path / "t.tsv").write_text("")
    with pytest.raises(UsageError, match=r"t\.tsv: is a file; give the name of a folder"):
        refuse_file(tmp_path / name)
    with pytest.raises(UsageError, match=r"t\.tsv: is a file; give the name of a folder"):
        refuse_output(tmp_path / name / "out.tsv", overwrite=True)
    assert cli("fit", tmp_path / "t.tsv", "-o", tmp_path / name) == 2


@pytest.mark.parametrize("name", ["loop", "loop/x", "to_loop"])
def test_a_link_that_leads_back_to_itself_is_refused(tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "to_loop").symlink_to("loop")
    message = r"is a symbolic link that leads back to itself; give another name$"
    with pytest.raises(UsageError, match=message):
        refuse_folder(tmp_path / name, overwrite=True)
    with pytest.raises(UsageError, match=message):
        refuse_outputs([tmp_path / name], [], overwrite=True)


@pytest.mark.parametrize("name", ["link", "link/sub"])
def test_a_folder_that_is_a_link_to_nothing_is_refused(tmp_path, name):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(UsageError, match=r"link: is a link to nowhere, which does not exist; give the name"):
        refuse_folder(tmp_path / name, overwrite=True)
