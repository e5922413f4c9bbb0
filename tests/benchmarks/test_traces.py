"""Every command is traced, and the reader of traces sees what it has to."""

from pathlib import Path

import pytest

from benchmarks.reliability.traces import _CONNECTION, _FOLDER, _LOOPBACK, _MADE, _WRITTEN, TRACED, _paths
from seqcnn.cli import COMMANDS


def test_every_command_is_traced_but_those_that_use_the_network():
    traced = {label.split(" ")[0] for label in TRACED}
    assert traced | {"fetch", "push"} == {command.name for command in COMMANDS}


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        (
            '1 connect(3<s>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.1.2.3")}',
            True,
        ),
        (
            '1 sendto(3, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(1), inet_pton(AF_INET6, "2001::1")}',
            True,
        ),
        ('1 bind(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, 16) = 0', True),
        (
            '1 connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
            False,
        ),
        ('1 connect(3, {sa_family=AF_INET6, inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0', False),
        ('1 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT', False),
    ],
)
def test_addresses_beyond_the_machine_are_seen(line, seen):
    assert bool(_CONNECTION.search(line) and not _LOOPBACK.search(line)) == seen


@pytest.mark.parametrize(
    ("line", "pattern", "path"),
    [
        ('1 openat(AT_FDCWD</w>, "a/../x", O_WRONLY|O_CREAT|O_CLOEXEC, 0666) = 3</w/x>', _WRITTEN, "/w/x"),
        ('1 openat(5</w/d>, "x", O_RDWR) = 3</w/d/x>', _WRITTEN, "/w/d/x"),
        ('1 openat(AT_FDCWD</w>, "x", O_RDWR|O_CREAT, 0600 <unfinished ...>', _WRITTEN, "/w/x"),
        ('1 openat(AT_FDCWD</w>, "x", O_RDONLY|O_CLOEXEC) = 3</w/x>', _WRITTEN, None),
        (
            '1 openat(AT_FDCWD</w>, "x", O_WRONLY|O_CREAT, 0666) = -1 EACCES (Permission denied)',
            _WRITTEN,
            None,
        ),
        ('1 openat(AT_FDCWD</w>, "/dev/null", O_RDWR) = 3</dev/null>', _WRITTEN, None),
        ('1 rename("a", "b") = 0', _MADE, "/w/b"),
        ('1 mkdir("/h/.config", 0700) = 0', _FOLDER, "/h/.config"),
        ('1 mkdir("/h/.config", 0700) = -1 EEXIST (File exists)', _FOLDER, None),
    ],
)
def test_written_files_are_seen(line, pattern, path):
    assert [str(found) for found in _paths([line], pattern, Path("/w"))] == ([path] if path else [])
