"""Files in a folder that are neither pipes nor links out of it."""

import os
import socket
from pathlib import Path

import pytest

from seqcnn.data.dataset import load_dataset
from seqcnn.errors import EnvironmentFault, TableError, UsageError
from seqcnn.genome.reference import open_reference
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.io.regular_file import has_file, has_folder, open_regular, require_file
from seqcnn.io.yaml import read_yaml
from seqcnn.model.network.bundle import load_bundle
from seqcnn.model.onnx.onnx_file import read_exported


def link(path):
    path.symlink_to("/etc/passwd")


def bound_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


IRREGULAR = {
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a link": link,
    "a socket": bound_socket,
}


@pytest.mark.parametrize("kind", IRREGULAR)
def test_what_is_no_regular_file_is_not_opened(kind, tmp_path):
    IRREGULAR[kind](tmp_path / "x")
    with pytest.raises(EnvironmentFault, match=f"x: {kind} found; expected a regular file; remove it"):
        open_regular(tmp_path / "x")


@pytest.mark.parametrize("kind", ["a pipe", "a link"])
def test_what_takes_the_place_of_a_file_after_the_check_is_neither_waited_for_nor_followed(
    kind, tmp_path, monkeypatch
):
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    IRREGULAR[kind](tmp_path / "x")
    with pytest.raises((EnvironmentFault, OSError), match=r"a pipe found|symbolic links"):
        open_regular(tmp_path / "x")


def test_a_regular_file_is_opened_and_created(tmp_path):
    descriptor = open_regular(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    os.write(descriptor, b"text")
    os.close(descriptor)
    descriptor = open_regular(tmp_path / "x")
    assert os.read(descriptor, 9) == b"text"
    os.close(descriptor)


def test_a_file_in_the_folder_is_there_also_through_links_inside_it(tmp_path):
    run = tmp_path / "run"
    (run / "sub").mkdir(parents=True)
    (run / "sub/file").write_text("")
    (run / "link").symlink_to("sub/file")
    (tmp_path / "other").symlink_to(run)
    for root in (run, tmp_path / "other"):
        assert has_file(root / "sub/file", root)
        assert has_file(root / "link", root)
        assert has_folder(root / "sub", root)
        assert not has_file(root / "missing", root)
        assert not has_folder(root / "missing", root)


def test_a_link_out_of_the_folder_is_refused_whether_it_is_of_a_file_or_of_a_folder(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/file").write_text("")
    (run / "file").symlink_to("../out/file")
    (run / "folder").symlink_to("../out")
    outside = r": a link leads to .*/out.*, outside of .*/run; copy what is meant into the folder"
    for path in (run / "file", run / "folder/file"):
        with pytest.raises(TableError, match=path.name + outside):
            has_file(path, run)
    with pytest.raises(TableError, match="folder" + outside):
        has_folder(run / "folder", run)


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket"])
def test_what_is_no_regular_file_is_refused_by_its_kind(kind, tmp_path):
    IRREGULAR[kind](tmp_path / "x")
    with pytest.raises(TableError, match=f"x: {kind} found; expected a regular file; remove it"):
        has_file(tmp_path / "x", tmp_path)


def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    (tmp_path / "x").symlink_to("missing")
    with pytest.raises(TableError, match="x: a link that leads nowhere; remove it"):
        has_file(tmp_path / "x", tmp_path)


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket"])
def test_what_exists_is_not_called_missing(kind, tmp_path):
    IRREGULAR[kind](tmp_path / "x")
    with pytest.raises(UsageError, match=f"x: {kind} found; expected a regular file; name a bundle"):
        require_file(tmp_path / "x", "name a bundle")
    with pytest.raises(UsageError, match="/dev/null: a device found"):
        require_file(Path("/dev/null"), "name a bundle")
    with pytest.raises(UsageError, match="none: No such file; name a bundle"):
        require_file(tmp_path / "none", "name a bundle")


def open_genome(path):
    with open_reference(path):
        pass


@pytest.mark.parametrize(
    "read", [load_dataset, load_attributions, load_bundle, read_exported, read_yaml, open_genome]
)
def test_files_that_need_random_access_are_not_read_from_pipes(read, tmp_path):
    os.mkfifo(tmp_path / "x")
    with pytest.raises(UsageError, match="x: a pipe found; expected a regular file"):
        read(tmp_path / "x")
