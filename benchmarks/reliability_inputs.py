"""Bad inputs tried and held, and what endless inputs cost; `figures` for benchmarks/reliability.md.

python benchmarks/reliability_inputs.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = 1 << 20

TESTS = {
    "rows of the manifests that are files": ["test_badinputs.py", "-k", "every_file_is_used_or_refused"],
    "tests of the other rows, and of usage": ["test_badinputs.py", "-k", "not every_file_is_used_or_refused"],
    "further bad inputs": ["test_more_badinputs.py"],
    "hostile HDF5 files": ["test_hdf5.py"],
    "tests of damaged bundles (1,300 bits flipped, 56 truncations)": ["test_bundle_damage.py"],
    "tests of hostile configs": ["test_workflow.py", "test_safeyaml.py"],
    "tests of hostile names": ["test_hostile_names.py"],
}
"""Figure -> the tests that count for it, and options of pytest."""

STREAMS = {  # sent through a pipe until the reader has gone
    "3 Gb record": (b">s1\n", b"A" * BLOCK, 3000),
    "10 GB header": (b">", b"n" * BLOCK, 10_000),
    "10 GB of line ends": (b">s1\n", b"\n" * BLOCK, 10_000),
    "10 GB of line ends first": (b"", b"\n" * BLOCK, 10_000),
}


class Count:
    """A plug-in of pytest that counts cases."""

    def __init__(self) -> None:
        self.tried = self.held = 0

    def pytest_runtest_logreport(self, report) -> None:
        """Count each test once; one that was skipped was not tried."""
        if report.when == "call" and not report.skipped:
            self.tried += 1
            self.held += report.passed


def held(words: list[str]) -> str:
    """Run tests, long ones included; return held / tried."""
    import pytest

    count = Count()
    paths = [str(ROOT / "tests" / word) if word.endswith(".py") else word for word in words]
    pytest.main(["-q", "--no-header", *paths], plugins=[count])
    return f"{count.held} / {count.tried}"


def cost(model: Path, start: bytes, block: bytes, repeats: int) -> tuple[int, float, float]:
    """Predict an endless stream; return exit code, largest memory in MB and CPU seconds."""
    command = [sys.executable, "-m", "seqcnn", "predict", "-", "-m", str(model), "--threads", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, env=environment, **quiet)
    with suppress(BrokenPipeError), process.stdin as stream:  # type: ignore[union-attr]
        stream.write(start)
        for _ in range(repeats):
            stream.write(block)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def costs() -> dict[str, str]:
    """Return what endless streams cost above a prediction of one record."""
    from made_up_run import add_bundle, dataset

    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model.safetensors")
        add_bundle(model, dataset())
        _, idle, seconds = cost(model, b">s1\n", b"ACGT\n", 1)
        found = {name: cost(model, *stream) for name, stream in STREAMS.items()}
    return {
        name: f"exit {code}, {memory - idle:.0f} MB and {cpu - seconds:.1f} CPU s above one record"
        for name, (code, memory, cpu) in found.items()
    }


def figures() -> dict[str, str]:
    """Return every figure, and how it came out."""
    sys.path.insert(0, str(ROOT / "tests"))
    return {f"{name}, held / tried": held(words) for name, words in TESTS.items()} | costs()


if __name__ == "__main__":
    for name, value in figures().items():
        print(f"{name}: {value}")
