import errno
import os
import stat

import pytest

from seqcnn.data.output import atomic_path, refuse_output
from seqcnn.errors import EnvironmentFault, UsageError


def test_a_file_is_written_whole_and_its_folder_is_made(tmp_path):
    with atomic_path(tmp_path / "a/b.txt") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "a/b.txt").read_text() == "whole"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    old = tmp_path / "old.txt"
    old.write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), atomic_path(old) as temporary:
        temporary.write_text("half")
        raise RuntimeError("halfway")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old.txt", "old")]


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "f") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EFBIG])
def test_what_the_machine_refuses_is_one_line_with_a_remedy(code, tmp_path):
    with (
        pytest.raises(EnvironmentFault, match=r"f\.txt: .*; (free|choose|raise)"),
        atomic_path(tmp_path / "f.txt"),
    ):
        raise OSError(code, os.strerror(code))
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_a_folder_or_an_input_is_refused(tmp_path):
    (tmp_path / "in.fa").write_text(">a\nA\n")
    with pytest.raises(UsageError, match="is a directory"):
        refuse_output(tmp_path)
    with pytest.raises(UsageError, match="same file"):
        refuse_output(tmp_path / "." / "in.fa", tmp_path / "in.fa")
