"""Genome or library -> what makes windows of variants, as a plan says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seqcnn.data.readers.in_memory import load_records
from seqcnn.data.readers.sequences import read_sequences
from seqcnn.errors import UsageError
from seqcnn.genome.reference import opened_genome
from seqcnn.genome.variant.windows import GenomeWindows, MakeWindows, RecordWindows, even_shifts
from seqcnn.genome.window_limits import window_size
from seqcnn.model.inference.trained_model import Model


@dataclass(frozen=True)
class Plan:
    """How variants are scored."""

    target: str | None = None
    """Name of the target; None is the first one."""
    windows: int = 1
    """Shifted windows whose mean is taken; of genomes only."""
    strand: str = "+"
    """The strand of the genome that is read, '+' or '-'."""
    window_bp: int | None = None
    """bp of the genome in a window; None fills the model's."""
    null: int = 1000
    """Random single-base changes that effects are compared with; 0 leaves the percentile out."""
    seed: int = 1
    """Of the random changes."""


@dataclass(frozen=True)
class Source:
    """Where the bases around a variant come from; one of the two is None."""

    genome: Path | None = None
    """A FASTA whose contigs the VCF names."""
    sequences: Path | None = None
    """A library whose records the VCF names as contigs, or pairs as ids."""


@contextmanager
def windows_of(model: Model, source: Source, plan: Plan) -> Iterator[tuple[MakeWindows, list[int]]]:
    """Open a genome or read a library, and give what makes windows of it, and the windows' shifts."""
    if (source.genome is None) == (source.sequences is None):
        raise UsageError(
            "give the genome of the positions (--genome) or a library (--sequences), and not both"
        )
    if source.genome is not None:
        size = window_size(model, plan.window_bp)
        shifts = even_shifts(plan.windows, size)
        with opened_genome(source.genome) as contigs:
            yield GenomeWindows(contigs, size, shifts=shifts, strand=plan.strand), shifts
    if source.sequences is not None:
        refuse_genome_options(plan)
        yield RecordWindows(read_library(source.sequences), model.header), [0]


def refuse_genome_options(plan: Plan) -> None:
    """Raise `UsageError` for what only windows of a genome can have."""
    if (plan.windows, plan.strand, plan.window_bp) != (1, "+", None):
        raise UsageError(
            "--windows, --strand and --window-bp are of a genome; with --sequences the window is the record"
        )


def read_library(path: Path) -> dict[str, bytes]:
    """Read the records of a library, name -> packed bases."""
    records = load_records(read_sequences(path, changes=Counter()), path)
    return {record.name: record.bases for record in records}
