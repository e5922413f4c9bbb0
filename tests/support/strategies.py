"""Hypothesis strategies that several tests share."""

from hypothesis import strategies as st

from seqcnn.sequence.onehot import is_missing

_COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


def dna(letters: str, *, min_size: int = 1, max_size: int) -> st.SearchStrategy[str]:
    """Return sequences of some letters; neither strand is a word for a missing value, such as NA."""
    return st.text(letters, min_size=min_size, max_size=max_size).filter(_is_sequence)


def _is_sequence(letters: str) -> bool:
    strands = letters, letters.translate(_COMPLEMENT)[::-1]
    return not any(is_missing(strand.encode()) for strand in strands)
