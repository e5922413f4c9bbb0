"""The reasons why alleles cannot be scored."""

from __future__ import annotations

import re

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
