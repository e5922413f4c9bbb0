import gzip
import logging
from pathlib import Path

import numpy as np
import pytest

from seqcnn.data.onehot import unpack
from seqcnn.data.prepare import DataPlan, Inputs, prepare
from seqcnn.data.splits import SplitPlan
from seqcnn.errors import SeqcnnError

BAD = Path(__file__).parent / "badinputs"
LETTERS = [f"{a}{b}{c}T" for a in "ACGT" for b in "ACG" for c in "CT"]  # 24 sequences


@pytest.fixture
def lab(tmp_path):
    """24 sequences, two targets, replicates, weights, genes, chromosomes and a split."""
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    rows = ["id\ty\tz\trep1\trep2\tw\tgene\tchrom\tpart"]
    for i in range(24):
        z = "NA" if i % 3 else f"{-i}"
        part = {20: "val", 21: "val", 22: "test", 23: "test"}.get(i, "train")
        rows.append(f"s{i}\t{i}.5\t{z}\t{i}\t{i + 1}\t{i + 1}\tg{i // 2}\tchr{i % 4}\t{part}")
    (tmp_path / "t.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


def make(folder, **plan):
    options = {"targets": ("y",), "split": SplitPlan("column", "part"), **plan}
    return prepare(Inputs(folder / "s.fa", folder / "t.tsv"), DataPlan(**options))


def test_sequences_and_measurements_are_joined_row_by_row(lab):
    lines = (lab / "t.tsv").read_text().splitlines()
    (lab / "t.tsv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    data = make(lab, targets=("y", "z"), weight="w", replicates={"y": ("rep1", "rep2")}, units={"z": "log2"})
    assert data.ids == [f"s{i}" for i in range(24)]
    assert [unpack(row.tobytes()) for row in data.rows.bases] == LETTERS
    np.testing.assert_array_equal(data.targets[:, 0], np.arange(24) + 0.5)
    np.testing.assert_array_equal(data.targets[:4, 1], [0, np.nan, np.nan, -3])
    np.testing.assert_array_equal(data.weights, np.arange(24) + 1)
    np.testing.assert_array_equal(data.replicates[5], [[5, 6], [np.nan, np.nan]])
    assert [list(data.part(part)) for part in ("val", "test")] == [[20, 21], [22, 23]]
    assert data.units == ["", "log2"]


def test_genes_stay_on_one_side_and_chromosomes_are_held_out(lab):
    grouped = make(lab, group="gene", split=SplitPlan(val_fraction=0.2, test_fraction=0.2))
    assert all(len(set(grouped.split[i : i + 2])) == 1 for i in range(0, 24, 2))
    held = make(lab, split=SplitPlan("values", "chrom", val=("chr1",), test=("chr2",)))
    assert held.split[:4].tolist() == ["train", "val", "test", "train"]


def test_gzip_stdin_and_a_plain_file_give_the_same_rows(lab, monkeypatch):
    plain = make(lab)
    packed = lab / "s.fa.gz"
    packed.write_bytes(gzip.compress((lab / "s.fa").read_bytes()))
    plan = DataPlan(targets=("y",), split=SplitPlan("column", "part"))
    zipped = prepare(Inputs(packed, lab / "t.tsv"), plan)
    with (lab / "s.fa").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        piped = prepare(Inputs(Path("-"), lab / "t.tsv"), plan)
    assert plain.digest() == zipped.digest() == piped.digest()


def test_the_same_input_gives_the_same_bytes(lab):
    make(lab).save(lab / "a.h5")
    make(lab).save(lab / "b.h5")
    assert (lab / "a.h5").read_bytes() == (lab / "b.h5").read_bytes()


def test_every_silent_change_is_told_once_with_its_count(lab, caplog):
    text = (lab / "s.fa").read_text().replace("AACT", "aacu").replace(">s1\n", ">lonely\nACGTN\n>s1\n")
    (lab / "s.fa").write_text(text)
    with caplog.at_level(logging.WARNING, "seqcnn"):
        data = make(lab)
    told = data.provenance["notes"]
    assert any("4 lower-case letters" in note for note in told)
    assert any("1 letters U" in note for note in told)
    assert any("1 sequences have no row: 'lonely'" in note for note in told)
    assert [message for message in caplog.messages if "lower-case" in message] == [
        note for note in told if "lower-case" in note
    ]


def test_short_sequences_are_aligned_and_filled_from_the_flanks(lab):
    (lab / "s.fa").write_text((lab / "s.fa").read_text().replace("AACT", "CT"))
    data = make(lab, align="right", flank5="GGG")
    assert unpack(data.rows.bases[0].tobytes()) == "GGCT"
    assert (data.rows.start[0], data.rows.size[0]) == (2, 2)


def test_the_only_column_of_numbers_is_the_target(tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    (tmp_path / "t.tsv").write_text("id\tword\ty\n" + "".join(f"s{i}\tx\t{i}\n" for i in range(24)))
    assert make(tmp_path, targets=(), split=SplitPlan(val_fraction=0.2, test_fraction=0.2)).target_names == [
        "y"
    ]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"targets": ()}, r"which column is the target\?.*--target"),
        ({"targets": ("yy",)}, "no column 'yy'.*nearest: 'y'"),
        ({"length": 3}, r"'s0'.*4 bp.*at most 3 bp"),
        ({"weight": "z"}, "weight 'z'.*expected numbers >= 0"),
        ({"replicates": {"x": ("rep1",)}}, "'x' is not a target"),
        ({"split": SplitPlan("values", "chrom", val=("chr1",), test=("chr9",))}, "no row has 'chr9'"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan, message, lab):
    with pytest.raises(SeqcnnError, match=message):
        make(lab, **plan)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("t_one_row.tsv", "too few|at least"),
        ("t_few_rows.tsv", "too few|at least"),
        ("t_label_blank.tsv", "line 6.*s5"),
    ],
)
def test_a_hopeless_table_is_refused(table, message):
    with pytest.raises(SeqcnnError, match=message):
        prepare(Inputs(BAD / "_ok20.fa", BAD / table), DataPlan(targets=("y",)))


@pytest.mark.parametrize(
    ("table", "note"),
    [("t_two_values.tsv", "classification"), ("t_huge_range.tsv", "range"), ("t_missing_ids.tsv", "3")],
)
def test_a_strange_table_is_read_with_a_note(table, note):
    data = prepare(Inputs(BAD / "_ok20.fa", BAD / table), DataPlan(targets=("y",)))
    assert any(note in text for text in data.provenance["notes"])


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda letters: letters, "10 groups of identical sequences"),
        (
            lambda letters: letters.translate(str.maketrans("ACGT", "TGCA"))[::-1],
            "10 groups.*reverse complement",
        ),
        (lambda letters: letters[5:] + "ACGTA", "overlap"),
    ],
)
def test_twins_and_tiles_are_told(change, note, tmp_path):
    import re

    draw = np.random.default_rng(1)
    half = ["".join(draw.choice(list("ACGT"), 50)) for _ in range(10)]
    letters = half + [change(each) for each in half]
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{each}\n" for i, each in enumerate(letters)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(20)))
    notes = make(tmp_path, split=SplitPlan(val_fraction=0.2, test_fraction=0.2)).provenance["notes"]
    assert any(re.search(note, text) for text in notes), notes
