"""Genome or library -> a maker of the windows of variants, and the null distributions of their effects."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.data.readers.in_memory import load_records
from seqcnn.data.readers.sequences import log_changes, read_batches
from seqcnn.errors import UsageError, place
from seqcnn.genome.reference import open_reference
from seqcnn.genome.variant.null_distribution import NullDistributions
from seqcnn.genome.variant.windows import GenomeWindows, RecordWindows, WindowMaker, even_shifts
from seqcnn.genome.window_limits import window_size
from seqcnn.io.shard.part import Part
from seqcnn.model.inference.trained_model import LoadedModel

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class VariantPlan:
    """How variants are scored."""

    target: str | None = None
    """Name of the target; None is the first one."""
    windows: int = 1
    """Number of shifted windows to average; genomes only."""
    strand: str = "+"
    """Strand of the genome to predict, '+' or '-'; genomes only."""
    window_bp: int | None = None
    """bp of the genome per window, None to fill the model's window; genomes only."""
    n_null: int = 1000
    """Number of random changes in each null distribution; 0 leaves the percentile out."""
    seed: int = 1
    """Random seed of these changes."""
    alpha: float = 0.05
    """False-positive rate, among these changes, of the call that an allele has an effect, 0 to 1."""
    part: Part | None = None
    """The part of the outputs to write, with the variants of its shard; None is the whole."""
    regions: str | None = None
    """BED file, or region such as chr1:1,000-2,000, of the variants to score; None is everywhere."""


@dataclass(frozen=True)
class SequenceSource:
    """Source of the bases around a variant: a genome or a library; the other is None."""

    genome: Path | None = None
    """FASTA with the contigs of the VCF."""
    sequences: Path | None = None
    """Library whose records are the contigs of the VCF, or the ids of the pairs."""
    form: SequenceFormat = field(default_factory=SequenceFormat)
    """How the library is read."""
    chromosome_prefix: ChromosomePrefix | None = None
    """Change of the contigs of the VCF that the source does not have."""

    @property
    def name(self) -> str:
        """The genome or library in messages."""
        return place(self.genome or self.sequences)


@contextmanager
def open_windows(model: LoadedModel, source: SequenceSource, plan: VariantPlan) -> Iterator[WindowMaker]:
    """Open a genome or read a library; yield the maker of its windows.

    Raises
    ------
    UsageError
        If not exactly one source is given, or the plan has options of a genome for a library.
    """
    if (source.genome is None) == (source.sequences is None):
        raise UsageError(
            "give the genome of the positions (--genome) or a library (--sequences), and not both"
        )
    if source.genome is not None:
        source.form.refuse_unused(source.genome, "genome")
        size = window_size(model, plan.window_bp)
        shifts = even_shifts(plan.windows, size)
        with open_reference(source.genome) as contigs:
            yield GenomeWindows(contigs, size, shifts=shifts, strand=plan.strand)
    if source.sequences is not None:
        refuse_genome_options(plan)
        yield RecordWindows(read_library(source.sequences, source.form), model.header)


def null_distributions(
    model: LoadedModel, make: WindowMaker, plan: VariantPlan, *, target: int
) -> NullDistributions | None:
    """Return the null distributions of a plan; None if it has none."""
    if not plan.n_null:
        return None
    if plan.n_null < (needed := math.ceil(1 / plan.alpha - 1 - 1e-9)):
        logger.warning(
            "%d random changes are too few for calls at alpha %g, which are NA; give --null %d or more",
            plan.n_null, plan.alpha, needed,
        )  # fmt: skip
    return NullDistributions(model, make, target=target, n=plan.n_null, seed=plan.seed, alpha=plan.alpha)


def remedies(model: LoadedModel, make: WindowMaker, plan: VariantPlan) -> dict[str, str]:
    """Return reasons why an allele is not scored -> the options with which it would be, in words."""
    if not isinstance(make, GenomeWindows):
        return {}
    left, right = make.margins(1, 1)
    options = ["--windows 1"] if plan.windows > 1 else []
    options += [f"--window-bp {model.header.min_length}"] if model.header.min_length < make.size else []
    fewer = f"{' and '.join(options)} needs fewer" if options else "give a genome that has them"
    ends = f"a substitution needs {left} bp before it and {right} bp after it; {fewer}"
    longer = {"too_long": "--windows 1 takes longer alleles"} if plan.windows > 1 else {}
    return {"contig_end": ends, **longer}


def refuse_genome_options(plan: VariantPlan) -> None:
    """Raise `UsageError` for options that only windows of a genome have."""
    if (plan.windows, plan.strand, plan.window_bp) != (1, "+", None):
        raise UsageError(
            "--windows, --strand and --window-bp are of a genome; with --sequences the window is the record"
        )


def read_library(path: Path, form: SequenceFormat) -> dict[str, bytes]:
    """Return the records of a library: name -> packed bases."""
    changes: Counter[str] = Counter()
    records = load_records(read_batches(path, None, changes=changes, form=form), path)
    log_changes(path, changes)
    return dict(zip(records.names, records.bases, strict=True))
