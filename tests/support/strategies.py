"""Hypothesis strategies that several tests share."""

from hypothesis import strategies as st

from seqcnn.sequence.onehot import is_missing


def dna(letters: str, *, min_size: int = 1, max_size: int) -> st.SearchStrategy[str]:
    """Return sequences of some letters, without words for a missing value such as NA."""
    return st.text(letters, min_size=min_size, max_size=max_size).filter(lambda s: not is_missing(s.encode()))
