"""Memory of the process: sizes, what is left, and arrays in temporary files."""

import gc
import sys
import tempfile

import numpy as np
import pytest

from seqcnn import memory
from seqcnn.errors import UsageError
from seqcnn.memory import ScratchBuffer, free_memory, memory_left, parse_size, scratch_array


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 10**9), ("500 mb", 5 * 10**8), ("1.5GB", 15 * 10**8), ("4g", 4 * 10**9), ("300", 3 * 10**8)],
)
def test_a_size_is_a_number_of_megabytes_or_has_a_unit(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "8XB", "8GBB", "B", "-1GB", "0", "GB", "0.0GB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match=r"^memory .*: expected a size such as 8GB or 500MB$"):
        parse_size(text)


def test_free_memory_is_within_the_limit_of_the_control_group():
    files = {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:  2000 kB\n"}
    assert free_memory(lambda path: files.get(path, "")) == 2_048_000
    files |= {"sys/fs/cgroup/memory.max": "1000000\n", "sys/fs/cgroup/memory.current": "400000\n"}
    assert free_memory(lambda path: files.get(path, "")) == 600_000
    assert free_memory(lambda path: "") is None


GROUPS = {
    "memory.max": ("memory.current", "memory.stat", "inactive_file"),
    "memory/memory.limit_in_bytes": (
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
}


@pytest.mark.parametrize("limit", GROUPS)
def test_pages_of_files_that_are_not_used_are_free_memory_of_the_control_group(limit):
    usage, stat, pages = GROUPS[limit]
    files = {limit: "1000000\n", usage: "900000\n", stat: f"anon 5\n{pages} 300000\nactive_file 100000\n"}
    files = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    files["proc/meminfo"] = "MemAvailable:  2000 kB\n"
    assert free_memory(lambda path: files.get(path, "")) == 400_000


def test_half_of_the_free_memory_is_used_by_default(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 10**9)
    assert memory_left(None) == 5 * 10**8


def test_memory_in_use_counts_and_a_step_that_needs_more_is_noted_once(monkeypatch, caplog):
    monkeypatch.setattr(memory, "_in_use", lambda: 3 * 10**9)
    assert memory_left(5 * 10**9, least=10**9) == 2 * 10**9
    assert [memory_left(32 * 10**8, least=10**9, what="sorting") for _ in range(2)] == [10**9] * 2
    assert caplog.messages == ["sorting takes 4,000 MB of memory, more than the limit of 3,200 MB"]


@pytest.mark.parametrize("limit", [1, None], ids=["in a file", "in memory"])
def test_a_scratch_array_holds_what_is_written(limit):
    array = scratch_array(2_000_000, limit)
    array[:] = 9
    array[1_999_999] = 7
    assert array[-2:].tolist() == [9, 7]
    assert type(array) is np.ndarray


def test_an_array_is_in_a_file_only_where_memory_is_short(monkeypatch):
    def refuse():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    scratch_array(1000, None)
    with pytest.raises(OSError, match="No space left"):
        scratch_array(1000, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say what a process holds")
def test_memory_in_use_is_without_arrays_in_files():
    gc.collect()  # what earlier tests left would be freed in between
    before = memory._in_use()
    in_file = scratch_array(60_000_000, 1)
    in_file[:] = 1
    assert memory._in_use() - before < 30_000_000
    in_memory = np.ones(60_000_000, np.uint8)
    assert in_memory[-1] == in_file[-1]
    held = memory._in_use()
    del in_memory
    assert held - memory._in_use() > 30_000_000


@pytest.mark.parametrize("limit", [1, None], ids=["in a file", "in memory"])
@pytest.mark.parametrize("pieces", [[], [b""], [b"ab", b"", b"c"]])
def test_a_scratch_buffer_holds_what_is_appended(limit, pieces):
    buffer = ScratchBuffer(limit)
    for piece in pieces:
        buffer.write(piece)
    assert (len(buffer), buffer.array().tobytes()) == (len(b"".join(pieces)), b"".join(pieces))
