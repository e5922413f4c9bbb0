"""The commands that write files, each a case of a test, and what they wrote."""

from pathlib import Path

import pytest

from benchmarks.reliability.writing_commands import WRITING

_SLOW_TO_FIT = {"fit", "tune", "controls", "cross-validate", "learning-curve"}
_SLOW_TO_SEARCH = {"attribute", "dependencies", "design", "motifs", "saturate", "scan", "seqlets"}
SLOW = _SLOW_TO_FIT | _SLOW_TO_SEARCH | {"report", "export", "page"}
"""Commands that take a second or more: in these only the 2nd, 4th, 8th, ... call fails."""

TRIED = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in WRITING]


def written() -> dict[str, bytes]:
    """Return what a command wrote, without the state of a training or a search that can go on."""
    files = (path for path in Path("out").rglob("*") if path.is_file() and path.name != "study.log")
    return {str(path): path.read_bytes() for path in files if ".state" not in str(path)}
