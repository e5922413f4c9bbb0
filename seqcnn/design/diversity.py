"""Diversity of designs: edit distance, and clusters of similar sequences.

Similarity is that of the split of a dataset: a segment of at least 80 % identity on either strand that is
longer than by chance (`seqcnn.data.similarity`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz.distance import Levenshtein

from seqcnn.data.similarity.search import components
from seqcnn.data.split.clusters import link_similar
from seqcnn.design.constraints import Constraints


def similarity_clusters(sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Return the cluster of each sequence, from 0, int (N,); a sequence is its codes, uint8 (L,)."""
    packed = [np.left_shift(1, codes).astype(np.uint8).tobytes() for codes in sequences]
    return np.asarray(components(len(packed), link_similar(packed).links))


@dataclass(slots=True)
class Accepted:
    """Sequences that were accepted so far; further ones have to differ from them."""

    constraints: Constraints
    codes: list[np.ndarray] = field(default_factory=list)

    def add_if_distinct(self, codes: np.ndarray) -> bool:
        """Add a sequence, uint8 (L,), and return True if it is distant enough and its cluster is not full."""
        least, most = self.constraints.min_distance, self.constraints.max_per_cluster
        text = codes.tobytes()
        if any(Levenshtein.distance(text, other.tobytes()) < least for other in self.codes):
            return False
        if most is not None and len(self.codes) >= most:
            clusters = similarity_clusters([*self.codes, codes])
            if (clusters == clusters[-1]).sum() > most:
                return False
        self.codes.append(codes)
        return True
