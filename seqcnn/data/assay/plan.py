"""What a user says of an experiment: its files, what is read from them, and how it is split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from seqcnn.data.assay.ids import MatchIds
from seqcnn.data.assay.weights import WeightBy
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.data.readers.id_cut import IdUntil
from seqcnn.data.readers.tables import COMMON, COMMON_MISSING, EXCEL_ERRORS, Decimal, Thousands
from seqcnn.data.split.splits import SplitPlan
from seqcnn.data.transform import TransformName
from seqcnn.io.tsv import NA
from seqcnn.memory import parse_size
from seqcnn.sequence.onehot import Ambiguity
from seqcnn.sequence.window import Align, Flank, Length

Aggregate = Literal["mean", "median"]
"""How the rows of one id become one measurement."""


@dataclass(frozen=True, slots=True)
class DataPlan:
    """What is read from the inputs, how it is laid out, and how it is split."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    targets: tuple[str, ...] = ()
    """Target columns; by default the only column of numbers."""
    id: str | None = None
    """Column with the sequence's name; by default `id`, else the first one."""
    id_until: IdUntil | None = None
    """Cut the ids of all inputs at their first blank, pipe or colon, or before a strand such as (+)."""
    match_ids: MatchIds | None = None
    """Ignore a version suffix such as .1, case, or leading zeros where ids of the table are matched to those
    of the sequences."""
    sequence: str | None = None
    """Column with the sequence, when the sequences come from a table; by default the only one that is called
    `sequence`, `seq`, `oligo` or the like."""
    sheets: tuple[str, ...] = ()
    """Sheet of the input that is a workbook, or of both; two are the sheets of the sequences and of the
    measurements.  By default the only one that has cells."""
    decimal: Decimal = "."
    """Decimal separator of numbers."""
    thousands: Thousands | None = None
    """Separator of thousands of numbers; by default there is none."""
    encoding: str | None = None
    """Encoding of text tables; by default UTF-8, or UTF-16 with a byte order mark."""
    chromosome_prefix: ChromosomePrefix | None = None
    """Change of the names of contigs of intervals that the genome does not have."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Target -> unit, for figures and tables."""
    transform: TransformName = "none"
    """Transform of all targets and their replicates, see `seqcnn.data.transform`."""
    missing: tuple[str, ...] = (NA,)
    """Cells that mean 'not measured'; `common` stands for the usual ones, such as N/A, nan, n.d. or -."""
    replicates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Target -> columns of its replicate measurements."""
    aggregate: Aggregate | None = None
    """Make one row of the rows of each id, its barcodes or replicates; None expects one row per id."""
    pivot: str | None = None
    """Column of conditions, such as cell types: each of its values makes a target of every target column."""
    replicate_column: str | None = None
    """Column with the replicate of each row that `aggregate` reads; None if the rows are barcodes."""
    weight: str | None = None
    """Column of weights in the loss, >= 0."""
    weight_by: WeightBy = "weight"
    """What that column holds: `weight`, `sd` (or standard errors) or `counts` (reads, barcodes);
    `replicates` weights by the replicates instead, `none` not at all."""
    group: str | None = None
    """Column whose equal values stay on one side of the split: gene, family, locus."""
    categories: tuple[str, ...] = ()
    """Columns whose values the report scores apart: class, species, experiment."""
    length: Length | None = None
    """Window in bp; by default the longest sequence."""
    align: Align = "left"
    """Alignment of shorter sequences in the window."""
    flank5: Flank = ""
    """Construct sequence 5' of the insert, which fills the window."""
    flank3: Flank = ""
    """Construct sequence 3' of the insert, which fills the window."""
    crop: bool = False
    """Whether sequences longer than the window are cut; they are refused otherwise."""
    ambiguity: Ambiguity = "share"
    """Encoding of N and other IUPAC codes."""
    memory: str | None = None
    """Memory that may be used, such as 8GB; by default half of what is free.  Sequences, and what is
    needed to compare them, are in temporary files where they take more.  It does not change the result."""
    split: SplitPlan = field(default_factory=SplitPlan)
    """How rows are assigned to training, validation and test."""

    @property
    def missing_cells(self) -> tuple[str, ...]:
        """Return the cells that mean 'not measured'; blank ones and errors do if the targets are named."""
        usual = COMMON_MISSING if COMMON in self.missing else ()
        return (*self.missing, *usual, *(("", *EXCEL_ERRORS) if self.targets else ()))

    @property
    def memory_limit(self) -> int | None:
        """Return `memory` in bytes."""
        return None if self.memory is None else parse_size(self.memory)

    @property
    def other_columns(self) -> set[str | None]:
        """Return the columns that are used for something other than a target."""
        replicates = {name for names in self.replicates.values() for name in names}
        single = {self.sequence, self.weight, self.group, self.split.column}
        return {*single, self.replicate_column, self.pivot, *self.categories, *replicates}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of one experiment."""

    sequences: Path
    targets: Path
    genome: Path | None = None
    features: Path | None = None
    """Features of the sequences by id, see `seqcnn.data.features.feature_file`."""

    @property
    def files(self) -> tuple[Path | None, ...]:
        """All files."""
        return self.sequences, self.targets, self.genome, self.features

    def is_one_table(self, sheets: Sequence[str]) -> bool:
        """Return whether one table holds sequences and measurements; two `sheets` are two tables."""
        return self.sequences == self.targets and len(set(sheets)) < 2
