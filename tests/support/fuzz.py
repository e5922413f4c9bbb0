"""Coverage-guided fuzzing of what reads files of others (atheris, libFuzzer).

`python tests/support/fuzz.py fasta --seconds 600` reads mutated files until one makes the reader fail: a file
is either read, and then reads the same when it is written and read again, or refused in one short line.  The
file that failed is kept in --found; add it to the tests.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import atheris
from paths import TESTS  # this file is run as a script

with atheris.instrument_imports(include=["seqcnn"]):
    from seqcnn.config.model import load_model_config
    from seqcnn.config.pipeline import load_pipeline
    from seqcnn.data.readers.fasta import read_fasta
    from seqcnn.data.readers.table_file import read_table
    from seqcnn.errors import SeqcnnError
    from seqcnn.io.tsv import table_lines
    from seqcnn.model.network.bundle import load_bundle
    from seqcnn.sequence.onehot import unpack

LONGEST = 500
"""Characters of a message."""


def fasta(path: Path) -> None:
    """Read a FASTA file; what was read is the same when it is written and read again."""
    records = [(r.name, unpack(r.bases)) for r in read_fasta(path, max_length=1000, changes=Counter())]
    text = "".join(f">{name}\n{letters}\n" for name, letters in records)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    again = read_fasta(path, max_length=1000, changes=Counter())
    if [(r.name, unpack(r.bases)) for r in again] != records:
        raise RuntimeError("read differently the second time")


def table(path: Path) -> None:
    """Read a table; what was read is the same when it is written and read again."""
    found = read_table(path)
    if any(len(row) != len(found.columns) for row in found.rows):
        raise RuntimeError("a ragged row")
    for column in found.columns:
        refused(lambda name=column: found.numbers(name, id_column=found.columns[0]))
    if any(not cell.strip() for cell in found.columns):
        return
    path.write_bytes(table_lines([found.columns, *found.rows]).encode("utf-8", "surrogateescape"))
    if len(found.columns) > 1 and (again := read_table(path)).rows != found.rows:
        raise RuntimeError(f"{again.rows} are not {found.rows}")


def bundle(path: Path) -> None:
    """Read a model."""
    load_bundle(path)


def config(path: Path) -> None:
    """Read a file as a pipeline's and as a model's config."""
    refused(lambda: load_pipeline(path))
    refused(lambda: load_model_config(path))


TARGETS: dict[str, tuple[Callable[[Path], None], str]] = {
    "fasta": (fasta, "bad_inputs/*.fa*"),
    "table": (table, "bad_inputs/*.[ct]sv"),
    "bundle": (bundle, "bad_bundles/*"),
    "config": (config, "bad_configs/*.yaml"),
}
"""Name -> what is tried, and the files that are mutated."""


def refused(read: Callable[[], object]) -> None:
    """Read; a refusal has to be one short line."""
    try:
        read()
    except SeqcnnError as error:
        text = str(error)
        if len(text) >= LONGEST or not text.isprintable():
            raise RuntimeError(f"a message of {len(text)} characters: {text!r}") from error


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--found", type=Path, default=Path("."), help="folder for files that failed")
    asked = parser.parse_args()
    run, seeds = TARGETS[asked.target]
    memory = Path(f"/proc/self/fd/{os.memfd_create('input')}")

    def once(data: bytes) -> None:
        """Try one file."""
        memory.write_bytes(data)
        refused(lambda: run(memory))

    with tempfile.TemporaryDirectory() as folder:
        for path in (TESTS / "data_files").glob(seeds):
            if path.is_file() and path.stat().st_size < 4096:
                Path(folder, path.name).write_bytes(path.read_bytes())
        if asked.target == "bundle":
            tiny_bundle(Path(folder, "tiny"))
        flags = [f"-max_total_time={asked.seconds}", f"-artifact_prefix={asked.found}/", "-max_len=8192"]
        atheris.Setup([sys.argv[0], *flags, "-rss_limit_mb=2000", folder], once)
        atheris.Fuzz()


def tiny_bundle(path: Path) -> None:
    """Write the smallest model."""
    from fake_run import add_bundle, dataset

    add_bundle(path, dataset(4))


if __name__ == "__main__":
    main()
