"""Counts of the alleles of a file: scored, normalised, and not scored with their reasons."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from seqcnn.data.readers.genome.contigs import unknown_contigs
from seqcnn.errors import UsageError
from seqcnn.genome.variant.alleles import ALLELE_REASONS, REASONS, SCORED
from seqcnn.genome.variant.vcf import Site
from seqcnn.genome.variant.windows import AlleleWindows, WindowsOrReason

logger = logging.getLogger(__name__)

MAX_UNKNOWN = 10_000
"""Number of unknown contigs above which no more are noted, to bound memory."""

_MAX_KNOWN = 1000  # contigs of a genome that a part records

_OTHER_BUILD = (
    "the likely cause is another build of the genome (such as GRCh37 for GRCh38); give the genome or library "
    "of these positions"
)


@dataclass
class Tally:
    """Counts of alleles, or of pairs of records."""

    reasons: Counter[str] = field(default_factory=Counter)
    """Reason, '-' for a scored allele -> number."""
    normalised: int = 0
    """Scored alleles that the file does not write in their normalised notation."""
    renamed: int = 0
    """Sites whose contig has another name in the genome or library."""
    accessions: int = 0
    """Sites whose contig is the RefSeq accession of a human chromosome."""
    unknown: dict[str, None] = field(default_factory=dict)
    """Contigs of the file that the genome, or library, does not have."""

    def add(self, alleles: Iterable[WindowsOrReason]) -> None:
        """Count alleles."""
        for allele in alleles:
            self.reasons[allele if isinstance(allele, str) else SCORED] += 1
            self.normalised += isinstance(allele, AlleleWindows) and allele.normalised

    def add_contigs(self, sites: Sequence[Site], known: Collection[str]) -> None:
        """Note the contigs of sites that are not known."""
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown |= {site.contig: None for site in sites if site.contig not in known}

    def refuse_other_genome(self, vcf: str, source: str, known: Collection[str]) -> None:
        """Raise `UsageError` if no contig of a VCF is known, or no REF is found in the genome or library."""
        if not self.reasons.keys() <= {"missing_contig", "ref_mismatch", *ALLELE_REASONS}:
            return
        if mismatches := self.reasons["ref_mismatch"]:
            raise UsageError(
                f"{vcf}: REF of all {mismatches:,} alleles differs from the bases in {source}; {_OTHER_BUILD}"
            )
        if self.reasons["missing_contig"]:
            names = unknown_contigs(self.unknown, known, source)
            remedy = "give the genome or library of its positions"
            raise UsageError(f"{vcf}: none of its contigs is known: {names}, or {remedy}")

    def record(self, vcf: str, source: str, known: Collection[str]) -> dict[str, Any]:
        """Return the counts of a part, of which `Tally.of` makes those of the whole."""
        return {
            "reasons": self.reasons, "normalised": self.normalised, "unknown": [*self.unknown],
            "file": vcf, "source": source, "contigs": [*islice(known, _MAX_KNOWN)],
        }  # fmt: skip

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> Tally:
        """Return the sum of the counts of all parts."""
        tally = cls()
        for record in records:
            tally.reasons.update(record["reasons"])
            tally.normalised += record["normalised"]
            tally.unknown |= dict.fromkeys(record["unknown"])
        return tally

    def log_mismatches(self, vcf: str, source: str) -> None:
        """Log that REF of more than half of the alleles, on known contigs, is not found."""
        compared = self.reasons.total() - sum(self.reasons[r] for r in ("missing_contig", *ALLELE_REASONS))
        if 2 * (mismatches := self.reasons["ref_mismatch"]) > compared:
            logger.warning(
                "%s: REF of %d of %d alleles (%.0f%%) differs from the bases in %s; %s",
                vcf, mismatches, compared, 100 * mismatches / compared, source, _OTHER_BUILD,
            )  # fmt: skip

    def log_contigs(self, source: str, known: Collection[str]) -> None:
        """Log the contigs that are not known."""
        if self.unknown:
            logger.warning("contigs: %s", unknown_contigs(self.unknown, known, source))

    def log(self) -> None:
        """Log the number of scored alleles, and the reasons of the others."""
        logger.info("%d of %d alleles were scored", self.reasons[SCORED], self.reasons.total())
        if self.normalised:
            logger.info(
                "%d of them were trimmed or left-aligned for scoring, as `bcftools norm` does; "
                "outputs keep the notation of the VCF", self.normalised,
            )  # fmt: skip
        for reason, sentence in REASONS.items():
            if self.reasons[reason]:
                logger.warning("%d not scored, %s: %s", self.reasons[reason], reason, sentence)
