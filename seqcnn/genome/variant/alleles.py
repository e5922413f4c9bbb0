"""Kinds of alleles, and the reasons why some cannot be scored."""

from __future__ import annotations

import re
from operator import ne
from typing import NamedTuple

REASONS = {
    "malformed": "the row is no variant in the notation of its column",
    "transcript": "positions of a transcript or protein are not read",
    "missing_contig": "there is no such contig in the genome, or record in the library",
    "ref_mismatch": "REF differs from the bases that are there",
    "beyond_contig": "the variant lies beyond the end of the contig",
    "contig_end": "a window reaches beyond an end of the contig",
    "symbolic": "a symbolic allele or a breakend does not say its bases",
    "star": "the allele * is a deletion that another line describes",
    "no_alt": "there is no alternative allele",
    "same": "both alleles are the same",
    "ambiguous_allele": "an allele holds other letters than A, C, G and T",
    "n_rich": "more than a tenth of a window is ambiguous, such as N",
    "too_short": "the sequence with this allele is shorter than any that the model was trained on",
    "too_long": "the sequence with this allele is longer than the model's window",
}
"""Reasons why an allele is not scored: code -> sentence."""

NOT_THERE = ("ref_mismatch", "beyond_contig")
"""Reasons that another build of the genome gives."""

UNREAD = {"malformed", "transcript"}
"""Reasons of a row of a table that is no variant."""

ALLELE_REASONS = {*UNREAD, "symbolic", "star", "no_alt", "same", "ambiguous_allele"}
"""Reasons that depend on the notation or the alleles only, not on the genome."""

SCORED = "-"
"""Stands for the reason of an allele that was scored."""

_BASES = re.compile(r"[ACGT]+")
_SYMBOLIC = re.compile(r"<.*>|.*[\[\]].*|\..+|.+\.")


class Kind(NamedTuple):
    """Kind of a change: bases that are replaced by others (n, n), inserted (0, n) or deleted (n, 0)."""

    n_ref: int
    n_alt: int

    def __str__(self) -> str:
        """Return the kind in words."""
        name = "insertions" if not self.n_ref else "deletions" if not self.n_alt else "substitutions"
        return f"{name} of {max(self)} bp"


def kind_of(ref: str | bytes, alt: str | bytes) -> Kind:
    """Return the kind of a pair of alleles: the number of differing bases, or the difference in length.

    Examples
    --------
    >>> kind_of("ACG", "TCA"), kind_of("A", "ATT"), kind_of("GATCAG", "GTT")
    (Kind(n_ref=2, n_alt=2), Kind(n_ref=0, n_alt=2), Kind(n_ref=3, n_alt=0))
    """
    if len(ref) == len(alt):
        differing = sum(map(ne, ref, alt))
        return Kind(differing, differing)
    return Kind(max(len(ref) - len(alt), 0), max(len(alt) - len(ref), 0))


def reason_not_scored(ref: str, alt: str) -> str | None:
    """Return the reason why a pair of alleles of a VCF, in upper case, is not scored; None if it is.

    Examples
    --------
    >>> reason_not_scored("A", "<DEL>"), reason_not_scored("A", "*"), reason_not_scored("A", "AT")
    ('symbolic', 'star', None)
    """
    if alt == ".":
        return "no_alt"
    if alt == "*":
        return "star"
    if _SYMBOLIC.fullmatch(alt):
        return "symbolic"
    if not (_BASES.fullmatch(ref) and _BASES.fullmatch(alt)):
        return "ambiguous_allele"
    return "same" if ref == alt else None
