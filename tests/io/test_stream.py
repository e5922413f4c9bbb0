import gzip
import io
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from support.paths import BAD_INPUTS

from seqcnn.data.readers.fasta import read_fasta
from seqcnn.errors import EnvironmentFault, SequenceError, TableError, UsageError
from seqcnn.io.stream import read_lines
from seqcnn.sequence.onehot import unpack


def _sequences(path):
    return [(record.name, unpack(record.bases)) for record in read_fasta(path, changes=Counter())]


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "x.fa"
        path.write_bytes(content)
        return path

    return write


def test_gzip_in_several_members_is_read_to_its_end(written):
    members = [gzip.compress(text) for text in (b">a\nAC", b"", b"GT\n>b\n", b"TT\n")]
    assert _sequences(written(b"".join(members))) == [("a", "ACGT"), ("b", "TT")]


@pytest.mark.parametrize("count", [1, 27, 512, 300_000])
def test_zero_bytes_after_gzip_data_are_padding(count, written):
    whole = gzip.compress(b">a\nACGT\n")
    assert _sequences(written(whole + bytes(count))) == [("a", "ACGT")]
    for garbage in (bytes(count) + b"x", bytes(count) + whole, b"x" + bytes(count)):
        with pytest.raises(SequenceError, match="trailing garbage after the gzip data"):
            _sequences(written(whole + garbage))


def test_bgzip_without_its_last_block_is_truncated(written):
    whole = (BAD_INPUTS / "bgzf.fa.gz").read_bytes()
    with pytest.raises(SequenceError, match="truncated bgzip"):
        _sequences(written(whole[:-28]))


def test_gzip_cut_anywhere_is_refused(written):
    whole = gzip.compress(b">a\nACGTACGTTTTACG\n")
    for length in range(2, len(whole)):
        with pytest.raises(SequenceError, match="truncated"):
            _sequences(written(whole[:length]))


def test_standard_input_may_be_gzip(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(gzip.compress(b">a\nACGT\n")), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    assert _sequences(Path("-")) == [("a", "ACGT")]


@pytest.mark.parametrize("stream", [None, "closed"])
def test_closed_standard_input_is_a_usage_error(stream, monkeypatch):
    closed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed if stream else None)
    with pytest.raises(UsageError, match="standard input is closed"):
        _sequences(Path("-"))


def test_a_terminal_is_told_that_we_wait(monkeypatch, caplog):
    stream = io.TextIOWrapper(io.BytesIO(b">a\nA\n"), encoding="utf-8")
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", stream)
    _sequences(Path("-"))
    assert "waiting for FASTA" in caplog.text


def test_a_missing_file_and_a_folder_are_usage_errors(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        _sequences(tmp_path / "none.fa")
    with pytest.raises(UsageError, match="is a directory"):
        _sequences(tmp_path)


def test_a_file_that_may_not_be_read_is_a_fault_of_the_environment(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(EnvironmentFault, match="Permission denied") as caught:
        _sequences(tmp_path / "x.fa")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (gzip.compress(b">a", mtime=0), "gzip inside gzip"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"\x50\x00\x00\x00\x00\x00\x00\x00{}", "safetensors"),
        (b"\xd0\xcf\x11\xe0", "xls"),
        (b"RDX3\n", "R workspace"),
    ],
)
def test_other_kinds_of_file_are_named_also_inside_gzip(head, kind, written):
    with pytest.raises(SequenceError, match=f"line 1: this is .*{kind}.*expected FASTA"):
        _sequences(written(gzip.compress(head)))


def _cut(path):
    os.truncate(path, 8 * 50_000)  # between two records


def _longer(path):
    with path.open("ab") as file:
        file.write(b">a\nACGT\n")


def _other(path):
    path.write_bytes(b">b\nTTTT\n" * 100_000)


@pytest.mark.parametrize("change", [_cut, _longer, _other])
@pytest.mark.parametrize("stdin", [False, True])
def test_a_file_that_changes_while_it_is_read_is_refused(change, stdin, written, monkeypatch):
    path = written(b">a\nACGT\n" * 100_000)
    os.utime(path, (0, 0))
    with path.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        records = read_fasta(Path("-") if stdin else path, changes=Counter())
        next(records)
        change(path)
        with pytest.raises(SequenceError, match="changed while it was read; wait until it is complete"):
            list(records)


def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(written):
    path = written(b">a\nACGT\n" * 100_000)
    records = read_fasta(path, changes=Counter())
    next(records)
    path.unlink()
    path.write_bytes(b">b\nTTTT\n")
    assert sum(1 for _ in records) == 99_999


def test_lines_have_numbers_and_no_line_ends(written):
    path = written(b"\xef\xbb\xbfa\r\n\nb\xff")
    lines = list(read_lines(path, expected="a table", fault=TableError))
    assert lines == [(1, "a"), (2, ""), (3, "b\udcff")]
