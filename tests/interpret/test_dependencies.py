"""Tables and pages of dependency maps, and what the command refuses."""

import re

import numpy as np
import pandas as pd
import pytest
from support.command_line import cli
from support.networks import untrained
from support.planted import planted

import seqcnn
from seqcnn.errors import SequenceError, UsageError
from seqcnn.interpret import dependencies as station
from seqcnn.interpret.dependencies import DependencyPlan, dependencies, position_range
from seqcnn.interpret.dependency.dependency_map import dependency_map
from seqcnn.interpret.dependency.figure import dependency_figure
from seqcnn.io.tsv import read_rows

SEQUENCES = planted(3, seed=5)[0]


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "s.fa"
    path.write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(SEQUENCES)))
    return path


def edited(sequence, *changes):
    letters = list(sequence)
    for position, base in changes:
        letters[int(position) - 1] = base
    return "".join(letters)


def test_a_row_has_the_strongest_of_nine_pairs_of_changes(model):
    table = model.dependencies(SEQUENCES[:1], positions=(8, 12))
    assert len(table) == 10
    row, (sequence, *_) = table.iloc[3], SEQUENCES
    places = row["position_1"], row["position_2"]
    assert (
        (row["ref_1"], row["ref_2"]) == tuple(sequence[p - 1] for p in places) == (sequence[7], sequence[11])
    )
    pairs = [(a, b) for a in "ACGT" for b in "ACGT" if a != row["ref_1"] and b != row["ref_2"]]
    assert len(pairs) == 9
    mutants = [edited(sequence, *zip(places, pair, strict=True)) for pair in pairs]
    singles = [[edited(sequence, (p, pair[k])) for pair in pairs] for k, p in enumerate(places)]
    y, y1, y2 = (model.predict_array(part)[:, 0] for part in (mutants, *singles))
    reference = model.predict_array([sequence])[0, 0]
    expected = y - y1 - y2 + reference
    best = int(np.abs(expected).argmax())
    assert (row["alt_1"], row["alt_2"]) == pairs[best]
    assert row["epistasis"] == pytest.approx(expected[best], abs=4e-6)
    assert row["mean_absolute"] == pytest.approx(np.abs(expected).mean(), abs=4e-6)
    assert row["effect_1"] == pytest.approx(y1[best] - reference, abs=2e-6)
    assert row["effect_2"] == pytest.approx(y2[best] - reference, abs=2e-6)


def test_the_attributions_of_a_table_are_those_of_ism(model):
    table = model.dependencies(SEQUENCES[:1], positions="8-12").drop_duplicates("position_1")
    expected = model.attribute(SEQUENCES[:1]).by_position[0, 7:11]
    assert table["attribution_1"].to_numpy() == pytest.approx(expected, abs=2e-6)


def test_the_map_has_mean_and_sd_over_the_networks():
    values = np.zeros((2, 2, 4, 2, 4), np.float32)
    values[:, 0, 1, 1, 3] = [-2, -4]  # C at the first, T at the second position
    values[:, 0, 2, 1, 0] = [9, -8]
    reduced = dependency_map("s", "AC", values, first=5, prediction=0.0, effects=np.zeros((4, 2)))
    assert reduced.epistasis[0, 1] == -3
    assert reduced.sd[0, 1] == pytest.approx(2**0.5)
    assert reduced.mean_absolute[0, 1] == pytest.approx((3 + 0.5) / 9)
    assert (reduced.change(0, *reduced.strongest()), reduced.change(1, 0, 1)) == ("A5C", "C6T")
    assert np.isnan(reduced.epistasis[[0, 1, 1], [0, 0, 1]]).all()


def test_a_base_of_the_sequence_is_no_change_where_nothing_interacts():
    reduced = dependency_map(
        "s", "AC", np.zeros((1, 2, 4, 2, 4)), first=1, prediction=0.0, effects=np.zeros((4, 2))
    )
    assert reduced.alt[:, 0, 1].tolist() == [1, 0]
    assert reduced.sd is None


def test_the_sd_is_a_column_of_several_networks(fasta, tmp_path):
    members = untrained(members=3)
    assert dependencies(fasta, members, tmp_path / "d.tsv", plan=DependencyPlan("b", (1, 3))) == 3
    rows = list(read_rows(tmp_path / "d.tsv", "epistasis_sd"))
    assert all(row.known("epistasis_sd") > 0 for row in rows)


@pytest.mark.parametrize("suffix", ["tsv", "csv", "csv.gz"])
def test_every_format_has_the_same_rows(suffix, model, fasta, tmp_path):
    output = tmp_path / f"d.{suffix}"
    assert dependencies(fasta, model, output, plan=DependencyPlan(positions=(1, 4))) == 3
    table = pd.read_csv(output, sep="\t" if suffix == "tsv" else ",")
    assert table["id"].tolist() == [f"s{i}" for i in range(3) for _ in range(6)]
    assert table["position_2"].tolist() == [2, 3, 4, 3, 4, 4] * 3
    assert "epistasis_sd" not in table


