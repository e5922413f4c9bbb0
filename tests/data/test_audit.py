"""What a split leaks, in words and numbers."""

import random
from dataclasses import replace

import numpy as np
import pytest
from support.fake_run import dataset as fake_dataset

from seqcnn.cli import main
from seqcnn.data.audit import (
    count_by_identity,
    count_by_recurring_fraction,
    format_audit,
    leakage_mask,
    leakage_note,
    leakage_subsets,
    most_similar_pairs,
    segment_mask,
    verdict,
)
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.evaluation.evaluate import evaluate


def library(relatives, *, segments=0, test=20):
    """60 rows of train and val, then `test` rows: variants, rows that share 36 %, and unrelated ones."""
    draw = random.Random(0)
    rows = ["".join(draw.choices("ACGT", k=100)) for _ in range(60 + test)]
    for i in range(relatives):
        rows[60 + i] = rows[i % 50][:50] + draw.choice("ACGT") * 3 + rows[i % 50][53:]
    for i in range(relatives, relatives + segments):
        rows[60 + i] = rows[60 + i][:60] + rows[i % 50][:36] + rows[60 + i][:4]
    split = ["train"] * 50 + ["val"] * 10 + ["test"] * test
    return dataset_from_arrays(rows, np.arange(60.0 + test), split=split)


@pytest.mark.parametrize(
    ("relatives", "segments", "test", "words"),
    [
        (0, 0, 200, "This split is clean: 0 of 200 test sequences (0%) have a relative in training"),
        (1, 19, 200, "This split is clean: 1 of 200 test sequences (0%) have a relative in training"),
        (2, 0, 200, "This split leaks: 2 of 200 test sequences (1%) have a relative"),
        (1, 20, 200, "This split shares segments: 1 of 200 test sequences (0%) have a relative"),
        (50, 0, 200, "This split is leaky: 50 of 200 test sequences (25%) have a relative"),
        (0, 0, 99, "too few test rows to say whether this split is clean: 99 (at least 100 are expected)"),
        (4, 0, 20, "4 of 20 test sequences (20%) have a relative"),
        (10, 0, 20, "is leaky: 10 of 20"),
    ],
)
def test_the_verdict_depends_on_relatives_and_segments_in_training(relatives, segments, test, words):
    data = library(relatives, segments=segments, test=test)
    assert words in verdict(data)
    assert leakage_mask(data).sum() == relatives
    assert segment_mask(data).sum() == segments
    assert len(leakage_note(data)) == (relatives > 0 or segments >= test / 10)
    bands = count_by_recurring_fraction(data)
    assert [n for _, _, n in bands] == [relatives, 0, segments]


def test_a_clean_verdict_on_very_many_bases_says_how_many_distant_relatives_are_missed():
    data = library(0, test=100)
    long = replace(data.rows, insert_length=np.full(160, 2_000_000, np.int32))
    assert verdict(replace(data, rows=long)).endswith(
        "; of pairs 80% identical over 100 bp, 5% are missed among 320,000,000 bp"
    )
    assert "missed" not in verdict(data)


def test_rows_that_share_only_a_segment_are_scored_by_themselves():
    data = library(3, segments=5)
    subsets = leakage_subsets(data)
    assert {name: len(rows) for name, rows in subsets.items()} == {"leaked": 3, "segment": 5, "clean": 12}
    found = evaluate(data, data.targets, resamples=10)["test_by_leakage"]
    assert {name: scores["target"]["n"] for name, scores in found.items()} == {
        name: len(rows) for name, rows in subsets.items()
    }
    assert leakage_subsets(library(0)) == {}


def test_levels_count_rows_that_are_at_least_that_identical():
    data = library(4)
    assert [n for _, n in count_by_identity(data)][1:] == [4, 4, 4]


def test_the_worst_pairs_name_both_rows_best_first():
    data = library(3)
    pairs = most_similar_pairs(data)
    assert {(a, b) for a, b, _ in pairs} == {("61", "1"), ("62", "2"), ("63", "3")}
    identities = [identity for _, _, identity in pairs]
    assert identities == sorted(identities, reverse=True)


def test_a_split_by_default_keeps_relatives_together():
    draw = random.Random(1)
    parents = ["".join(draw.choices("ACGT", k=100)) for _ in range(40)]
    rows = [p[:i] + "AC" + p[i + 2 :] for p in parents for i in (10, 30, 50, 70)]
    data = dataset_from_arrays(rows, np.arange(160.0))
    assert not leakage_mask(data).any()
    assert all(len(set(data.split[4 * k : 4 * k + 4])) == 1 for k in range(40))


def test_leaked_and_clean_rows_are_scored_apart():
    data = fake_dataset()
    right_where_leaked = np.where(
        np.nan_to_num(data.max_train_identity)[:, None] > 0.8, data.targets, data.targets[::-1]
    )
    found = evaluate(data, right_where_leaked, resamples=10)["test_by_leakage"]
    assert found["leaked"]["activity"]["pearson"]["value"] == pytest.approx(1)
    assert found["clean"]["activity"]["pearson"]["value"] < 0.5
    assert (found["leaked"]["activity"]["n"], found["clean"]["activity"]["n"]) == (30, 30)


def test_audit_prints_verdict_levels_and_pairs(tmp_path, capsys):
    data = library(10)
    data.save(tmp_path / "d.h5")
    with pytest.raises(SystemExit) as stop:
        main(["audit", str(tmp_path / "d.h5")])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert printed == format_audit(data) + "\n"
    assert "This split is leaky" in printed
    assert ">= 80%  10 (50%)" in printed
    assert "80%-100%  10 (50%)" in printed
    assert "61\t1\t9" in printed


def test_no_planted_twin_turned_copy_tile_or_mutant_crosses_an_automatic_split():
    """2,000 plants: each parent has one relative of one of four kinds."""
    draw = random.Random(4)
    turned = str.maketrans("ACGT", "TGCA")
    kinds = [
        lambda s: s,
        lambda s: s.translate(turned)[::-1],
        lambda s: s[40:] + "".join(draw.choices("ACGT", k=40)),
        lambda s: s[:60] + draw.choice("ACGT") + s[61:],
    ]
    parents = ["".join(draw.choices("ACGT", k=120)) for _ in range(2000)]
    rows = [row for i, parent in enumerate(parents) for row in (parent, kinds[i % 4](parent))]
    data = dataset_from_arrays(rows, np.arange(4000.0))
    assert (data.split[::2] == data.split[1::2]).all()
    assert len(np.unique(data.groups)) == 2000
    assert not leakage_mask(data).any()


def test_without_a_measured_identity_no_pairs_are_listed():
    data = fake_dataset(40)
    unknown = np.full(40, np.nan, np.float32)
    apart = replace(data, max_train_identity=unknown, nearest_train_row=np.full(40, -1, np.int32))
    assert most_similar_pairs(apart) == []
    assert "most similar pairs" not in format_audit(apart)
    assert "most similar pairs: test, training, identity" in format_audit(data)
