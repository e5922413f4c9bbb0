"""Recall of the similarity search, against exhaustive local alignment of planted pairs.

Pairs of related sequences are planted in a large library of random ones.  A pair counts if the local aligner
of Biopython, which knows no seeds, finds an alignment that makes the two similar by the definition of
`seqcnn.data.similarity.comparison`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from Bio.Align import PairwiseAligner

from benchmarks.validation.study import Row, Study, percent
from seqcnn.data.similarity.comparison import IDENTITY, SHARED
from seqcnn.data.similarity.gaps import GAP_COST
from seqcnn.data.similarity.local_identity import min_score
from seqcnn.data.similarity.masking import Codes
from seqcnn.data.similarity.search import components, nearest_reference, similarity_links

RECALL = 0.99
"""Smallest fraction of the similar pairs that must be found."""

IDENTITIES = (0.8, 0.85, 0.9, 0.95)
"""Exact identities of the planted segments."""

LENGTHS = (50, 100, 150, 200, 250)
"""Lengths of the first sequence of a pair, bp."""

BACKGROUNDS = {"4 Mbp": 4_000_000, "17 Mbp": 17_000_000}
"""Name -> bases of a library; above 16,777,216 longer seeds are used."""

_MISMATCHES = (-1.0, -2.0, -4.0)  # scorings of the reference; one alignment that is similar is enough
_DTYPE = np.uint8

Kind = Callable[[np.random.Generator, np.ndarray, float], np.ndarray]
"""Function that makes a relative, of a given identity, of a sequence of codes 0..3."""


def random_codes(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return random bases."""
    return rng.integers(0, 4, size, _DTYPE)


def substitute(rng: np.random.Generator, codes: np.ndarray, identity: float) -> np.ndarray:
    """Replace bases so that exactly the given fraction, rounded up, stays equal."""
    copy, count = codes.copy(), int((1 - identity) * len(codes) + 1e-9)
    at = rng.choice(len(codes), count, replace=False)
    copy[at] = (copy[at] + rng.integers(1, 4, count, _DTYPE)) % 4
    return copy


