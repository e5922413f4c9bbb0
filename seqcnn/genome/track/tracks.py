"""Values along a genome -> bedGraph, and bedGraph -> bigWig."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqcnn.extras import extra
from seqcnn.io.atomic import atomic_path
from seqcnn.model.inference.prediction_table import NUMBER


def bedgraph_lines(contig: str, positions: np.ndarray, values: np.ndarray, *, spans: np.ndarray) -> str:
    """Format values that hold from some 0-based positions on for `spans` bp; NaN has no line."""
    rows = zip(positions.tolist(), (positions + spans).tolist(), values.tolist(), strict=True)
    return "".join(f"{contig}\t{start}\t{end}\t{NUMBER % v}\n" for start, end, v in rows if v == v)


def write_bigwig(bedgraph: Path, output: Path, *, sizes: dict[str, int]) -> None:
    """Write a bedGraph that is not empty as bigWig, line by line.

    Raises
    ------
    EnvironmentFault
        If pybigtools is not installed, or the disk is full.
    """
    pybigtools = extra("pybigtools")
    with tempfile.TemporaryDirectory() as folder, atomic_path(output) as temporary:
        track = Path(folder) / "track.bw"  # pybigtools goes by the name
        pybigtools.open(str(track), "w").write(sizes, _intervals(bedgraph))
        shutil.copyfile(track, temporary)


def _intervals(bedgraph: Path) -> Iterator[tuple[str, int, int, float]]:
    """Yield the lines of a bedGraph."""
    with bedgraph.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            contig, start, end, value = line.rstrip("\n").split("\t")
            yield contig, int(start), int(end), float(value)
