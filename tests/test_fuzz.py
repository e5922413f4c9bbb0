"""A minute of coverage-guided fuzzing; `python tests/fuzz.py TARGET --seconds 600` does more of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="atheris has no wheel for this platform")
TARGETS = ("fasta", "table", "bundle", "config")
SECONDS = 15


@pytest.mark.parametrize("target", TARGETS)
def test_no_file_makes_a_reader_fail(target, tmp_path):
    fuzz = Path(__file__).with_name("fuzz.py")
    command = [sys.executable, str(fuzz), target, "--seconds", str(SECONDS), "--found", str(tmp_path)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    assert int(runs[1]) > 100
    assert list(tmp_path.iterdir()) == []


def test_every_target_is_fuzzed():
    usage = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fuzz.py")), "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "{" + ",".join(TARGETS) + "}" in usage.stdout
