"""Ledger of test scores: one line in ledger.tsv for every scoring of a test split.

Configurations are committed before a test split is scored, and none is changed because of a test score.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from seqcnn.config.recipes import model_files

LEDGER = Path("benchmarks/accuracy/ledger.tsv")

COLUMNS = ("date", "commit", "dataset", "model", "member", "configuration", "target", "n", "pearson")
"""`configuration` is the start of the SHA-256 of the model's YAML file, or of a recipe as JSON."""


def refuse_uncommitted(folder: Path = Path()) -> None:
    """Exit if a configuration differs from its last commit: it would be scored before it is frozen."""
    command = ["git", "status", "--porcelain", "--", "configs"]
    changed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
    if changed:
        raise SystemExit(f"commit these configurations before their test scores are computed:\n{changed}")


def record(scored: Iterable[Path], ledger: Path = LEDGER) -> int:
    """Add every test score of some `metrics.json` that is not in the ledger; return the number of lines."""
    return add((line for path in scored for line in _scores(path)), ledger)


def add(scores: Iterable[tuple[str, ...]], ledger: Path = LEDGER) -> int:
    """Add scores, `COLUMNS` without date and commit, that are not in the ledger; return their number."""
    old = _rows(ledger)
    known = {tuple(row[name] for name in COLUMNS[2:]) for row in old}
    lines = [line for line in scores if line not in known]
    stamp = (datetime.now(UTC).date().isoformat(), _commit())
    with ledger.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(tuple(row.values()) for row in old)
        writer.writerows((*stamp, *line) for line in lines)
    return len(lines)


def _rows(ledger: Path) -> list[dict[str, str]]:
    """Return the lines of the ledger."""
    if not ledger.is_file():
        return []
    with ledger.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _scores(path: Path) -> list[tuple[str, ...]]:
    """Return what the ledger says of one <dataset>/<model>/<member>/metrics.json, without date and commit."""
    dataset, model, member = path.parts[-4:-1]
    digest = hashlib.sha256(model_files()[model].read_bytes()).hexdigest()[:12]
    scores = json.loads(path.read_text(encoding="utf-8"))["parts"]["test"]
    return [
        (dataset, model, member, digest, target, str(score["n"]), _text(score["pearson"]["value"]))
        for target, score in scores.items()
    ]


def _text(r: float | None) -> str:
    """Return a correlation as text."""
    return "not defined" if r is None else f"{r:.4f}"


def _commit() -> str:
    """Return the current commit."""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
