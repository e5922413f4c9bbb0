"""Haplotypes and their effects -> rows of the table, and counts for the log."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.errors import counted, plural
from seqcnn.genome.haplotype.carried import UNKNOWN, Carried
from seqcnn.genome.haplotype.windows import OVERLAP
from seqcnn.genome.variant.alleles import REASONS, SCORED
from seqcnn.genome.variant.effects import Effects
from seqcnn.genome.variant.table import NOT_SCORED
from seqcnn.genome.variant.windows import AlleleWindows
from seqcnn.io.table_output import NUMBER
from seqcnn.model.network.header import Header

logger = logging.getLogger(__name__)

HAPLOTYPE_REASONS = {
    **REASONS,
    OVERLAP: "variants of the haplotype overlap each other, so that its sequence is not defined",
}
"""Reasons why a haplotype is not scored: code -> sentence."""

_IDS = (
    "sample", "haplotype", "contig", "position", "id", "ref", "alt", "phase_set", "n_variants", "variants",
    "unphased", "missing", "not_applied",
)  # fmt: skip


class HaplotypeWindow(NamedTuple):
    """One row: what a haplotype carries in a window, and its windows or the reason why there are none."""

    carried: Carried
    windows: list[AlleleWindows] | str
    """As `windows.haplotype_windows` returns; haplotypes with the same variants share one list."""
    is_moved_out: bool
    """As `windows.is_moved_out` returns: the variants together and each alone are not comparable."""


def column_names(header: Header) -> list[str]:
    """Return the columns of the table of a model."""
    spread = header.members > 1
    return [
        *_IDS, "ref_prediction", "alt_prediction", "effect", *(["effect_sd"] if spread else []),
        "single_effects", "sum_of_singles", "non_additivity", *(["non_additivity_sd"] if spread else []),
        *([OOD_COLUMN] if header.ood is not None else []), "reason",
    ]  # fmt: skip


def unique_pairs(rows: Iterable[HaplotypeWindow]) -> tuple[list[AlleleWindows], dict[int, int]]:
    """Return the pairs to predict, each once, and where those of a list of windows begin: its id -> index."""
    pairs: list[AlleleWindows] = []
    begins: dict[int, int] = {}
    for row in rows:
        if not isinstance(row.windows, str) and id(row.windows) not in begins:
            begins[id(row.windows)] = len(pairs)
            pairs += row.windows
    return pairs, begins


def cells(
    row: HaplotypeWindow, samples: Sequence[str], effects: Effects, begin: int, *, width: int
) -> list[str]:
    """Return the cells of one row.

    Parameters
    ----------
    row
        The haplotype and its windows.
    samples
        Names of the samples.
    effects
        Effects of many pairs.
    begin
        Index of the first pair of the row.
    width
        Number of columns.
    """
    known = _id_cells(row.carried, samples)
    if isinstance(row.windows, str):
        return [*known, *[NOT_SCORED] * (width - len(known) - 1), row.windows]
    whole, singles = begin, slice(begin + 1, begin + len(row.windows))
    if len(row.windows) == 1:
        singles = slice(begin, begin + 1)
    single = effects.effect[singles]
    numbers = [effects.ref[whole], effects.alt[whole], effects.effect[whole]]
    rest = [single.sum(), effects.effect[whole] - single.sum()]
    if effects.sd is not None and effects.by_member is not None:
        numbers.append(effects.sd[whole])
        deviations = effects.by_member[:, whole] - effects.by_member[:, singles].sum(1)
        rest.append(deviations.std(ddof=1))
    sums = [NOT_SCORED if row.is_moved_out else NUMBER % value for value in rest]
    flags = [] if effects.ood is None else ["yes" if effects.ood[begin : singles.stop].any() else "no"]
    texts = [";".join(NUMBER % value for value in single)]
    return [*known, *(NUMBER % v for v in numbers), *texts, *sums, *flags, SCORED]


def _id_cells(carried: Carried, samples: Sequence[str]) -> list[str]:
    """Return the cells of `_IDS`."""
    focal = carried.focal
    fields, alt = focal.site.fields, focal.site.written_alts[focal.number]
    edits = sorted([focal, *carried.others])
    return [
        samples[carried.sample], carried.haplotype, fields[0], str(focal.site.start + 1), focal.site.id,
        fields[3], alt, carried.phase_set or ".", str(len(edits)), ";".join(edit.label for edit in edits),
        str(carried.unphased), str(carried.missing), ";".join(carried.not_applied) or ".",
    ]  # fmt: skip


@dataclass
class HaplotypeCounts:
    """Counts of rows for the log."""

    reasons: Counter[str] = field(default_factory=Counter)
    """Reason, '-' for scored rows -> number."""
    several: int = 0
    """Rows with several variants."""
    unknown: int = 0
    """Rows of variants whose haplotype is not known."""
    unphased: int = 0
    """Rows with unphased genotypes in the window."""
    missing: int = 0
    """Missing genotypes of the file, of the samples."""
    not_applied: int = 0
    """Scored rows with an allele on the haplotype that cannot be applied."""
    mismatched: int = 0
    """Variants of the file whose REF is not found."""
    moved_out: int = 0
    """Scored rows with a variant that insertions move out of the window."""

    def add(self, rows: Iterable[HaplotypeWindow]) -> None:
        """Count rows."""
        for carried, windows, is_moved_out in rows:
            self.moved_out += is_moved_out and not isinstance(windows, str)
            self.not_applied += bool(carried.not_applied) and not isinstance(windows, str)
            self.reasons[windows if isinstance(windows, str) else SCORED] += 1
            self.several += bool(carried.others)
            self.unknown += carried.haplotype == UNKNOWN
            self.unphased += carried.unphased > 0

    def log(self, n_samples: int, note: Callable[[str], str]) -> None:
        """Log the counts; `note` is `Tally.note`."""
        logger.info(
            "haplotype windows of %s: %d of %d scored, %d with several variants",
            plural(n_samples, "sample"), self.reasons[SCORED], self.reasons.total(), self.several,
        )  # fmt: skip
        for message in self._warnings(note):
            logger.warning("%s", message)

    def _warnings(self, note: Callable[[str], str]) -> Iterator[str]:
        """Yield what was left out."""
        if self.unphased:
            windows = counted(self.unphased, "windows have unphased genotypes")
            yield f"{windows}, which are not applied (column unphased)"
        if self.unknown:
            windows = counted(self.unknown, "windows are of an unphased variant")
            yield f"{windows}, whose haplotype is '{UNKNOWN}': only homozygous variants are applied with it"
        if self.missing:
            yield f"{counted(self.missing, 'genotypes are missing')}; a missing genotype counts as no variant"
        if self.not_applied:
            windows = counted(
                self.not_applied, "windows have an allele on the haplotype that cannot be placed"
            )
            yield f"{windows} and is not applied, with the reason in column not_applied"
        if self.moved_out:
            windows = counted(
                self.moved_out, "windows have a variant that insertions of the haplotype move out"
            )
            yield f"{windows}; their sum_of_singles and non_additivity are {NOT_SCORED}"
        variants = plural(self.mismatched, "variant")
        mismatched = f"REF of {variants} differs from the bases that are there"
        for reason, sentence in {**HAPLOTYPE_REASONS, "ref_mismatch": mismatched}.items():
            if self.reasons[reason]:
                windows = counted(self.reasons[reason], "windows")
                yield f"{windows} not scored, {reason}: {sentence}{note(reason)}"