def test_the_page_has_a_map_per_sequence(bundle, fasta, tmp_path):
    page = tmp_path / "d.html"
    options = ["--html", page, "--positions", "5-20", "--max-sequences", 2, "--threads", 1]
    assert cli("dependencies", fasta, "-m", bundle, "-o", tmp_path / "d.tsv", *options) == 0
    text = page.read_text()
    assert re.findall("<strong>(.*?)</strong>", text) == ["s0", "s1"]
    assert "2 sequences, all pairs of changes predicted exactly." in text
    assert len(re.findall("strongest pair [ACGT][0-9]+[ACGT] and [ACGT][0-9]+[ACGT]: [+−]", text)) > 1


def test_the_figure_shows_both_sides_of_the_diagonal_between_two_logos():
    epistasis = np.full((3, 3), np.nan)
    epistasis[0, 1], epistasis[0, 2], epistasis[1, 2] = 1, -2, 0.5
    heights = np.zeros((4, 3))
    heights[2, 1] = 0.7
    upper, side, square, _ = dependency_figure(epistasis, heights, first=9, label="y").axes
    image = square.images[0]
    assert image.get_array().filled(0).tolist() == [[0, 1, -2], [1, 0, 0.5], [-2, 0.5, 0]]
    assert image.get_clim() == (-2, 2)
    assert image.get_extent() == [8.5, 11.5, 11.5, 8.5]
    assert upper.get_ylim() == side.get_xlim() == (0, 0.7)
    assert (upper.get_xlim(), side.get_ylim()) == ((8.5, 11.5), (11.5, 8.5))
    box = side.collections[0].get_paths()[0].get_extents()
    assert (box.x0, box.x1, box.y0, box.y1) == pytest.approx((0, 0.7, 9.5, 10.5))


def test_ambiguous_sequences_are_left_out_and_counted(model, tmp_path, caplog):
    (tmp_path / "s.fa").write_text(f">n\nNNNN{SEQUENCES[0][4:]}\n>s\n{SEQUENCES[0]}\n")
    plan = DependencyPlan(positions=(1, 3))
    assert dependencies(tmp_path / "s.fa", model, tmp_path / "d.tsv", plan=plan) == 1
    assert {row["id"] for row in read_rows(tmp_path / "d.tsv")} == {"s"}
    assert "1 sequence is left out, as more than a tenth of each is ambiguous, such as N" in caplog.text


@pytest.mark.parametrize("text", ["5", "5-", "a-b", "0-5", "5-5", "9-3", "1-20,30-40", "-3-5"])
def test_positions_are_a_range_of_two_or_more(text):
    with pytest.raises(UsageError, match=r"--positions .*: expected START-END"):
        DependencyPlan(positions=position_range(text))


def test_positions_beyond_a_sequence_are_refused(model, fasta, tmp_path):
    with pytest.raises(SequenceError, match="record 's0' has 30 bp; expected at least 31, the last of"):
        dependencies(fasta, model, tmp_path / "d.tsv", plan=DependencyPlan(positions=(3, 31)))
    assert not (tmp_path / "d.tsv").exists()


def test_long_sequences_need_positions(model, fasta, tmp_path, monkeypatch):
    monkeypatch.setattr(station, "MAX_POSITIONS", 29)
    with pytest.raises(SequenceError, match="has 30 bp; expected at most 29 positions; choose some with"):
        dependencies(fasta, model, tmp_path / "d.tsv")
    assert dependencies(fasta, model, tmp_path / "d.tsv", plan=DependencyPlan(positions=(2, 4))) == 3


def test_a_single_base_has_no_pair(tmp_path):
    (tmp_path / "s.fa").write_text(">s\nA\n")
    with pytest.raises(SequenceError, match="record 's' has 1 bp; expected at least 2, which are a pair"):
        dependencies(tmp_path / "s.fa", untrained(), tmp_path / "d.tsv")


def test_a_dataset_is_sampled(model, dataset, tmp_path):
    dataset.save(tmp_path / "d.h5")
    plan = DependencyPlan(positions=(1, 2), max_sequences=2, split_part="test")
    assert dependencies(tmp_path / "d.h5", model, tmp_path / "d.tsv", plan=plan) == 2
    assert {row["id"] for row in read_rows(tmp_path / "d.tsv")} <= {
        dataset.ids[i] for i in dataset.part("test")
    }


def test_the_method_labels_sequences_as_they_are_given(model):
    table = model.dependencies(pd.Series(SEQUENCES[:2], index=["a", "b"]), positions=(1, 2))
    assert table["id"].tolist() == ["a", "b"]
    assert isinstance(model, seqcnn.Model)
