"""Indexed genome FASTA: packed bases of any place, read in blocks so that memory does not grow.

Positions are 0-based half-open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqcnn.data.readers.genome.indexed_fasta import fetch_bases, open_genome
from seqcnn.errors import place

_MIN_BLOCK, _MAX_BLOCK = 1 << 13, 1 << 18  # bp per read
_BEFORE = 1 << 12  # bp of a block before the requested start, because the next window may start earlier


class Genome:
    """An open genome; `sizes` are the lengths of its contigs in bp, in the order of the file."""

    def __init__(self, path: Path, chromosomes: Any) -> None:
        self._path, self._chromosomes = path, chromosomes
        self.sizes: dict[str, int] = {name: len(chromosomes[name]) for name in chromosomes.keys()}  # noqa: SIM118
        self._contig, self._start, self._bases = "", 0, b""
        self._block = _MIN_BLOCK

    def fetch(self, contig: str, start: int, end: int) -> bytes:
        """Return the packed bases of a place inside a contig, on the forward strand.

        Blocks grow while places follow each other, so that places at random cost little.
        """
        block_end = self._start + len(self._bases)
        if self._contig != contig or start < self._start or end > block_end:
            follows = self._contig == contig and self._start <= start <= block_end + _MIN_BLOCK
            self._block = min(2 * self._block, _MAX_BLOCK) if follows else _MIN_BLOCK
            self._contig, self._start = contig, max(0, start - _BEFORE)
            stop = min(self.sizes[contig], max(end, self._start + self._block))
            self._bases = fetch_bases(
                self._chromosomes[contig], self._start, stop, where=place(self._path), changes=Counter()
            )
        return self._bases[start - self._start : end - self._start]


@contextmanager
def open_reference(path: Path) -> Iterator[Genome]:
    """Open a genome FASTA, plain or bgzip; nothing is written beside it.

    Raises
    ------
    SeqcnnError
        If it cannot be read; see `seqcnn.data.readers.genome.bed`.
    """
    with open_genome(path) as chromosomes:
        yield Genome(path, chromosomes)
