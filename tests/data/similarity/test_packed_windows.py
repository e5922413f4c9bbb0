"""Windows of bits, against the bases that they stand for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.data.similarity import packed_windows
from seqcnn.data.similarity.masking import MASKED
from seqcnn.data.similarity.packed_windows import WINDOW, PackedWindows, agreement


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
