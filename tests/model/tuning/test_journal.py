"""The journal of a study: what is appended, what a full disk or a kill leaves, and what is refused."""

import errno
import json
import logging
import os
import re

import pytest

from seqcnn.config.model import ModelConfig
from seqcnn.errors import EnvironmentFault, UsageError
from seqcnn.model.tuning import journal as module
from seqcnn.model.tuning.journal import STUDY_NAME, Journal
from seqcnn.model.tuning.study import STUDY, Study

FIRST = {"op_code": 0, "worker_id": "w", "study_name": STUDY_NAME, "directions": [2]}
SECOND = {"op_code": 2, "worker_id": "w", "study_id": 0, "user_attr": {"a": 1}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / STUDY


def study(folder):
    return Study(folder, {"mlp": ModelConfig(encoder="mlp")}, "data", seed=1)


def test_lines_are_read_from_a_number_on_by_every_process(path):
    journal, other = Journal(path), Journal(path)
    journal.append_logs([FIRST, SECOND])
    assert other.read_logs(0) == [FIRST, SECOND]
    other.append_logs([SECOND])
    assert (journal.read_logs(0), journal.read_logs(3), journal.read_logs(2)) == (
        [FIRST, SECOND, SECOND], [], [SECOND],
    )  # fmt: skip
    assert os.listdir(path.parent) == [STUDY]


def test_a_full_disk_is_told_with_the_file_and_leaves_whole_lines(path, monkeypatch):
    journal = Journal(path)
    journal.append_logs([FIRST])
    before, write = path.read_bytes(), os.write

    def half(descriptor, text):
        if len(text) < 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, text[: len(text) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        message = f"{path}: No space left on device; free some disk space"
        with pytest.raises(EnvironmentFault, match=f"^{re.escape(message)}$"):
            journal.append_logs([SECOND])
    assert path.read_bytes() == before
    journal.append_logs([SECOND])
    assert journal.read_logs(0) == [FIRST, SECOND]


@pytest.mark.parametrize("rest", [b'{"op_code":2,"wor', b"\x00\x00\x00\n", b'{"op_code":\n'])
def test_an_incomplete_last_line_is_removed_with_a_warning(path, rest, caplog):
    Journal(path).append_logs([FIRST, SECOND])
    path.write_bytes(path.read_bytes() + rest)
    journal = Journal(path)
    assert caplog.messages == [f"{path}: the last line is incomplete (full disk, or killed): removed"]
    journal.append_logs([SECOND])
    assert journal.read_logs(0) == [FIRST, SECOND, SECOND]


def test_the_half_line_of_a_process_that_is_killed_during_a_search_is_removed(path):
    journal = Journal(path)
    journal.append_logs([FIRST])
    path.write_bytes(path.read_bytes() + b'{"op_')
    assert journal.read_logs(0) == [FIRST]
    journal.append_logs([SECOND])
    assert journal.read_logs(1) == [SECOND]


def test_the_lock_of_a_killed_process_is_removed_after_a_while_with_a_message(path, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    clock = iter(range(10))
    monkeypatch.setattr(module, "MAX_LOCK_SECONDS", 3.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    lock = path.with_name(f"{STUDY}.lock")
    lock.touch()
    Journal(path)
    assert caplog.messages == [
        f"{lock}: waiting for the process that writes; removed after 3 s if it is of a killed one"
    ]
    assert not lock.exists()


def line(**changes):
    return json.dumps(FIRST | changes).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        b"my notes",
        b"my notes\nof today\n",
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b"7\n8\n",
        b"{}\n",
        line(study_name="another program's"),
        line(op_code=99),
        line() + b"{}\n",
        line() + b"damaged\n" + line(),
        line(directions=["up"]),
        line(study_name=f"{STUDY_NAME} []"),
        line(study_name=f"{STUDY_NAME} no JSON"),
    ],
)
def test_a_file_that_is_no_study_is_refused_in_one_line_and_stays_as_it_is(path, content):
    path.write_bytes(content)
    message = f"{path}: not a study of `seqcnn tune`, or damaged; choose another folder"
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        study(path.parent)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "operation",
    [
        {"op_code": 99},
        {"op_code": 4, "study_id": []},
        {"op_code": 4, "study_id": 0, "datetime_start": None, "state": 1, "value": 0.5},
        {"op_code": 4, "study_id": 0, "datetime_start": "today"},
        {"op_code": 4, "study_id": 0, "datetime_start": None, "state": 0, "user_attrs": {"process": 1}},
    ],
)
def test_operations_that_a_search_does_not_write_are_refused(path, operation):
    study(path.parent)
    path.write_bytes(path.read_bytes() + json.dumps(operation | {"worker_id": "w"}).encode() + b"\n")
    with pytest.raises(UsageError, match="not a study of `seqcnn tune`, or damaged; choose another folder"):
        study(path.parent)


@pytest.mark.parametrize("key", ["config", "note", "seconds", "params"])
def test_a_trial_without_what_trials_have_is_refused(path, key):
    first = study(path.parent)
    trial = first.ask()
    first.configuration(trial)
    first.end(trial, 0.5, "", 1.0)
    assert len(study(path.parent).scored) == 1
    lines = path.read_text().splitlines(keepends=True)
    needle = '"param_name":"mlp.args.dropout"' if key == "params" else f'"{key}":'
    path.write_text("".join(line for line in lines if needle not in line))
    with pytest.raises(UsageError, match="not a study of `seqcnn tune`, or damaged; choose another folder"):
        study(path.parent)
