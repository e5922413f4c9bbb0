"""Motifs <-> files in the minimal MEME format, version 4: what JASPAR, CIS-BP and the MEME suite exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqcnn.errors import TableError, show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.stream import read_lines, source_name
from seqcnn.sequence.onehot import ALPHABET

MAX_WIDTH = 1000
"""Widest motif that is read, in bp."""

_WIDTH = re.compile(r"\bw=\s*([0-9]+)")
_EXPECTED = "expected the MEME format (version 4), as JASPAR and CIS-BP offer it"
_SLACK = 0.05  # by which a row may miss a sum of 1, being rounded


def read_meme(path: Path) -> dict[str, np.ndarray]:
    """Read motifs.

    Returns
    -------
    Name (all that follows `MOTIF`, blanks as one) -> float64 (4, width), columns that add up to 1.

    Raises
    ------
    TableError
        If the file holds no motif, or one that is cut, repeated or no frequencies.
    UsageError
        If there is no such file.
    """
    motifs: dict[str, np.ndarray] = {}
    name, width = "", 0
    rows: list[np.ndarray] = []
    for number, line in read_lines(path, expected="a MEME file", fault=TableError):
        where = f"{source_name(path)}, line {number}"
        words = line.split()
        if words[:1] == ["MOTIF"]:
            _refuse_cut(where, name, len(rows), width)
            name, rows, width = " ".join(words[1:]), [], 0
            if not name or name in motifs:
                raise TableError(f"{where}: motif {show(name)} has no name, or one that was there before")
        elif line.startswith("letter-probability matrix") and name:
            width = _width(line, where)
        elif len(rows) < width:
            rows.append(_shares(words, where))
            if len(rows) == width:
                motifs[name], name, rows, width = np.array(rows).T, "", [], 0
    _refuse_cut(source_name(path), name, len(rows), width)
    if not motifs:
        raise TableError(f"{source_name(path)}: no motifs; {_EXPECTED}")
    return motifs


def write_meme(path: Path, motifs: Mapping[str, tuple[np.ndarray, int]]) -> None:
    """Write motifs: name -> frequencies (4, width) and number of sites."""
    lines = ["MEME version 4", "", f"ALPHABET= {ALPHABET}", "", "strands: + -", ""]
    lines += ["Background letter frequencies", " ".join(f"{base} 0.25" for base in ALPHABET)]
    for name, (shares, sites) in motifs.items():
        lines += ["", f"MOTIF {name}"]
        lines += [f"letter-probability matrix: alength= 4 w= {shares.shape[1]} nsites= {sites} E= 0"]
        lines += [" ".join(f"{share:.6f}" for share in column) for column in shares.T]
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _width(line: str, where: str) -> int:
    """Return the width that a matrix's first line states."""
    found = _WIDTH.search(line)
    if not found or not 1 <= int(found[1]) <= MAX_WIDTH:
        raise TableError(f"{where}: no width w= of 1 to {MAX_WIDTH}; {_EXPECTED}")
    return int(found[1])


def _shares(words: list[str], where: str) -> np.ndarray:
    """Return one row of a matrix, made to add up to 1."""
    try:
        row = np.array([float(word) for word in words])
    except ValueError:
        row = np.empty(0)
    if row.shape != (4,) or not np.isfinite(row).all() or (row < 0).any() or abs(row.sum() - 1) > _SLACK:
        raise TableError(f"{where}: {show(' '.join(words))}; expected four base frequencies that add up to 1")
    shares: np.ndarray = row / row.sum()
    return shares


def _refuse_cut(where: str, name: str, rows: int, width: int) -> None:
    """Raise `TableError` if a motif was begun and not finished."""
    if name:
        raise TableError(f"{where}: motif {show(name)} has {rows} of {width} rows before it; {_EXPECTED}")
