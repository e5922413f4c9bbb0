"""Read and write motifs in the minimal MEME format, version 4 (JASPAR, CIS-BP, MEME suite)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqcnn.errors import TableError, show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.stream import read_lines, source_name
from seqcnn.sequence.meme import meme_text

MAX_WIDTH = 1000
"""Maximum width of a motif, in bp."""

_WIDTH = re.compile(r"\bw=\s*([0-9]+)")
_EXPECTED = "expected the MEME format (version 4), as JASPAR and CIS-BP offer it"
_SUM_TOLERANCE = 0.05  # deviation of the sum of a rounded row from 1


def read_meme(path: Path) -> dict[str, np.ndarray]:
    """Return the motifs of a MEME file.

    Returns
    -------
    Name (the text after `MOTIF`, with single blanks) -> float64 (4, width), columns that add up to 1.

    Raises
    ------
    TableError
        If the file holds no motif, or a motif is truncated, duplicated or not made of frequencies.
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
    """Write motifs: name -> base frequencies (4, width) and number of sites."""
    with atomic_path(path) as temporary:
        temporary.write_text(meme_text(motifs), encoding="utf-8", newline="\n")


def _width(line: str, where: str) -> int:
    """Return the width in the first line of a matrix."""
    match = _WIDTH.search(line)
    if not match or not 1 <= int(match[1]) <= MAX_WIDTH:
        raise TableError(f"{where}: no width w= of 1 to {MAX_WIDTH}; {_EXPECTED}")
    return int(match[1])


def _shares(words: list[str], where: str) -> np.ndarray:
    """Return one row of a matrix, normalized to a sum of 1."""
    try:
        row = np.array([float(word) for word in words])
    except ValueError:
        row = np.empty(0)
    if (
        row.shape != (4,)
        or not np.isfinite(row).all()
        or (row < 0).any()
        or abs(row.sum() - 1) > _SUM_TOLERANCE
    ):
        raise TableError(f"{where}: {show(' '.join(words))}; expected four base frequencies that add up to 1")
    return np.asarray(row / row.sum())


def _refuse_cut(where: str, name: str, rows: int, width: int) -> None:
    """Raise `TableError` if a motif is incomplete."""
    if name:
        raise TableError(f"{where}: motif {show(name)} has {rows} of {width} rows before it; {_EXPECTED}")
