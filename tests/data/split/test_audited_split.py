"""A split that tears relatives apart is drawn again."""

import random

import numpy as np
import pytest

from seqcnn.data.split import audited_split
from seqcnn.data.split.audited_split import split_and_audit
from seqcnn.data.split.splits import SplitPlan
from seqcnn.data.split.units import SplitUnits
from seqcnn.sequence.onehot import pack

NOTHING = np.empty((0, 2), np.int64)


def families(count=40, length=60):
    """Pairs of sequences that differ in one base; sequences 2k and 2k + 1 are a pair."""
    draw = random.Random(0)
    found = []
    for _ in range(count):
        parent = "".join(draw.choices("ACGT", k=length))
        found += [pack(parent), pack(parent[:30] + "ACGT"[("ACGT".index(parent[30]) + 1) % 4] + parent[31:])]
    return found


def part(inserts, links, *, method="auto", values=None, measured=None):
    measured = np.ones(len(inserts), bool) if measured is None else measured
    values = values or [""] * len(inserts)
    plan = SplitPlan(method, column="set", val_fraction=0.2, test_fraction=0.2)
    return split_and_audit(
        plan, inserts, measured, SplitUnits(links), values=values, labels=None, check=lambda *_: None
    )


@pytest.mark.parametrize("method", ["auto", "kfold"])
def test_relatives_that_the_clusters_missed_are_joined(method):
    inserts = families()
    found = part(inserts, NOTHING, method=method)
    assert (found.split[0::2] == found.split[1::2]).all()
    assert [a == b for a, b in zip(found.groups[0::2], found.groups[1::2], strict=True)].count(True) > 5
    assert np.nanmax(found.max_train_identity) < 0.8


def test_a_split_that_tears_nothing_apart_is_drawn_once(monkeypatch):
    inserts = families()
    pairs = np.arange(80).reshape(40, 2)
    monkeypatch.setattr(audited_split, "_MAX_ROUNDS", 1)
    found = part(inserts, pairs)
    assert (found.split[0::2] == found.split[1::2]).all()
    assert len(set(found.groups)) == 40


def test_a_given_split_and_a_random_one_stay_as_they_are():
    inserts = families()
    values = ["train", "test"] * 32 + ["val"] * 16
    found = part(inserts, NOTHING, method="column", values=values)
    assert found.split.tolist() == values
    assert (found.max_train_identity[1:64:2] > 0.98).all()
    assert np.nanmax(part(inserts, NOTHING, method="random").max_train_identity) > 0.98


def test_rows_without_a_measurement_are_not_kept_and_numbers_are_those_of_the_kept_rows():
    inserts = families()
    measured = np.arange(80) >= 4
    found = part(inserts, None, measured=measured)
    assert found.keep.tolist() == list(range(4, 80))
    torn = np.flatnonzero(found.max_train_identity >= 0.8)
    assert len(torn)
    assert (found.keep[found.nearest_train_row[torn]] // 2 == found.keep[torn] // 2).all()
