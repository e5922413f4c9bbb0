"""Windows of bits, against the bases that they stand for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.similarity import packed_windows
from seqcnn.data.similarity.masking import MASKED
from seqcnn.data.similarity.packed_windows import (
    WINDOW,
    PackedWindows,
    agreement,
    matches,
    peak_scores,
    shifted,
)


@given(st.data(), st.integers(1, 400), st.integers(0, 10**6))
def test_agreement_is_that_of_the_bases_in_both_sequences(data, n, seed):
    rng = np.random.default_rng(seed)
    bases = rng.integers(0, MASKED + 1, n).astype(np.uint8)
    cut = data.draw(st.integers(0, n))
    p, q = (data.draw(st.integers(-20, n - 1)) for _ in range(2))
    bounds = {p: (0, cut) if p < cut else (cut, n), q: (0, cut) if q < cut else (cut, n)}

    def window(at):
        begin, end = bounds[at]
        shown = np.full(WINDOW, MASKED)
        for column in range(WINDOW):
            if begin <= at + column < end:
                shown[column] = bases[at + column]
        return shown

    x, y = window(p), window(q)
    compared = (x != MASKED) & (y != MASKED)
    begin, end = np.array([bounds[p], bounds[q]]).T
    found = PackedWindows(bases).windows(np.array([p, q]), begin, end)
    agree, shared = agreement(found[:1], found[1:])
    assert (agree[0], shared[0]) == (((x == y) & compared).sum(), compared.sum())


def test_bases_packed_in_several_batches_are_the_same(monkeypatch):
    bases = np.random.default_rng(0).integers(0, MASKED + 1, 1000).astype(np.uint8)
    at = np.arange(900)
    begin, end = np.zeros_like(at), np.full_like(at, 1000)
    whole = PackedWindows(bases).windows(at, begin, end)
    monkeypatch.setattr(packed_windows, "_BATCH", 2 * WINDOW)
    assert np.array_equal(PackedWindows(bases).windows(at, begin, end), whole)


@given(st.integers(1, WINDOW), st.integers(0, 10**6))
def test_shifted_windows_are_those_that_begin_later(by, seed):
    bases = np.random.default_rng(seed).integers(0, MASKED + 1, 150).astype(np.uint8)
    packed, begin, end = PackedWindows(bases), np.zeros(10, np.int64), np.full(10, 150)
    at = np.arange(10)
    window, following = (packed.windows(at + ahead, begin, end) for ahead in (0, WINDOW))
    assert np.array_equal(shifted(window, following, by), packed.windows(at + by, begin, end))


@given(st.integers(0, 10**6), st.floats(0.2, 0.9))
def test_peak_scores_are_the_largest_prefix_sums_of_matches_and_mismatches(seed, identity):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (5, WINDOW)).astype(np.uint8)
    y = np.where(rng.random((5, WINDOW)) < identity, x, (x + 1) % 4).astype(np.uint8)
    at = np.arange(5) * WINDOW
    one, other = (PackedWindows(side.ravel()).windows(at, at, at + WINDOW) for side in (x, y))
    expected = np.cumsum(np.where(x == y, 1, -1), axis=1).max(1)
    assert peak_scores(matches(one, other)).tolist() == expected.tolist()
