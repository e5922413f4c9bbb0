"""Write BED files with a comment, and scores that genome browsers read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seqcnn.io.atomic import atomic_path

MAX_SCORE = 1000
"""Largest score of the format, whose scores are integers from 0."""


def bed_scores(values: np.ndarray) -> list[int]:
    """Return absolute values as scores: integers of which the largest is `MAX_SCORE`.

    Examples
    --------
    >>> import numpy as np
    >>> bed_scores(np.array([0.5, -2.0]))
    [250, 1000]
    """
    sizes = np.abs(np.asarray(values, float))
    return np.rint(MAX_SCORE * sizes / max(sizes.max(initial=0), np.finfo(float).tiny)).astype(int).tolist()


def write_bed(path: Path, comment: str, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells below a comment."""
    lines = [f"# {comment}\n", *("\t".join(row) + "\n" for row in rows)]
    with atomic_path(path) as temporary:
        temporary.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
