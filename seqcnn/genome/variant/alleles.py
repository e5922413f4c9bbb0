"""Alleles: the reasons why some cannot be scored, and trimming of shared bases."""

from __future__ import annotations

import re
from typing import NamedTuple

REASONS = {
    "missing_contig": "there is no such contig in the genome, or record in the library",
    "ref_mismatch": "REF differs from the bases that are there",
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

ALLELE_REASONS = {"symbolic", "star", "no_alt", "same", "ambiguous_allele"}
"""Reasons that depend on the alleles only, not on the genome."""

SCORED = "-"
"""Stands for the reason of an allele that was scored."""

_BASES = re.compile(r"[ACGT]+")
_SYMBOLIC = re.compile(r"<.*>|.*[\[\]].*|\..+|.+\.")


class TrimmedAlleles(NamedTuple):
    """The differing bases of two alleles: `ref` at `start` (0-based) becomes `alt`; either may be ''."""

    start: int
    ref: str
    alt: str


def reason_not_scored(ref: str, alt: str) -> str | None:
    """Return the reason why a pair of alleles of a VCF, in upper case, is not scored; None if it is.

    Examples
    --------
    >>> unscored_allele("A", "<DEL>"), unscored_allele("A", "*"), unscored_allele("A", "AT")
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


def trim_alleles(start: int, ref: str, alt: str) -> TrimmedAlleles:
    """Trim the bases that two alleles share: first the common suffix, then the common prefix.

    Examples
    --------
    >>> trimmed(10, "CAG", "CG")
    Change(start=11, ref='A', alt='')
    """
    shorter = min(len(ref), len(alt))
    end = next((i for i in range(shorter) if ref[-1 - i] != alt[-1 - i]), shorter)
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    shorter -= end
    begin = next((i for i in range(shorter) if ref[i] != alt[i]), shorter)
    return TrimmedAlleles(start + begin, ref[begin:], alt[begin:])
