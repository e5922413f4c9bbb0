"""Count the malformed inputs that are handled, and measure what endless inputs cost.

`python -m benchmarks.reliability.inputs` prints the figures of the section `bad_inputs`.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path

from benchmarks import ROOT

BLOCK = 1 << 20

TESTS = {
    "files of the manifests": [
        "robustness/test_bad_inputs.py",
        "-k",
        "every_file_is_used_or_refused",
    ],
    "other rows of the manifests, and usage": [
        "robustness/test_bad_inputs.py",
        "-k",
        "not every_file_is_used_or_refused",
    ],
    "further bad inputs": ["robustness/test_more_bad_inputs.py"],
    "hostile HDF5 files": ["io/test_hdf5.py", "io/test_hdf5_checks.py"],
    "hostile exported models": ["model/onnx/test_protobuf.py", "model/onnx/test_onnx_file.py"],
    "headers of models with absurd fields, weights of other types": ["model/network/test_header_fields.py"],
    "JSON that is not strict": ["io/test_json_file.py"],
    "tests of damaged bundles (1,300 bits flipped, 56 truncations)": ["model/network/test_bundle_damage.py"],
    "tests of hostile configs": ["workflow/test_hostile_configs.py", "io/test_yaml.py"],
    "tests of hostile names": ["report/test_hostile_names.py"],
}
"""Quantity -> test files and options of pytest."""

STREAMS = {  # sent through a pipe until the reader closes it
    "3 Gb record": (b">s1\n", b"A" * BLOCK, 3000),
    "10 GB header": (b">", b"n" * BLOCK, 10_000),
    "10 GB of line ends": (b">s1\n", b"\n" * BLOCK, 10_000),
    "10 GB of line ends first": (b"", b"\n" * BLOCK, 10_000),
}

MEASURE = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""
"""Small intermediate process: the peak memory of a process includes that of its parent at the fork.

A command that reads on without end is killed after 60 s of CPU time.
"""

BOMBS = (  # name, start, block, repeats
    ("rows.tsv.gz", b"id\ty\n", b"s\t1\n" * (BLOCK // 4), 200),
    ("records.fa.gz", b"", b">s\nACGTC\n" * (BLOCK // 9), 200),
    ("long_records.fa.gz", b"", b">s%d\n" + b"A" * 900_000 + b"\n", 300),
)


class Count:
    """Pytest plug-in that counts test cases."""

    def __init__(self) -> None:
        self.run = self.passed = 0

    def pytest_runtest_logreport(self, report) -> None:
        """Count each test once; skipped tests do not count."""
        if report.when == "call" and not report.skipped:
            self.run += 1
            self.passed += report.passed


def passed(words: list[str]) -> str:
    """Run tests, including slow ones; return passed / run."""
    import pytest

    count = Count()
    paths = [str(ROOT / "tests" / word) if word.endswith(".py") else word for word in words]
    pytest.main(["-q", "--no-header", *paths], plugins=[count])
    return f"{count.passed} / {count.run}"


def cost(model: Path, start: bytes, block: bytes, repeats: int) -> tuple[int, float, float]:
    """Predict an endless stream; return exit code, largest memory in MB and CPU seconds."""
    command = ["predict", "-", "-m", str(model), "--threads", "1"]
    return spent(command, chain([start], repeat(block, repeats)))


def spent(command: list[str], pieces: Iterable[bytes] = ()) -> tuple[int, float, float]:
    """Run a command of seqcnn on a stream; return exit code, largest memory in MB and CPU seconds."""
    program = [sys.executable, "-c", MEASURE, sys.executable, "-m", "seqcnn", *command]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    process = subprocess.Popen(program, env=environment, **pipes)
    with suppress(BrokenPipeError), process.stdin as stream:  # type: ignore[union-attr]
        for piece in pieces:
            stream.write(piece)
    code, kilobytes, seconds = process.stdout.read().split()  # type: ignore[union-attr]
    process.stdout.close()  # type: ignore[union-attr]
    process.wait()
    return int(code), int(kilobytes) / 1024, float(seconds)


def lay_out_bombs(folder: Path) -> dict[str, list[str]]:
    """Write gzip bombs of valid content; return the commands that read them, and one of 30 records."""
    for name, start, block, repeats in BOMBS:
        with gzip.open(folder / name, "wb") as file:
            file.write(start)
            for number in range(repeats):
                file.write(block % number if b"%d" in block else block)
    fasta, table = folder / "few.fa", folder / "few.tsv"
    fasta.write_bytes(b"".join(b">s%d\nACGTC\n" % n for n in range(30)))
    table.write_bytes(b"id\ty\n" + b"".join(b"s%d\t%d\n" % (n, n) for n in range(30)))
    inputs = {"few": (fasta, table)}
    for name, *_ in BOMBS:
        inputs[name] = (fasta, folder / name) if ".tsv" in name else (folder / name, table)
    return {name: ["check", *map(str, pair), "--target", "y"] for name, pair in inputs.items()}


def costs() -> dict[str, str]:
    """Return the costs of endless streams above those of one record."""
    from support.fake_run import add_bundle, dataset

    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model.safetensors")
        add_bundle(model, dataset())
        _, idle, seconds = cost(model, b">s1\n", b"ACGT\n", 1)
        found = {name: cost(model, *stream) for name, stream in STREAMS.items()}
        commands = lay_out_bombs(Path(folder))
        _, plain, shortest = spent(commands.pop("few"))
        bombs = {name: spent(command) for name, command in commands.items()}
    streams = {
        name: f"exit {code}, {memory - idle:.0f} MB and {cpu - seconds:.1f} CPU s above one record"
        for name, (code, memory, cpu) in found.items()
    }
    return streams | {
        f"gzip bomb of 200 MB, {name}": f"exit {code}, {memory - plain:.0f} MB and "
        f"{cpu - shortest:.1f} CPU s above 30 records"
        for name, (code, memory, cpu) in bombs.items()
    }


def figures() -> dict[str, str]:
    """Return all quantities with their results."""
    sys.path.insert(0, str(ROOT / "tests"))
    return {f"{name}, passed / run": passed(words) for name, words in TESTS.items()} | costs()


if __name__ == "__main__":
    for name, value in figures().items():
        print(f"{name}: {value}")
