"""Read and write motifs in the minimal MEME format, version 4 (JASPAR, CIS-BP, MEME suite)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqcnn.errors import TableError, counted, listed, refuse_control, show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.stream import read_lines, source_name
from seqcnn.sequence.meme_format import meme_text

logger = logging.getLogger(__name__)

MAX_WIDTH = 1000
"""Maximum width of a motif, in bp."""

_WIDTH = re.compile(r"\bw=\s*([0-9]+)")
_WORD = re.compile(r"(?!nan|inf)[a-z]{3}|[-*]{3}|//", re.IGNORECASE)  # begins a line after a matrix
_EXPECTED = "expected the MEME format (version 4), as JASPAR and CIS-BP offer it"
_SUM_TOLERANCE = 0.05  # deviation of the sum of a rounded row from 1


def read_meme(path: Path) -> dict[str, np.ndarray]:
    """Return the motifs of a MEME file; a bad motif is skipped with a warning.

    The width (`w=`) and all other keys of a matrix are optional; a matrix without width ends at the first
    line that begins with a word, such as URL.

    Returns
    -------
    Name (the text after `MOTIF`, with single blanks) -> float64 (4, width), columns that add up to 1.

    Raises
    ------
    TableError
        If the file holds no motif, or only truncated, duplicated ones or ones not made of frequencies.
    UsageError
        If there is no such file.
    """
    motifs: dict[str, np.ndarray] = {}
    faults: list[str] = []
    for motif in _motifs(path):
        try:
            if not motif.name or motif.name in motifs:
                raise TableError("no name, or that of an earlier motif")
            refuse_control(motif.name, "name", TableError)
            motifs[motif.name] = motif.frequencies()
        except TableError as error:
            faults.append(f"line {motif.line}: motif {show(motif.name, 40)}: {error}")
    if not motifs:
        found = listed(faults) or "no motifs"
        raise TableError(f"{source_name(path)}: {found}; {_EXPECTED}")
    if faults:
        skipped = counted(len(faults), "motifs are skipped")
        logger.warning("%s: %s: %s", source_name(path), skipped, listed(faults))
    return motifs


@dataclass
class _Motif:
    """The lines of one motif."""

    line: int
    name: str
    width: str | None = None
    """As stated in the first line of the matrix."""
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    """1-based line and words of each row."""
    in_matrix: bool = False

    def add(self, line: int, text: str) -> None:
        """Add a line of the file that belongs to the motif."""
        words = text.split()
        if text.startswith("letter-probability matrix"):
            match = _WIDTH.search(text)
            self.width, self.in_matrix = match[1] if match else None, not self.rows
        elif self.in_matrix and words:
            self.in_matrix = len(self.rows) <= MAX_WIDTH and not self._complete(words)
            self.rows += [(line, words)] if self.in_matrix else []

    def _complete(self, words: list[str]) -> bool:
        """Return whether the rows before a line are all of the matrix."""
        if self.width is not None:
            return len(self.rows) == int(self.width[:6])
        return bool(_WORD.match(words[0]))

    def frequencies(self) -> np.ndarray:
        """Return the matrix, float64 (4, width); raise `TableError` if it is truncated or malformed."""
        width = len(self.rows) if self.width is None else int(self.width[:6])
        if not 1 <= width <= MAX_WIDTH:
            raise TableError(f"width {width}; expected 1 to {MAX_WIDTH}")
        if len(self.rows) < width:
            raise TableError(f"{len(self.rows)} of {width} rows")
        return np.array([_shares(words, f"line {line}") for line, words in self.rows]).T


def _motifs(path: Path) -> Iterator[_Motif]:
    """Yield the motifs of a file, good or bad."""
    motif: _Motif | None = None
    for number, line in read_lines(path, expected="a MEME file", fault=TableError):
        if line.split()[:1] == ["MOTIF"]:
            if motif:
                yield motif
            motif = _Motif(number, " ".join(line.split()[1:]))
        elif motif:
            motif.add(number, line)
    if motif:
        yield motif


def write_meme(path: Path, motifs: Mapping[str, tuple[np.ndarray, int]]) -> None:
    """Write motifs: name -> base frequencies (4, width) and number of sites."""
    with atomic_path(path) as temporary:
        temporary.write_text(meme_text(motifs), encoding="utf-8", newline="\n")


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
