"""Options that weigh rows, or that do nothing, are said."""

import os

import numpy as np
import pytest

from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.check import duplicate_notes, refuse_unusable
from seqcnn.data.prepare import prepare
from seqcnn.data.split.clusters import strand_keys
from seqcnn.data.split.keys import Keys
from seqcnn.errors import SeqcnnError, TableError, UsageError
from seqcnn.sequence.onehot import pack


@pytest.fixture
def lab(tmp_path):
    """30 sequences of 20 bp, with a standard deviation that is 0 in every third row."""
    rng = np.random.default_rng(0)
    letters = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(30)]
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(letters)))
    rows = [f"s{i}\t{rng.normal():.4f}\t{0.5 * (i % 3)}\n" for i in range(30)]
    (tmp_path / "t.tsv").write_text("id\ty\ty_sd\n" + "".join(rows))
    return Inputs(tmp_path / "s.fa", tmp_path / "t.tsv")


def notes(lab, **plan):
    return prepare(lab, DataPlan(targets=("y",), **plan)).provenance["notes"]


def test_weights_are_said_with_their_range(lab):
    """The median SD is 0.5: SD 0, 0.5 and 1 weigh 1, 1/2 and 1/5."""
    found = notes(lab, weight="y_sd", weight_by="sd")
    assert "weights in the loss: column 'y_sd', by sd, from 0.2 to 1" in found
    assert "weight 'y_sd': 10 rows with an SD of 0 count as if they were exact" in found


def test_a_column_that_looks_like_an_error_is_doubted_as_a_weight(lab):
    found = notes(lab, weight="y_sd")
    assert "weights in the loss: column 'y_sd', as they are, from 0 to 1" in found
    assert any("use --weight-by sd" in note for note in found)


def test_flanks_that_no_sequence_has_room_for_are_said(lab):
    assert any("flank5 and flank3 are not used" in note for note in notes(lab, flank5="ACGT"))
    assert not any("flank5" in note for note in notes(lab, flank5="ACGT", length=24))


def test_one_replicate_gives_no_ceiling(lab):
    found = notes(lab, replicates={"y": ("y_sd",)})
    assert "target 'y': one replicate column, so there is no ceiling" in found


def test_replicates_of_too_few_test_rows_give_no_ceiling(lab):
    found = notes(lab, replicates={"y": ("y", "y_sd")})
    (note,) = [note for note in found if "ceiling" in note]
    assert note.startswith("target 'y': no noise ceiling of the test rows: two replicates share ")
    assert note.endswith(" rows; at least 30 are expected")


def test_plain_plans_need_no_note(lab):
    assert not any(word in note for note in notes(lab) for word in ("weight", "flank", "replicate"))


def test_groups_of_both_strands_are_counted_once():
    """Two sequences, each twice on either strand; and one beside its reverse complement."""
    inserts = [pack(letters) for letters in ("AACC", "AACC", "GGTT", "GGTT", "AAAC", "GTTT", "ACGT", "ACGA")]
    split = np.array(["train"] * 7 + ["test"])
    assert duplicate_notes(inserts, strand_keys(inserts), split) == [
        "2 groups of identical sequences; the split keeps each group in one part",
        "2 groups of sequences identical up to reverse complement; the split keeps each group in one part",
    ]
    split[3] = "test"
    assert duplicate_notes(inserts, strand_keys(inserts), split) == [
        f"2 groups of {kind}; 1 of them is in several parts of the split"
        for kind in ("identical sequences", "sequences identical up to reverse complement")
    ]


@pytest.mark.parametrize("value", ["1e31", "-2e30", "3e38"])
def test_a_huge_value_is_refused_by_its_row(lab, value):
    text = lab.targets.read_text().splitlines()
    text[3] = f"s2\t{value}\t1"
    lab.targets.write_text("\n".join(text) + "\n")
    message = rf"column 'y': line 4, id 's2': '{value}'; expected numbers from -1e\+30 to 1e\+30"
    with pytest.raises(TableError, match=message):
        prepare(lab, DataPlan(targets=("y",)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("factor", [1e20, 1e-20])
def test_large_and_small_values_are_prepared_without_warnings(lab, factor):
    rows = [f"s{i}\t{i * factor:g}\t1\n" for i in range(30)]
    lab.targets.write_text("id\ty\ty_sd\n" + "".join(rows))
    data = prepare(lab, DataPlan(targets=("y",)))
    assert sorted(data.targets[:, 0].tolist()) == [float(np.float32(f"{i * factor:g}")) for i in range(30)]


def test_a_target_without_spread_is_refused(lab):
    rows = [f"s{i}\t{i}e-33\t1\n" for i in range(30)]
    lab.targets.write_text("id\ty\ty_sd\n" + "".join(rows))
    with pytest.raises(TableError, match="target 'y': all values are within 1e-30 of each other"):
        prepare(lab, DataPlan(targets=("y",)))


def test_a_missing_cell_that_is_not_there_is_noted(lab):
    plan = DataPlan(targets=("y",), missing=("NA", "-999", "n.d.", "1"))
    assert [note for note in prepare(lab, plan).provenance["notes"] if "--missing" in note] == [
        f"--missing {cell}: no cell of {lab.targets} has it" for cell in ("'-999'", "'n.d.'")
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n", "line 1: this is an image; expected a table of sequences and measurements"),
        (b"words", "no columns found; expected a table of sequences and measurements"),
        (b">a\nAC\n", "a FASTA file holds no measurements"),
        (None, "No such file; check the path"),
    ],
)
def test_a_file_in_the_place_of_one_table_is_called_what_it_is(tmp_path, content, message):
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SeqcnnError, match=message):
        prepare(Inputs(path, path), DataPlan())


def test_a_folder_and_a_pipe_in_the_place_of_one_table_are_called_so(tmp_path):
    with pytest.raises(UsageError, match="is a directory; expected a file of sequences"):
        prepare(Inputs(tmp_path, tmp_path), DataPlan())
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"pipe: a pipe; give a table .* or as standard input"):
        prepare(Inputs(tmp_path / "pipe", tmp_path / "pipe"), DataPlan())


def test_too_few_sequences_are_refused_with_their_number():
    message = r"t\.tsv: too few sequences with a measurement: 3; at least \d+ are expected"
    with pytest.raises(TableError, match=message):
        refuse_unusable(
            [b"a", b"b", b"c"], np.array(["train", "val", "test"]), Keys.of(["a", "b", "c"]), "t.tsv"
        )


def test_a_part_that_large_clusters_leave_empty_names_the_constant_part():
    inserts, split = [bytes([i]) for i in range(20)], np.array(["train"] * 15 + ["val"] + ["test"] * 4)
    rest = r"2 clusters of similar sequences, the largest of 15, stay whole: if they share a constant part.*"
    with pytest.raises(TableError, match=rf"too few sequences in val 1; .*; {rest}"):
        refuse_unusable(inserts, split, Keys.of(["a"] * 15 + ["b"] * 5), "t.tsv")
    with pytest.raises(TableError, match=r"expected in each part$"):
        refuse_unusable(inserts, split, Keys.of([str(i) for i in range(20)]), "t.tsv")
