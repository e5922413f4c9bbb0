"""Coverage-guided fuzzing, for seconds; `python tests/support/fuzz.py TARGET --seconds 600` for minutes."""

import os
import re
import subprocess
import sys

import pytest
from support.paths import TESTS

pytest.importorskip("atheris", reason="atheris has no wheel for this platform")
FUZZ = str(TESTS / "support" / "fuzz.py")
TARGETS = ("fasta", "table", "bundle", "config")
SECONDS = 2


@pytest.mark.parametrize("target", TARGETS)
def test_no_file_makes_a_reader_fail(target, tmp_path):
    command = [sys.executable, FUZZ, target, "--seconds", str(SECONDS), "--found", str(tmp_path)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    assert int(runs[1]) > 100
    assert list(tmp_path.iterdir()) == []


def test_every_target_is_fuzzed():
    usage = subprocess.run(
        [sys.executable, FUZZ, "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "{" + ",".join(TARGETS) + "}" in usage.stdout
