"""Blocks of seeds, and results of searches, whatever the number of passes and the memory."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcnn.data.similarity import seed_passes, spaced_seeds
from seqcnn.data.similarity.masking import Codes
from seqcnn.data.similarity.search import components, nearest_reference, similarity_links
from seqcnn.data.similarity.seed_passes import sorted_seeds
from seqcnn.data.similarity.spaced_seeds import _PATTERNS, SeedLayout, SeedReader
from seqcnn.progress import Progress

PATTERN = "1101"
ROWS = ["T" * 30, "GATTACAGATTACAGATTACA", "ACGTACG"]
ROWS += ["".join(random.Random(k).choices("ACGT", k=60)) for k in range(3)]
ROWS[-1] = ROWS[-1][:30] + "N" + ROWS[-1][:29]


def reader(layout: SeedLayout) -> SeedReader:
    bases = np.array(["ACGTN".index(base) for row in ROWS for base in row] + [4] * len(PATTERN), np.uint8)
    return SeedReader(bases, np.concatenate([[0], np.cumsum([len(row) for row in ROWS])]), PATTERN, layout)


def all_seeds() -> list[tuple[int, int]]:
    """Bases and position of each seed, from the letters."""
    begin = np.cumsum([0, *map(len, ROWS)]).tolist()
    return [
        (16 * "ACGT".index(row[at]) + 4 * "ACGT".index(row[at + 1]) + "ACGT".index(row[at + 3]), start + at)
        for row, start in zip(ROWS, begin, strict=False)
        for at in range(len(row) - 3)
        if "N" not in row[at : at + 2] + row[at + 3]
    ]


@pytest.fixture
def small(monkeypatch) -> Iterator[pytest.MonkeyPatch]:
    """Blocks, pieces and stretches of a few seeds."""
    monkeypatch.setattr(spaced_seeds, "_BLOCK", 5)
    monkeypatch.setattr(seed_passes, "PIECE", 5)
    monkeypatch.setattr(seed_passes, "_BATCH", 50)
    return monkeypatch


@pytest.mark.parametrize("blocks", [1, 16])
@pytest.mark.parametrize("memory", [0, 16 * 40, 10**9], ids=["one block", "40 seeds", "all"])
def test_seeds_come_sorted_once_each_and_equal_ones_in_one_piece(blocks, memory, small):
    small.setattr(spaced_seeds, "_MAX_BLOCKS", blocks)
    layout, expected = SeedLayout.fit(240, 3), all_seeds()
    assert layout.blocks == blocks
    pieces = [
        [(int(seed) >> 32, int(seed) & 0xFFFFFFFF) for seed in piece]
        for piece in sorted_seeds([reader(layout)], memory, Progress("test"))
    ]
    assert sorted(seed for piece in pieces for seed in piece) == sorted(expected)
    assert all(piece == sorted(piece) for piece in pieces)
    assert sum(len({seed for seed, _ in piece}) for piece in pieces) == len({seed for seed, _ in expected})


@pytest.mark.parametrize("passes", [1, 2, 7, 16])
def test_pieces_do_not_depend_on_the_number_of_passes(passes, small):
    readers = [reader(SeedLayout.fit(240, 3))] * 2
    expected = [piece.tolist() for piece in sorted_seeds(readers, 10**9, Progress("test"))]
    small.setattr(seed_passes, "_MIN_PASSES", passes)
    assert [piece.tolist() for piece in sorted_seeds(readers, 10**9, Progress("test"))] == expected


def test_a_pass_holds_no_more_seeds_than_fit_into_half_of_the_memory(small):
    parts = list(seed_passes._passes([reader(SeedLayout.fit(240, 3))], 0, 16 * 40))
    sizes = [int(part.counts.sum()) for part in parts]
    assert len(parts) > 4
    assert max(sizes) <= 40
    assert sum(sizes) == len(all_seeds())
    assert parts[1].label == f", pattern 1 of 1, pass 2 of {len(parts)}"


def test_positions_beyond_32_bits_leave_out_the_bases_that_are_the_number_of_the_block(small):
    small.setattr(spaced_seeds, "_POSITION_BITS", 61)
    layout, expected = SeedLayout.fit(240, 3), all_seeds()
    assert (layout.blocks, layout.dropped_bits) == (64, 3)
    seeds = []
    for number, block in enumerate(next(seed_passes._passes([reader(layout)], 0, 10**9)).blocks()):
        whole = layout.bases(block).astype(int) * 8 + number % 8
        seeds += zip(whole.tolist(), layout.position(block).tolist(), strict=True)
    first = sorted(expected, key=lambda seed: seed[0] % 64)[: len(seeds)]
    assert sorted(seeds) == sorted(first)


def test_ten_billion_bases_on_both_strands_fit_into_64_bits():
    bases = 50_000_000 * 200
    ones = spaced_seeds.patterns_for(bases)[0].count("1")
    layout = SeedLayout.fit(2 * bases, ones)
    position = np.array([0, 2 * bases - 1])
    assert layout.position(layout.pack(np.array([0, 4**ones - 1], np.uint64), position)).tolist() == [
        *position
    ]
    assert 2 * ones - int(layout.dropped_bits) + int(layout.position_bits) <= 64
    assert layout.blocks >= 1 << int(layout.dropped_bits)
    assert 2 * bases / layout.blocks <= 1 << 22


@pytest.mark.parametrize("ones", _PATTERNS)
def test_up_to_4_billion_positions_seeds_are_stored_as_32_and_32_bits(ones):
    layout = SeedLayout.fit(1 << 32, ones)
    assert (layout.blocks, layout.position_bits) == (128, 32)
    assert layout.dropped_bits == max(0, 2 * ones - 32)


def families(seed: int) -> Codes:
    """Random sequences of several lengths in families of mutated copies, on either strand."""
    rng, rows = np.random.default_rng(seed), []
    for _ in range(12):
        parent = rng.integers(0, 4, 110, np.uint8)
        for _ in range(rng.integers(1, 6)):
            child = np.where(rng.random(110) < rng.uniform(0, 0.2), rng.integers(0, 4, 110), parent)
            child = child[rng.integers(0, 30) : 110 - rng.integers(0, 30)].astype(np.uint8)
            rows.append(child if rng.random() < 0.5 else 3 - child[::-1])
    order = rng.permutation(len(rows))
    rows = [rows[i] for i in order]
    return Codes(np.concatenate(rows), np.concatenate([[0], np.cumsum([len(row) for row in rows])]))


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 10**6))
def test_searches_have_the_same_results_in_1_and_in_7_passes_and_with_bases_in_a_file(seed):
    codes, results = families(seed), []
    query = np.random.default_rng(seed).random(len(codes)) < 0.3
    for passes, memory in ((1, None), (7, None), (1, 1)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(spaced_seeds, "_BLOCK", 1000)
            patch.setattr(seed_passes, "PIECE", 1000)
            patch.setattr(seed_passes, "_MIN_PASSES", passes)
            nearest = nearest_reference(codes, query, ~query, memory)
            results.append(
                (similarity_links(codes, memory), nearest.identity, nearest.row, nearest.recurring)
            )
    assert len(results[0][0]) > 3
    for other in results[1:]:
        for expected, found in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_clusters_are_the_same_with_the_seeds_of_very_large_data(monkeypatch):
    codes = families(3)
    cluster = components(len(codes), similarity_links(codes))
    monkeypatch.setattr(spaced_seeds, "_POSITION_BITS", 48)
    monkeypatch.setattr(spaced_seeds, "_BLOCK", 1000)
    assert np.array_equal(components(len(codes), similarity_links(codes)), cluster)