def shared_segment(rng: np.random.Generator, codes: np.ndarray, identity: float) -> np.ndarray:
    """Return random bases around a segment of 50 to 100 % of the sequence, in another place."""
    size = rng.integers(-(-len(codes) // 2), len(codes) + 1)
    begin, place = rng.integers(0, len(codes) - size + 1, 2)
    relative = random_codes(rng, len(codes))
    relative[place : place + size] = substitute(rng, codes[begin : begin + size], identity)
    return relative


def chimera(rng: np.random.Generator, codes: np.ndarray, identity: float) -> np.ndarray:
    """Return one half of the sequence, in its place, and random bases."""
    half, relative = -(-len(codes) // 2), random_codes(rng, len(codes))
    side = slice(0, half) if rng.random() < 0.5 else slice(len(codes) - half, None)
    relative[side] = substitute(rng, codes[side], identity)
    return relative


def moved_blocks(rng: np.random.Generator, codes: np.ndarray, identity: float) -> np.ndarray:
    """Exchange the halves."""
    half = -(-len(codes) // 2)
    first, last = (substitute(rng, part, identity) for part in (codes[:half], codes[half:]))
    return np.concatenate([last, first])


def insertion(rng: np.random.Generator, codes: np.ndarray, identity: float) -> np.ndarray:
    """Insert 5 to 40 bases anywhere."""
    at = rng.integers(0, len(codes) + 1)
    new = random_codes(rng, rng.integers(5, 41))
    copy = substitute(rng, codes, identity)
    return np.concatenate([copy[:at], new, copy[at:]])


def deletion(rng: np.random.Generator, codes: np.ndarray, identity: float) -> np.ndarray:
    """Delete 5 to 40 bases, at most half of them, anywhere."""
    size = rng.integers(5, min(40, len(codes) // 2) + 1)
    at = rng.integers(0, len(codes) - size + 1)
    copy = substitute(rng, codes, identity)
    return np.concatenate([copy[:at], copy[at + size :]])


KINDS: dict[str, Kind] = {
    "whole sequence": substitute,
    "segment of 50 to 100 %": shared_segment,
    "chimera of one half": chimera,
    "moved blocks": moved_blocks,
    "insertion of 5 to 40 bp": insertion,
    "deletion of 5 to 40 bp": deletion,
}
"""Kinds of related pairs."""


@dataclass(frozen=True, slots=True)
class PlantedPairs:
    """Planted pairs in a library: rows 2 k and 2 k + 1 are pair k."""

    codes: Codes
    labels: list[tuple[str, float, int]]
    """Kind, identity and length of each pair."""
    similar: np.ndarray
    """bool (P,), whether the reference finds the pair similar."""


def plant(repeats: int, bases: int, *, seed: int = 0) -> PlantedPairs:
    """Plant `repeats` pairs of every kind, identity and length in a library of about `bases` bases."""
    rng = np.random.default_rng(seed)
    labels = [label for label in product(KINDS, IDENTITIES, LENGTHS) for _ in range(repeats)]
    sequences = []
    for number, (kind, identity, length) in enumerate(labels):
        first = random_codes(rng, length)
        second = KINDS[kind](rng, first, identity)
        sequences += [first, 3 - second[::-1] if number % 2 else second]
    planted = sum(map(len, sequences))
    background = max(bases - planted, 0) // 150
    sequences += list(random_codes(rng, background * 150).reshape(background, 150))
    codes = Codes(
        np.concatenate(sequences), np.concatenate([[0], np.cumsum([len(codes) for codes in sequences])])
    )
    smallest = min_score(len(codes.bases))
    pairs = (sequences[2 * k : 2 * k + 2] for k in range(len(labels)))
    similar = [are_similar(first, second, smallest) for first, second in pairs]
    return PlantedPairs(codes, labels, np.array(similar))


def are_similar(first: np.ndarray, second: np.ndarray, smallest: float) -> bool:
    """Return whether exhaustive local alignment of either strand finds two sequences similar.

    `smallest` is the smallest significant score of a segment that is not the whole shorter sequence.
    """
    both = (first, second, 3 - second[::-1])
    x, forward, reverse = (codes.tobytes().translate(_LETTERS).decode() for codes in both)
    return any(_satisfies(aligner, x, y, smallest) for aligner in _ALIGNERS for y in (forward, reverse))


def _satisfies(aligner: PairwiseAligner, x: str, y: str, smallest: float) -> bool:
    """Return whether the best local alignment is 80 % identical over half of the shorter sequence."""
    if aligner.score(x, y) < min(smallest, len(x), len(y)) / 3:
        return False
    blocks = np.stack(aligner.align(x, y)[0].aligned, axis=1)  # (B, 2, 2): begin and end in both sequences
    equal = sum(a == b for (i, j), (k, m) in blocks for a, b in zip(x[i:j], y[k:m], strict=True))
    gaps = len(blocks) - 1
    columns = int((blocks[:, 0, 1] - blocks[:, 0, 0]).sum()) + gaps  # a gap is one column
    shorter = min(len(x), len(y))
    score = 2 * equal - columns - (GAP_COST - 1) * gaps
    significant = score >= smallest or (not gaps and columns >= shorter)
    return bool(columns >= SHARED * shorter and equal >= IDENTITY * columns and significant)


def _aligner(mismatch: float) -> PairwiseAligner:
    """Return a local aligner."""
    aligner = PairwiseAligner(mode="local", match_score=1.0, mismatch_score=mismatch)
    aligner.open_gap_score, aligner.extend_gap_score = -GAP_COST, 0.0
    return aligner


_ALIGNERS = [_aligner(mismatch) for mismatch in _MISMATCHES]
_LETTERS = bytes.maketrans(bytes(range(4)), b"ACGT")


def found_pairs(planted: PlantedPairs) -> tuple[np.ndarray, np.ndarray]:
    """Return which pairs are in one cluster, and which the audit finds if one side is in training."""
    pairs = 2 * np.arange(len(planted.labels))
    cluster = components(len(planted.codes), similarity_links(planted.codes))
    query = np.zeros(len(planted.codes), bool)
    query[pairs + 1] = True
    nearest = nearest_reference(planted.codes, query, ~query)
    return cluster[pairs] == cluster[pairs + 1], nearest.identity[pairs + 1] >= np.float32(IDENTITY)


_DESCRIPTION = (
    f"Pairs of {len(KINDS)} kinds, with segments of exactly {', '.join(f'{i:.0%}' for i in IDENTITIES)} "
    f"identity, of {', '.join(map(str, LENGTHS))} bp and on either strand, are planted in random libraries.  "
    "Those pairs count that exhaustive local alignment (Biopython) finds similar: at least 80 % identical "
    "over at least half of the shorter sequence, and significant.  A pair is found if it is in one cluster, "
    "and by the audit if one sequence is in training and the other one is not.  Above 16.8 Mbp longer "
    "seeds are used."
)


def study(repeats: int = 20) -> Study:
    """Measure the recall of every kind, identity and length in every library."""
    rows = []
    for name, bases in BACKGROUNDS.items():
        planted = plant(repeats, bases)
        found = found_pairs(planted)
        columns = [np.array(column) for column in zip(*planted.labels, strict=True)]
        rows.append(_row(f"{name}, all pairs", planted.similar, found, guaranteed=True))
        for column, values, form in zip(
            columns, (KINDS, IDENTITIES, LENGTHS), ("{}", "{:.0%} identical", "{} bp"), strict=True
        ):
            for value in values:
                rows.append(_row(f"{name}, {form.format(value)}", planted.similar & (column == value), found))
    return Study("Recall of the similarity search", _DESCRIPTION, rows)


def _row(
    setting: str, rows: np.ndarray, found: tuple[np.ndarray, np.ndarray], *, guaranteed: bool = False
) -> Row:
    """Return the row of some pairs."""
    linked, audited = (float(flags[rows].mean()) for flags in found)
    measured = f"{percent(linked)} in one cluster, {percent(audited)} found by the audit"
    guarantee = f"at least {100 * RECALL:.0f} %" if guaranteed else ""
    holds = min(linked, audited) >= RECALL if guaranteed else None
    return Row(setting, guarantee, measured, int(rows.sum()), holds)
