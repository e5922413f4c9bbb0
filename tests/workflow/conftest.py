import os

import pytest
from support.pipeline import PLAIN, lay_out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder: a config of one model, and its files."""
    lay_out(tmp_path, PLAIN)
    (tmp_path / "oligos.fa").write_text(">a\nACGT\n")
    (tmp_path / "targets.tsv").write_text("id\texpression\tfamily\na\t1.5\tf\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def started(monkeypatch):
    """Return the list that receives the command that would take the place of the process."""
    commands = []
    monkeypatch.setattr(os, "execv", lambda program, command: commands.append([program, *command]))
    monkeypatch.delenv("SEQCNN_CONFIG", raising=False)
    yield commands
    os.environ.pop("SEQCNN_CONFIG", None)
