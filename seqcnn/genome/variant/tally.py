"""Counts of the alleles of a file: scored, normalised, and not scored with their reasons."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from seqcnn.data.readers.genome.contigs import ChromosomePrefix, renamed_contigs, unknown_contigs
from seqcnn.errors import UsageError, counted, plural, show
from seqcnn.genome.variant.alleles import ALLELE_REASONS, NOT_THERE, REASONS, SCORED, UNREAD
from seqcnn.genome.variant.effects import CALLS
from seqcnn.genome.variant.vcf import Site
from seqcnn.genome.variant.windows import AlleleWindows, WindowMaker, WindowsOrReason
from seqcnn.sequence.onehot import unpack

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
    calls: Counter[str] = field(default_factory=Counter)
    """Call of scored alleles -> number; empty if there are none."""
    normalised: int = 0
    """Scored alleles that the file does not write in their normalised notation."""
    indels: int = 0
    """Scored alleles that insert or delete bases."""
    renamed: int = 0
    """Sites whose contig has another name in the genome or library."""
    accessions: int = 0
    """Sites whose contig is the RefSeq accession of a human chromosome."""
    outside: int = 0
    """Sites outside of the chosen regions, which are left out."""
    ambiguous: int = 0
    """Ambiguous bases of a locus, which have no sites."""
    unknown: dict[str, None] = field(default_factory=dict)
    """Contigs of the file that the genome, or library, does not have."""
    examples: dict[str, str] = field(default_factory=dict)
    """Reason -> the first variant that has it, in words; of some reasons."""
    remedies: dict[str, str] = field(default_factory=dict)
    """Reason -> what to do, in words; of some reasons."""

    def add(self, alleles: Iterable[WindowsOrReason]) -> None:
        """Count alleles."""
        for allele in alleles:
            self.reasons[allele if isinstance(allele, str) else SCORED] += 1
            self.normalised += isinstance(allele, AlleleWindows) and allele.normalised
            self.indels += isinstance(allele, AlleleWindows) and allele.kind.n_ref != allele.kind.n_alt

    def note_mismatch(
        self, sites: Sequence[Site], alleles: Iterable[WindowsOrReason], make: WindowMaker
    ) -> None:
        """Note the first variant whose REF is not found; `alleles` are those of all sites."""
        if "ref_mismatch" in self.examples:
            return
        owners = (site for site in sites for _ in site.alts)
        site = next((s for s, a in zip(owners, alleles, strict=True) if a == "ref_mismatch"), None)
        if site is not None:
            bases = unpack(make.fetch(site.contig, site.start, site.start + len(site.ref)))
            name = "" if site.id == "." else f", {show(site.id, 60)}"
            found = f"REF {show(site.ref, 40)}, but {show(bases, 40)} at position {site.start + 1:,} of"
            self.examples["ref_mismatch"] = f"{site.where}{name}: {found} {show(site.contig)}"

    def note(self, reason: str) -> str:
        """Return the first variant that has a reason, and what to do, as the end of a sentence."""
        example = f"; the first is {self.examples[reason]}" if reason in self.examples else ""
        return example + (f"; {self.remedies[reason]}" if reason in self.remedies else "")

    @property
    def _mismatches(self) -> int:
        """Number of alleles whose REF is not found where the file says."""
        return sum(self.reasons[reason] for reason in NOT_THERE)

    @property
    def _beyond(self) -> str:
        """How many of these lie beyond their contig, in words; '' for none."""
        beyond = self.reasons["beyond_contig"]
        return f", {beyond:,} of them beyond the end of the contig" if beyond else ""

    def add_calls(self, calls: Iterable[str]) -> None:
        """Count the calls of alleles; those that are not scored have none."""
        self.calls.update(call for call in calls if call in CALLS)

    def add_contigs(self, sites: Sequence[Site], known: Collection[str]) -> None:
        """Note the contigs of sites that are not known."""
        if len(self.unknown) < MAX_UNKNOWN:
            unknown = (site for site in sites if site.contig not in known)
            self.unknown |= {site.contig: None for site in unknown if site.reason not in UNREAD}

    def refuse_unscored(self, vcf: str, source: str, known: Collection[str]) -> None:
        """Raise `UsageError` if no allele was scored, for a reason that another input or option changes."""
        self._refuse_other_genome(vcf, source, known)
        refuse_nothing_scored(vcf, self.reasons, self.note, "allele")

    def _refuse_other_genome(self, vcf: str, source: str, known: Collection[str]) -> None:
        """Raise `UsageError` if no contig of a VCF is known, or no REF is found in the genome or library."""
        if not self.reasons.keys() <= {"missing_contig", *NOT_THERE, *ALLELE_REASONS}:
            return
        if mismatches := self._mismatches:
            raise UsageError(
                f"{vcf}: REF of {_all_alleles(mismatches)} differs from the bases in {source}{self._beyond}"
                f"{self.note('ref_mismatch')}; {_OTHER_BUILD}"
            )
        if self.reasons["missing_contig"]:
            names = unknown_contigs(self.unknown, known, source)
            remedy = "give the genome or library of its positions"
            raise UsageError(f"{vcf}: none of its contigs is known: {names}, or {remedy}")

    def record(self, vcf: str, source: str, known: Collection[str]) -> dict[str, Any]:
        """Return the counts of a part, of which `Tally.of` makes those of the whole."""
        return {
            "reasons": self.reasons, "calls": self.calls, "normalised": self.normalised,
            "outside": self.outside, "ambiguous": self.ambiguous, "unknown": [*self.unknown],
            "examples": self.examples, "remedies": self.remedies,
            "file": vcf, "source": source, "contigs": [*islice(known, _MAX_KNOWN)],
        }  # fmt: skip

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> Tally:
        """Return the sum of the counts of all parts."""
        tally = cls()
        for record in records:
            tally.reasons.update(record["reasons"])
            tally.calls.update(record["calls"])
            tally.normalised += record["normalised"]
            tally.outside += record["outside"]
            tally.ambiguous += record["ambiguous"]
            tally.unknown |= dict.fromkeys(record["unknown"])
            tally.examples = {**record["examples"], **tally.examples}
            tally.remedies |= record["remedies"]
        return tally

    def _called(self) -> str:
        """Return the numbers of the calls in words."""
        return ", ".join(f"{self.calls[call]:,} {call}" for call in CALLS)

    def _left_out(self) -> list[str]:
        """Return sentences on what is not among the alleles."""
        counts = {
            "sites are outside of --regions and left out": self.outside,
            "bases are ambiguous and without variants": self.ambiguous,
        }
        return [counted(n, text) for text, n in counts.items() if n]

    def log_left_out(self) -> None:
        """Log what is not among the alleles."""
        for message in self._left_out():
            logger.info("%s", message)

    def log_mismatches(self, vcf: str, source: str) -> None:
        """Log that REF of more than half of the alleles, on known contigs, is not found."""
        compared = self.reasons.total() - sum(self.reasons[r] for r in ("missing_contig", *ALLELE_REASONS))
        if 2 * (mismatches := self._mismatches) > compared:
            logger.warning(
                "%s: REF of %d of %d alleles (%.0f%%) differs from the bases in %s%s; %s",
                vcf, mismatches, compared, 100 * mismatches / compared, source, self._beyond, _OTHER_BUILD,
            )  # fmt: skip

    def log_indels(self) -> None:
        """Warn of insertions and deletions that are scored in one window each, which they shift."""
        if self.indels:
            logger.warning(
                "%s with inserted or deleted bases: those beside them are shifted in the window, which alone "
                "can change a prediction; --windows 9 averages over positions", plural(self.indels, "allele"),
            )  # fmt: skip

    def log_contigs(self, source: str, known: Collection[str]) -> None:
        """Log the contigs that are not known."""
        if self.unknown:
            logger.warning("contigs: %s", unknown_contigs(self.unknown, known, source))

    def facts(self) -> list[str]:
        """Return sentences on the number of scored alleles, and on the others by their reason."""
        facts = [f"Scored: {self.reasons[SCORED]:,} of {plural(self.reasons.total(), 'allele')}."]
        unscored = ((self.reasons[reason], reason, text) for reason, text in REASONS.items())
        facts += [f"Called: {self._called()}."] if self.calls else []
        facts += [f"{text}." for text in self._left_out()]
        return facts + [f"Not scored: {n:,}, {reason}: {text}." for n, reason, text in unscored if n]

    def log_source(
        self, vcf: str, source: str, known: Collection[str], prefix: ChromosomePrefix | None
    ) -> None:
        """Log contigs that are not known, REF that is not found, and contigs with another name."""
        self.log_contigs(source, known)
        self.log_mismatches(vcf, source)
        if prefix:
            logger.info("%s", counted(self.renamed, renamed_contigs(prefix, "sites")))
        if self.accessions:
            what = (
                "variants name a human chromosome by its RefSeq accession, which the genome calls otherwise"
            )
            logger.info("%s", counted(self.accessions, what))

    def log(self) -> None:
        """Log the number of scored alleles, and the reasons of the others."""
        level = logging.INFO if self.reasons[SCORED] else logging.WARNING
        logger.log(level, "%d of %d alleles were scored", self.reasons[SCORED], self.reasons.total())
        if self.calls:
            logger.info("called: %s", self._called())
        if self.normalised:
            logger.info(
                "%d of them were trimmed or left-aligned for scoring, as `bcftools norm` does; "
                "outputs keep the notation of the VCF", self.normalised,
            )  # fmt: skip
        self.log_left_out()
        for reason, sentence in REASONS.items():
            if self.reasons[reason]:
                number, note = self.reasons[reason], self.note(reason)
                logger.warning("%d not scored, %s: %s%s", number, reason, sentence, note)


def refuse_nothing_scored(vcf: str, reasons: Counter[str], note: Callable[[str], str], what: str) -> None:
    """Raise `UsageError` if nothing was scored, for a reason that another input or option changes.

    Parameters
    ----------
    vcf
        Name of the file or region in messages.
    reasons
        Reason, '-' for what was scored -> number.
    note
        `Tally.note`.
    what
        What is counted, in the singular.
    """
    others = reasons.keys() & (REASONS.keys() - ALLELE_REASONS)
    if others and not reasons[SCORED]:
        reason = max(sorted(others), key=reasons.__getitem__)
        none = f"0 of {plural(reasons.total(), what)} scored"
        raise UsageError(f"{vcf}: {none}; {reason}: {REASONS[reason]}{note(reason)}")


def _all_alleles(number: int) -> str:
    """Return how many alleles are all of them, in words."""
    return f"all {number:,} alleles" if number > 1 else "the only allele"
