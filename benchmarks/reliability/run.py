"""Measure reliability, and write reliability/reliability.md.

`python -m benchmarks.reliability.run` runs every section (hours on one core).  With names of sections, only
these are run; the other sections of the page are kept.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.reliability import faults, inputs, traces
from benchmarks.reliability.mutation_testing import MUTATIONS, is_killed

PAGE = Path("benchmarks/reliability/reliability.md")
FUZZ_SECONDS = 600
CYCLES, PROCESSES = 1000, 8
RECORDS = 200_000
"""Number of records of the comparison with other readers."""

HEADER = """# Reliability

Made by `python -m benchmarks.reliability.run`; each section names its command.  The test suite repeats every
section with fewer cases.
"""

Figures = dict[str, str]


def fuzzing() -> Figures:
    """Coverage-guided fuzzing of the readers: each file is read, or refused with one short line."""
    found = {}
    for target in ("fasta", "table", "bundle", "config"):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable,
                "tests/support/fuzz.py",
                target,
                f"--seconds={FUZZ_SECONDS}",
                f"--found={folder}",
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            failed = len(list(Path(folder).iterdir()))
        runs = re.search(r"Done (\d+) runs in (\d+) second", done.stderr)
        said = f"{int(runs[1]):,} files in {runs[2]} s" if runs else "stopped early"
        found[f"{target}: files tried"] = f"{said}, {failed} failures"
    return found


def mutation_testing() -> Figures:
    """Guards of the code are removed one at a time; a test must fail each time."""
    survived = [mutation.guard for mutation in MUTATIONS if not is_killed(mutation)]
    count = f"{len(MUTATIONS) - len(survived)} of {len(MUTATIONS)}"
    return {"mutations detected by a test": count} | dict.fromkeys(survived, "**not detected**")


def other_readers() -> Figures:
    """Random valid FASTA (IUPAC codes, both cases, wrapped lines), read by seqcnn, Biopython and pyfaidx."""
    import pyfaidx
    from Bio import SeqIO

    from seqcnn.data.readers.fasta import read_fasta
    from seqcnn.sequence.onehot import unpack

    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "random.fa")
        with path.open("w", encoding="utf-8") as file:
            for number in range(RECORDS):
                letters = "".join(draw.choices("ACGTacgtNRYKM", k=draw.randint(1, 300)))
                lines = (letters[at : at + 60] for at in range(0, len(letters), 60))
                file.write(f">record_{number} some words\n" + "".join(f"{line}\n" for line in lines))
        ours = [(r.name, unpack(r.bases)) for r in read_fasta(path, changes=Counter())]
        theirs = [(r.id, str(r.seq).upper()) for r in SeqIO.parse(path, "fasta")]
        with pyfaidx.Fasta(str(path), rebuild=True) as index:
            indexed = [(record.name, str(record).upper()) for record in index]
    same = [sum(a == b for a, b in zip(ours, other, strict=True)) for other in (theirs, indexed)]
    return {
        "records equal to Biopython's": f"{same[0]:,} of {RECORDS:,}",
        "records equal to pyfaidx's": f"{same[1]:,} of {RECORDS:,}",
    }


def load() -> Figures:
    """Repeated loading and prediction in one process, and parallel predictions in several processes."""
    sys.path.insert(0, "tests")
    from support.fake_run import add_bundle, dataset

    with tempfile.TemporaryDirectory() as folder:
        model, fasta = Path(folder, "m.safetensors"), Path(folder, "x.fa")
        add_bundle(model, dataset())
        fasta.write_text("".join(f">s{i}\n{'ACGTC' * 10}\n" for i in range(10_000)), encoding="utf-8")
        (early, early_files), (late, late_files) = _resources_of_cycles(model)
        codes, outputs = _parallel_predictions(model, fasta)
    return {
        f"peak memory, {CYCLES // 10} to {CYCLES:,} cycles of load and predict": f"{late - early:+.1f} MB",
        "increase of open files": f"{late_files - early_files:+d}",
        f"{PROCESSES} parallel processes": f"exit {sorted(codes)}, {len(outputs)} different output(s)",
    }


def _resources_of_cycles(model: Path) -> list[tuple[float, int]]:
    """Load and predict repeatedly; return peak MB and number of open files, early and at the end."""
    import resource

    from seqcnn.model.inference.trained_model import load_model

    resources = []
    for cycle in range(CYCLES):
        load_model(model).predict(["ACGTC" * 10])
        if cycle in (CYCLES // 10, CYCLES - 1):
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            resources.append((peak, len(os.listdir("/proc/self/fd"))))
    return resources


def _parallel_predictions(model: Path, fasta: Path) -> tuple[set[int], set[bytes]]:
    """Predict one file in several processes at once; return the distinct exit codes and outputs."""
    command = [
        sys.executable,
        "-m",
        "seqcnn",
        "-q",
        "predict",
        str(fasta),
        "-m",
        str(model),
        "--threads",
        "1",
    ]
    outputs = [fasta.with_name(f"{number}.tsv") for number in range(PROCESSES)]
    processes = [subprocess.Popen([*command, "--overwrite", "-o", str(output)]) for output in outputs]
    codes = {process.wait() for process in processes}
    return codes, {output.read_bytes() for output in outputs}


def bad_inputs() -> Figures:
    """Malformed and hostile files with their required outcome (tests over manifests), and endless streams."""
    return inputs.figures()


def killed_trainings() -> Figures:
    """`kill -9` at a random time, then a rerun: the bundle equals that of an uninterrupted run."""
    return {name.replace("_", " "): str(count) for name, count in faults.training_kills().items()}


def killed_pipelines() -> Figures:
    """`kill -9` of the pipeline, with and without its jobs, then a rerun: all outputs are byte-identical."""
    return {name.replace("_", " "): str(count) for name, count in faults.pipeline_kills().items()}


def network_and_files() -> Figures:
    """System calls of every command on small data (strace): addresses that it uses, files that it writes."""
    return traces.figures()


SECTIONS: dict[str, Callable[[], Figures]] = {
    "bad_inputs": bad_inputs,
    "killed_trainings": killed_trainings,
    "killed_pipelines": killed_pipelines,
    "load": load,
    "network_and_files": network_and_files,
    "fuzzing": fuzzing,
    "mutation_testing": mutation_testing,
    "other_readers": other_readers,
}
"""Name on the command line and on the page -> function that measures it."""


def table(name: str) -> str:
    """Run a section and return its Markdown."""
    measure = SECTIONS[name]
    words = (measure.__doc__ or "").strip()
    lines = [f"\n## {name.replace('_', ' ').capitalize()}\n", words]
    lines += [f"\n`python -m benchmarks.reliability.run {name}`\n", "| quantity | result |", "|---|---|"]
    lines += [f"| {what} | {found} |" for what, found in measure().items()]
    return "\n".join(lines) + "\n"


def current_section(name: str) -> str:
    """Return a section of the current page, '' if it has none."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    found = re.search(rf"\n## {name.replace('_', ' ').capitalize()}\n.*?(?=\n## |\Z)", page, re.DOTALL)
    return found[0] if found else ""


def main() -> None:
    """Run the selected sections, and write the page."""
    selected = sys.argv[1:] or list(SECTIONS)
    if unknown := set(selected) - set(SECTIONS):
        sys.exit(f"unknown section: {', '.join(sorted(unknown))}; known: {', '.join(SECTIONS)}")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parts = [table(name) if name in selected else current_section(name) for name in SECTIONS]
    PAGE.write_text(HEADER + "".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
