import csv
import gzip
import hashlib
import logging
import random
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from support.paths import BAD_INPUTS

from seqcnn.columns.byte_strings import ByteStrings
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.prepare import _short_notes, prepare
from seqcnn.data.readers.records import Records
from seqcnn.data.split.splits import SplitPlan
from seqcnn.errors import SeqcnnError, UsageError
from seqcnn.sequence.onehot import pack, unpack

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
    assert data.provenance["replicates"] == {"y": ["rep1", "rep2"]}
    assert [list(data.part(part)) for part in ("val", "test")] == [[20, 21], [22, 23]]
    assert data.units == ["", "log2"]


def test_categories_are_kept_row_by_row_and_missing_cells_are_empty(lab):
    table(lab, lambda number, cells: cells.update(gene="NA" if number == 1 else cells["gene"]))
    data = make(lab, categories=("chrom", "gene"))
    assert data.category_names == ["chrom", "gene"]
    assert data.categories[:4].tolist() == [["chr0", "g0"], ["chr1", ""], ["chr2", "g1"], ["chr3", "g1"]]
    assert make(lab).categories.shape == (24, 0)


@pytest.mark.parametrize(
    ("options", "advised"), [({}, True), ({"weight": "w"}, False), ({"weight_by": "none"}, False)]
)
def test_a_column_of_counts_is_advised_as_weight_unless_there_is_one(tmp_path, options, advised):
    random_numbers = random.Random(1)
    rows = ["id\tsequence\ty\tw\tplate"]
    for i in range(300):
        letters = "".join(random_numbers.choices("ACGT", k=12))
        rows.append(f"s{i}\t{letters}\t{random_numbers.gauss(0, 30 / (i + 1)):.6f}\t{i + 1}\tp{i}")
    (tmp_path / "t.tsv").write_text("\n".join(rows) + "\n")
    table = tmp_path / "t.tsv"
    data = prepare(Inputs(table, table), DataPlan(targets=("y",), split=SplitPlan("random"), **options))
    notes = [note for note in data.provenance["notes"] if "--weight-by counts" in note]
    assert [note.partition(":")[0] for note in notes] == ["column 'w'"] * advised


def test_a_target_with_a_control_character_in_its_name_is_refused(tmp_path):
    letters = [f"{a}{b}{c}AC" for a in "ACGT" for b in "ACG" for c in "AC"]
    rows = [f"s{i}\t{s}\t{i}\n" for i, s in enumerate(letters)]
    (tmp_path / "t.tsv").write_text("id\tsequence\ty\x1b[31m\n" + "".join(rows))
    with pytest.raises(SeqcnnError, match=r"t\.tsv: column: control character '\\x1b' in the name 'y\\x1b"):
        prepare(Inputs(tmp_path / "t.tsv", tmp_path / "t.tsv"), DataPlan())


def test_a_fasta_without_a_table_of_measurements_is_refused(tmp_path):
    (tmp_path / "library.txt").write_text(">a\nACGT\n")
    both = Inputs(tmp_path / "library.txt", tmp_path / "library.txt")
    with pytest.raises(UsageError, match=r"library\.txt: a FASTA file holds no measurements"):
        prepare(both, DataPlan())


def test_a_column_of_more_than_50_values_is_no_category(tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{'ACGT' * (i + 1)}\n" for i in range(52)))
    for count in (50, 51):
        rows = "".join(f"s{i}\t{i}\tc{i % count}\n" for i in range(52))
        (tmp_path / "t.tsv").write_text("id\ty\tclass\n" + rows)
        if count == 50:
            assert make(tmp_path, categories=("class",), split=SplitPlan()).categories[51] == "c1"
    with pytest.raises(
        SeqcnnError, match=r"t\.tsv: category 'class': 51 distinct values; at most 50 are exp"
    ):
        make(tmp_path, categories=("class",), split=SplitPlan())


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


def test_memory_does_not_change_the_bytes_of_the_dataset(tmp_path, caplog):
    draw = random.Random(0)
    parents = ["".join(draw.choices("ACGT", k=60)) for _ in range(30)]
    letters = [
        parent[:at] + draw.choice("ACGT") + parent[at + 1 :] for parent in parents for at in (9, 30, 50)
    ]
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{sequence}\n" for i, sequence in enumerate(letters)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i * 7 % 13}.5\n" for i in range(90)))
    inputs = Inputs(tmp_path / "s.fa", tmp_path / "t.tsv")
    for name, memory in (("a.h5", None), ("b.h5", "1MB")):
        prepare(inputs, DataPlan(memory=memory)).save(tmp_path / name)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert sum("more than the limit of 1 MB" in message for message in caplog.messages) == 1
    with pytest.raises(UsageError, match="memory '8XB': expected a size such as 8GB or 500MB"):
        prepare(inputs, DataPlan(memory="8XB"))


def test_every_silent_change_is_told_once_with_its_count(lab, caplog):
    text = (lab / "s.fa").read_text().replace("AACT", "aacu").replace(">s1\n", ">lonely\nACGTN\n>s1\n")
    (lab / "s.fa").write_text(text)
    with caplog.at_level(logging.WARNING, "seqcnn"):
        data = make(lab)
    told = data.provenance["notes"]
    assert any("4 lower-case letters" in note for note in told)
    assert any("1 letter U" in note for note in told)
    assert any("1 sequence has no row: 'lonely'" in note for note in told)
    assert [message for message in caplog.messages if "lower-case" in message] == [
        note for note in told if "lower-case" in note
    ]


def test_short_sequences_are_aligned_and_filled_from_the_flanks(lab):
    (lab / "s.fa").write_text((lab / "s.fa").read_text().replace("AACT", "CT"))
    data = make(lab, align="right", flank5="GGG")
    assert unpack(data.rows.bases[0].tobytes()) == "GGCT"
    assert (data.rows.start[0], data.rows.insert_length[0]) == (2, 2)


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
        ({"targets": ("yy",)}, "no column 'yy'.*did you mean 'y'"),
        ({"length": 3}, r"'s0', line 1: 4 bp; .*'s4'.*; and 19 more; at most 3 bp"),
        ({"targets": ("y", "y")}, "targets: 'y', 'y'; name each column once"),
        ({"categories": ("gene", "gene")}, "categories: 'gene', 'gene'; name each column once"),
        ({"categories": ("genes",)}, "no column 'genes'.*did you mean 'gene'"),
        ({"targets": ("gene",)}, "column 'gene': line 2, id 's0': 'g0'"),
        ({"group": "genes"}, "no column 'genes'.*did you mean 'gene'"),
        ({"id": "name"}, "no column 'name'"),
        ({"flank5": "AX"}, "flank5: 'X' at position 2"),
        ({"split": SplitPlan("column")}, "method column needs `column`"),
        ({"split": SplitPlan("column", "chrom")}, "'chr0'; .* found; expected train, val, test or NA"),
        ({"split": SplitPlan(test_fraction=0.03)}, "too few sequences in test [01]; at least 2"),
        ({"weight": "z"}, "weight 'z'.*expected numbers >= 0"),
        ({"replicates": {"x": ("rep1",)}}, "'x' is not a target"),
        ({"split": SplitPlan("values", "chrom", val=("chr1",), test=("chr9",))}, "no row has 'chr9'"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan, message, lab):
    with pytest.raises(SeqcnnError, match=message):
        make(lab, **plan)


def test_a_value_of_the_split_column_may_mean_no_part(lab):
    table(lab, lambda number, cells: cells.update(part="unused" if number in (1, 2) else cells["part"]))
    with pytest.raises(SeqcnnError, match=r"'unused' found; .*; pass --missing CELL for what is in no part"):
        make(lab)
    assert make(lab, missing=("NA", "unused")).ids == [f"s{i}" for i in range(24) if i not in (1, 2)]


def manifest():
    with (BAD_INPUTS / "manifest.tsv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["class"] == "table"]
    return [pytest.param(row, id=f"{row['id']}-{row['file']}") for row in rows]


@pytest.mark.parametrize("row", manifest())
def test_every_table_of_the_manifest_is_read_or_refused_as_it_says(row):
    fasta = "_na_ids.fa" if row["file"] == "t_ids_na.tsv" else "_ok20.fa"
    inputs = Inputs(BAD_INPUTS / fasta, BAD_INPUTS / row["file"])
    if row["expect_exit"] == "0":
        assert len(prepare(inputs, DataPlan(("y",)))) >= 17
        return
    with pytest.raises(SeqcnnError, match=row["message_regex"]) as caught:
        prepare(inputs, DataPlan(("y",)))
    assert str(caught.value.exit_code) == row["expect_exit"]


@pytest.mark.parametrize(
    ("table", "note"),
    [
        ("t_two_values.tsv", "classification"),
        ("t_huge_range.tsv", "range"),
        ("t_missing_ids.tsv", "3"),
        ("t_label_blank.tsv", "line 6, id 's5'"),
    ],
)
def test_a_strange_table_is_read_with_a_note(table, note):
    data = prepare(Inputs(BAD_INPUTS / "_ok20.fa", BAD_INPUTS / table), DataPlan(targets=("y",)))
    assert any(note in text for text in data.provenance["notes"])


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda letters: letters, "10 groups of identical sequences"),
        (
            lambda letters: letters.translate(str.maketrans("ACGT", "TGCA"))[::-1],
            "10 groups.*reverse complement",
        ),
    ],
)
def test_twins_are_told(change, note, tmp_path):
    draw = np.random.default_rng(1)
    half = ["".join(draw.choice(list("ACGT"), 50)) for _ in range(10)]
    letters = half + [change(each) for each in half]
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{each}\n" for i, each in enumerate(letters)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(20)))
    notes = make(tmp_path, split=SplitPlan(val_fraction=0.2, test_fraction=0.2)).provenance["notes"]
    assert any(re.search(note, text) for text in notes), notes


def table(folder, change):
    """Change each row of the table: (number, cells by column) -> nothing."""
    header, *rows = [line.split("\t") for line in (folder / "t.tsv").read_text().splitlines()]
    for number, row in enumerate(rows):
        cells = dict(zip(header, row, strict=True))
        change(number, cells)
        row[:] = [cells[name] for name in header]
    (folder / "t.tsv").write_text("".join("\t".join(row) + "\n" for row in [header, *rows]))


def test_one_table_can_be_both_inputs(tmp_path):
    rows = "".join(f"{i},{letters},o{i},{i}\n" for i, letters in enumerate(LETTERS))
    (tmp_path / "lab.csv").write_text("y,dna,oligo,other\n" + rows)
    inputs = Inputs(tmp_path / "lab.csv", tmp_path / "lab.csv")
    split = SplitPlan(val_fraction=0.2, test_fraction=0.2)
    data = prepare(inputs, DataPlan(("y",), id="oligo", sequence="dna", split=split))
    assert data.ids == [f"o{i}" for i in range(24)]
    assert [unpack(row.tobytes()) for row in data.rows.bases] == LETTERS
    assert data.targets[:, 0].tolist() == list(range(24))
    assert list(data.provenance["inputs"]) == ["lab.csv"]


def test_rows_without_any_measurement_or_part_are_dropped_and_counted(lab):
    def change(number, cells):
        cells["y"] = "NA" if number in (1, 3) else cells["y"]
        cells["part"] = "NA" if number in (2, 4, 5) else cells["part"]

    table(lab, change)
    data = make(lab, targets=("y", "z"))
    assert data.ids == ["s0", "s3", *(f"s{i}" for i in range(6, 24))]
    assert np.isnan(data.targets[1, 0])
    assert "1 sequence dropped: no target was measured" in data.provenance["notes"]
    assert "3 sequences dropped: the split assigns them to no part" in data.provenance["notes"]


def test_other_words_for_missing_can_be_given(lab):
    table(lab, lambda number, cells: cells.update(y="n.d." if number == 1 else cells["y"]))
    assert len(make(lab, missing=("NA", "n.d."))) == 23
    with pytest.raises(SeqcnnError, match=r"line 3, id 's1': 'n\.d\.'"):
        make(lab)


def test_rows_without_a_group_are_not_one_group(lab):
    table(lab, lambda number, cells: cells.update(gene="NA" if number < 20 else cells["gene"]))
    data = make(lab, group="gene", split=SplitPlan(val_fraction=0.2, test_fraction=0.2))
    assert len(set(data.groups.tolist())) > 12  # 20 alone, but for reverse complements, and 2 genes


def test_repeated_names_of_sequences_are_refused(lab):
    (lab / "s.fa").write_text((lab / "s.fa").read_text() + ">s3\nAAAA\n")
    with pytest.raises(SeqcnnError, match="'s3' names records 4 and 25"):
        make(lab)


def test_repeated_ids_of_the_table_are_refused(lab):
    table(lab, lambda number, cells: cells.update(id="s3" if number == 5 else cells["id"]))
    with pytest.raises(SeqcnnError, match="'s3' on lines 5 and 7"):
        make(lab)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (lambda i: "NA" if i < 20 else str(i), "'y': in the training rows it is never measured"),
        (lambda i: "1" if i < 20 else str(i), "'y': in the training rows all 20 values are equal"),
        (lambda i: "5", r"'y': all values are equal \(5\)"),
    ],
)
def test_a_target_of_which_nothing_can_be_learned_is_refused(y, message, lab):
    table(lab, lambda number, cells: cells.update(y=y(number), z=str(number)))
    with pytest.raises(SeqcnnError, match=message):
        make(lab, targets=("y", "z"))


def test_a_target_without_a_test_measurement_is_noted(lab):
    table(lab, lambda number, cells: cells.update(z="NA" if number > 21 else str(number)))
    notes = make(lab, targets=("y", "z")).provenance["notes"]
    assert notes[0] == "target 'z': not measured in any test row, so it has no test score"


@pytest.mark.parametrize("weight", ["-1", "NA"])
def test_negative_and_missing_weights_are_listed(weight, lab):
    table(lab, lambda number, cells: cells.update(w=weight if number in (0, 3) else "1"))
    with pytest.raises(SeqcnnError, match="weight 'w': line 2; line 5; expected numbers >= 0"):
        make(lab, weight="w")


@pytest.mark.parametrize(
    ("by", "cells", "expected"),
    [
        ("sd", ("1", "2", "4"), [4 / 5, 1 / 2, 1 / 5]),
        ("counts", ("0", "10", "30"), [0, 1 / 2, 3 / 4]),
        ("weight", ("0", "10", "30"), [0, 10, 30]),
    ],
)
def test_weights_come_from_noise_or_counts(by, cells, expected, lab):
    table(lab, lambda number, row: row.update(w=cells[number % 3]))
    weights = make(lab, weight="w", weight_by=by).weights
    np.testing.assert_allclose(weights[:3], expected, rtol=1e-6)


def test_weights_from_replicates_are_those_of_their_standard_errors(lab):
    """Errors |a - b| / 2 are 1, 2 and 4, and 2, the median, where one replicate is missing."""
    spread = ((0, 2), (0, 4), (0, 8), (5, "NA"))
    table(
        lab, lambda number, row: row.update(zip(("rep1", "rep2"), map(str, spread[number % 4]), strict=True))
    )
    weights = make(lab, weight_by="replicates", replicates={"y": ("rep1", "rep2")}).weights
    np.testing.assert_allclose(weights[:4], [4 / 5, 1 / 2, 1 / 5, 1 / 2], rtol=1e-6)


def test_weights_from_replicates_of_two_targets_are_their_mean(lab):
    """The first target's errors are 1 and 3 in turn, m = 2; the second one's are all 2."""

    def change(number, row):
        row.update(z=str(number), rep1="0", rep2=str((2, 6)[number % 2]), w="4", chrom="0")

    table(lab, change)
    replicates = {"y": ("rep1", "rep2"), "z": ("chrom", "w")}
    weights = make(lab, targets=("y", "z"), weight_by="replicates", replicates=replicates).weights
    np.testing.assert_allclose(weights[:2], [(4 / 5 + 1 / 2) / 2, (4 / 13 + 1 / 2) / 2], rtol=1e-6)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"weight_by": "replicates"}, "weight_by: replicates needs `replicates`"),
        (
            {"weight_by": "replicates", "weight": "w"},
            "replicates given, and weight 'w'; expected one of them",
        ),
        ({"weight_by": "replicates", "replicates": {"y": ("rep1",)}}, "standard error is 0 or unknown"),
        (
            {"weight_by": "replicates", "replicates": {"y": ("w", "rep2")}},
            "two or more different numbers per row",
        ),
        ({"weight_by": "sd"}, "weight_by: sd needs `weight`, the column that holds them"),
    ],
)
def test_weights_by_something_that_is_not_there_are_refused(plan, message, lab):
    with pytest.raises(SeqcnnError, match=message):
        make(lab, **plan)


def test_noise_that_is_mostly_0_is_refused(lab):
    table(lab, lambda number, row: row.update(w="0"))
    with pytest.raises(SeqcnnError, match="weight 'w': its median is 0; expected sd above 0"):
        make(lab, weight="w", weight_by="sd")


def test_weights_that_are_all_0_in_training_are_refused(lab):
    table(lab, lambda number, cells: cells.update(w="0" if number < 20 else "1"))
    with pytest.raises(SeqcnnError, match="the weights of all 20 training rows are 0"):
        make(lab, weight="w")


def test_longer_sequences_are_cropped_when_asked_and_counted(lab):
    data = make(lab, length=3, crop=True, align="right")
    assert [unpack(row.tobytes()) for row in data.rows.bases] == [letters[1:] for letters in LETTERS]
    assert "24 sequences cropped to 3 bp" in data.provenance["notes"]


def test_a_given_length_is_filled_from_the_flanks(lab):
    data = make(lab, length=7, flank3="GC", align="left")
    assert unpack(data.rows.bases[0].tobytes()) == LETTERS[0] + "GC-"


def test_the_digests_of_all_inputs_are_kept(lab):
    def digest(name):
        return hashlib.sha256((lab / name).read_bytes()).hexdigest()

    assert make(lab).provenance["inputs"] == {name: digest(name) for name in ("s.fa", "t.tsv")}


def test_a_genome_is_an_input_too(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\n" + "".join(LETTERS) + "\n")
    (tmp_path / "r.bed").write_text("".join(f"chr1\t{4 * i}\t{4 * i + 4}\ts{i}\n" for i in range(24)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(24)))
    inputs = Inputs(tmp_path / "r.bed", tmp_path / "t.tsv", tmp_path / "g.fa")
    data = prepare(inputs, DataPlan(split=SplitPlan(val_fraction=0.2, test_fraction=0.2)))
    assert [unpack(row.tobytes()) for row in data.rows.bases] == LETTERS
    assert set(data.provenance["inputs"]) == {"r.bed", "t.tsv", "g.fa"}


def test_overlapping_intervals_stay_on_one_side_but_in_random_splits(tmp_path):
    """Twenty loci of two intervals, which share 5 of their 40 bp and are of either strand."""
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 2000))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    starts = [100 * (i // 2) + 35 * (i % 2) for i in range(40)]
    bed = "".join(f"chr1\t{s}\t{s + 40}\ts{i}\t0\t{'+-'[i % 2]}\n" for i, s in enumerate(starts))
    (tmp_path / "r.bed").write_text(bed)
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(40)))
    inputs = Inputs(tmp_path / "r.bed", tmp_path / "t.tsv", tmp_path / "g.fa")
    data = prepare(inputs, DataPlan(split=SplitPlan(val_fraction=0.2, test_fraction=0.2)))
    assert data.groups[::2].tolist() == data.groups[1::2].tolist()
    assert len(set(data.groups.tolist())) == 20
    assert (
        "40 sequences share a locus or a variant with another one; they count as similar"
        in (data.provenance["notes"])
    )
    assert len(set(prepare(inputs, DataPlan(split=SplitPlan("random"))).groups.tolist())) == 40


def test_inputs_of_one_name_in_two_folders_are_both_kept(lab):
    for folder, name in (("a", "s.fa"), ("b", "t.tsv")):
        (lab / folder).mkdir()
        (lab / name).rename(lab / folder / "lab.tsv")
    rows = "".join(f"s{i}\t{letters}\n" for i, letters in enumerate(LETTERS))
    (lab / "a" / "lab.tsv").write_text("id\tsequence\n" + rows)
    inputs = Inputs(lab / "a" / "lab.tsv", lab / "b" / "lab.tsv")
    data = prepare(inputs, DataPlan(("y",), split=SplitPlan("column", "part")))
    assert len(set(data.provenance["inputs"].values())) == 2


def test_standard_input_is_named_but_has_no_digest(lab, monkeypatch):
    with (lab / "s.fa").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        data = prepare(Inputs(Path("-"), lab / "t.tsv"), DataPlan(("y",), split=SplitPlan("column", "part")))
    assert data.provenance["inputs"]["standard input"] == "not recorded"
    with pytest.raises(SeqcnnError, match="standard input cannot be both"):
        prepare(Inputs(Path("-"), Path("-")), DataPlan(("y",)))


def test_the_split_is_said_in_words(lab):
    def words(**plan):
        return make(lab, **plan).provenance["split"]

    half = {"val_fraction": 0.2, "test_fraction": 0.2}
    assert words() == "by column part"
    assert words(group="gene", split=SplitPlan(**half)) == (
        "random, clusters of similar sequences kept together (seed 1), grouped by gene"
    )
    assert words(split=SplitPlan("values", "chrom", ("chr1",), ("chr2",))) == "by chrom: val chr1; test chr2"
    assert words(split=SplitPlan("kfold", fold=2, seed=4)) == (
        "fold 2 of 5, by clusters of similar sequences (seed 4)"
    )


def test_twins_that_a_given_split_tears_apart_are_told(lab):
    (lab / "s.fa").write_text((lab / "s.fa").read_text().replace(LETTERS[23], LETTERS[1]))
    notes = make(lab).provenance["notes"]
    assert "1 group of identical sequences; 1 of them is in several parts of the split" in notes


def test_notes_are_warnings_and_the_summary_is_information_each_once(lab, caplog):
    table(lab, lambda number, cells: cells.update(y="NA" if number == 1 else cells["y"]))
    with caplog.at_level(logging.INFO, "seqcnn"):
        data = make(lab, units={"y": "log2"})
    told = [record for record in caplog.records if record.name == "seqcnn.data.prepare"]
    assert [r.message for r in told if r.levelname == "WARNING"] == data.provenance["notes"]
    assert [r.message for r in told if r.levelname == "INFO"] == [
        "23 sequences of 4 bp, window 4 bp",
        "composition A 13.0%, C 28.3%, G 15.2%, T 43.5%",
        "y (log2): 23 measured, mean 12.5, sd 6.71, min 0.5, median 12.5, max 23.5",
        "split by column part: train 19, val 2, test 2; 1 group of several rows",
    ]


def test_the_composition_is_of_the_sequences_and_not_of_the_flanks(lab, caplog):
    with caplog.at_level(logging.INFO, "seqcnn"):
        make(lab)
        make(lab, length=9, flank3="GGGGG")
    lines = [message for message in caplog.messages if message.startswith("composition")]
    assert len(lines) == 2
    assert len(set(lines)) == 1


def test_a_table_with_no_column_of_numbers_lists_its_columns(tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    (tmp_path / "t.tsv").write_text("id\tword\n" + "".join(f"s{i}\tx\n" for i in range(24)))
    listed = (
        "columns, none of numbers only: 'id'; 'word'; no column holds measurements; give a table that has"
    )
    with pytest.raises(SeqcnnError, match=listed):
        make(tmp_path, targets=(), split=SplitPlan())


def test_numbers_with_a_thousands_separator_are_named_where_no_column_has_others(tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t3,40{i % 10}.1\n" for i in range(24)))
    message = "'y' has numbers such as '3,400.1'; write them with a decimal point and no thousands separator"
    with pytest.raises(SeqcnnError, match=message):
        make(tmp_path, targets=(), split=SplitPlan())


def test_a_misspelt_target_is_named_before_its_unit(tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(24)))
    with pytest.raises(SeqcnnError, match=r"no column 'yy'.*did you mean 'y'"):
        make(tmp_path, targets=("yy",), units={"y": "log2"}, split=SplitPlan())


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [("1.989,4", "pass --decimal , --thousands ."), ("5'413", "pass --thousands"),
     ("1.2 ± 0.1", "write value and error into two columns")],
)  # fmt: skip
def test_the_only_column_of_numbers_is_no_target_beside_one_in_another_notation(cell, remedy, tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    rows = "".join(f"s{i}\t{cell.replace('9', str(i % 10))}\t{i}\n" for i in range(24))
    (tmp_path / "t.tsv").write_text(f"id\ty\treads\n{rows}")
    with pytest.raises(SeqcnnError, match=rf"which column is the target\? .*'reads'; 'y' has .*{remedy}"):
        make(tmp_path, targets=(), split=SplitPlan())


def with_cells(folder, cells):
    """Write sequences and a table of y = 0, 1, ... with other texts in some rows; return their paths."""
    (folder / "s.fa").write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    y = {i: str(i) for i in range(24)} | cells
    (folder / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{text}\n" for i, text in y.items()))


@pytest.mark.parametrize("text", ["n.d.", "-inf", "#OVER!", "<LOD", "not done"])
def test_a_cell_that_is_no_number_is_named_with_the_option_that_declares_it(text, tmp_path):
    with_cells(tmp_path, {3: text, 20: text})
    option = f"--missing {shlex.quote(text)}"
    choice = (
        rf"not numbers in 'y': line 5, id 's3': '{text}' \(2 cells\); if these mean 'not measured', pass "
    )
    with pytest.raises(SeqcnnError, match=choice + re.escape(f"{option}; name it with --target")):
        make(tmp_path, targets=(), split=SplitPlan())
    column = rf"column 'y': line 5, id 's3': '{text}'; line 22, id 's20': '{text}'; expected a number .*"
    with pytest.raises(SeqcnnError, match=column + re.escape(f"write NA or pass {option}")):
        make(tmp_path, targets=("y",), split=SplitPlan())
    assert len(make(tmp_path, targets=(), missing=(text,), split=SplitPlan())) == 22


def test_a_blank_cell_is_named_if_the_target_is_not(tmp_path):
    with_cells(tmp_path, {3: ""})
    message = r"columns of numbers: 'y' \(1 blank cell\); name it with --target$"
    with pytest.raises(SeqcnnError, match=message):
        make(tmp_path, targets=(), split=SplitPlan())


def test_decimal_commas_are_named_with_the_option_that_reads_them(tmp_path):
    with_cells(tmp_path, {i: f"{i},5" for i in range(24)})
    message = "if commas are decimal separators in 'y', pass --decimal ,; name it with --target$"
    with pytest.raises(SeqcnnError, match=message):
        make(tmp_path, targets=(), split=SplitPlan())


@pytest.mark.parametrize("cells", [[f"{i},5" for i in range(24)], ["-"] * 9, list("abcdefghijk")])
def test_another_column_of_numbers_is_not_taken_in_the_place_of_one_that_needs_an_option(cells, tmp_path):
    with_cells(tmp_path, dict(enumerate(cells)))
    rows = (tmp_path / "t.tsv").read_text().splitlines()
    table = "\n".join(f"{row}\t{'length' if i == 0 else i}" for i, row in enumerate(rows))
    (tmp_path / "t.tsv").write_text(table + "\n")
    with pytest.raises(SeqcnnError, match=r"columns of numbers: 'length'; .*'y'.*; name it with --target$"):
        make(tmp_path, targets=(), split=SplitPlan())


def test_columns_named_as_replicates_are_offered_to_replicates(lab):
    table(lab, lambda number, cells: cells.update(y="x", w="x", z="x", chrom="x"))
    message = "'rep1'; 'rep2'; name it with --target, repeated for several, or predict the mean "
    message += ".* with --replicates rep1,rep2$"
    with pytest.raises(SeqcnnError, match=message):
        make(lab, targets=(), replicates={}, group=None, categories=())


def test_two_targets_with_a_comma_are_told_to_be_named_one_by_one(lab):
    with pytest.raises(
        SeqcnnError, match=r"no column 'y,z'; known: .*; for several targets, repeat --target$"
    ):
        make(lab, targets=("y,z",), replicates={})


def test_a_column_of_numbers_with_one_other_cell_may_be_the_target_too(lab):
    table(lab, lambda number, cells: cells.update(y="n.d." if number == 3 else cells["y"]))
    message = r"columns of numbers: 'w'; not numbers in 'y': line 5, id 's3': 'n.d.' \(1 cell\)"
    with pytest.raises(SeqcnnError, match=message):
        make(lab, targets=(), replicates={}, group="chrom", categories=("rep1", "rep2", "z"))


def test_a_target_that_is_replicates_or_weights_is_not_guessed(lab):
    table(lab, lambda number, cells: cells.update(z="x", chrom="x"))
    data = make(lab, targets=(), weight="w", replicates={"y": ("rep1", "rep2")})
    assert data.target_names == ["y"]


@pytest.mark.parametrize(("short", "noted"), [(0, False), (1, True), (2, False)])
def test_a_few_sequences_of_less_than_half_the_length_are_noted(short, noted):
    letters = ["A" * 20] * (60 - short) + ["A" * 9] * short
    names, bases = [f"s{i}" for i in range(60)], ByteStrings.of(map(pack, letters))
    records = Records(names, bases, np.arange(60) + 1)
    fault = "1 sequence of less than half the median length, 20 bp, such as 's59' (line 60, 9 bp)"
    assert _short_notes(records) == [f"{fault}; cut by mistake?"] * noted


def test_identical_sequences_are_refused(tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\nACGTACGT\n" for i in range(20)))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(20)))
    with pytest.raises(SeqcnnError, match="all 20 sequences are identical"):
        make(tmp_path, split=SplitPlan())


def test_replicates_without_a_column_of_their_own_are_predicted_as_their_mean(lab):
    text = (lab / "t.tsv").read_text().replace("s0\t0.5\t0\t0\t1", "s0\t0.5\t0\tNA\t1")
    (lab / "t.tsv").write_text(text.replace("s1\t1.5\tNA\t1\t2", "s1\t1.5\tNA\tNA\tNA"))
    data = make(lab, targets=("mean",), replicates={"mean": ("rep1", "rep2")})
    assert data.target_names == ["mean"]
    assert data.targets[:3, 0].tolist() == [1.0, 2.5, 3.5]
    assert "s1" not in data.ids
    assert data.replicates.shape == (23, 1, 2)


def test_blank_cells_of_a_named_target_are_missing_and_counted(lab):
    (lab / "t.tsv").write_text((lab / "t.tsv").read_text().replace("\t0.5\t", "\t\t"))
    data = make(lab, targets=("y",))
    assert "s0" not in data.ids
    note = "target 'y': 1 blank cell is read as not measured, such as line 2, id 's0'"
    assert note in data.provenance["notes"]


@pytest.mark.parametrize("cell", ["#N/A", "#DIV/0!"])
def test_cells_of_a_spreadsheet_without_a_value_are_missing_and_counted(cell, tmp_path):
    with_cells(tmp_path, {3: cell, 20: cell})
    data = make(tmp_path, split=SplitPlan())
    note = f"target 'y': 2 {cell} cells are read as not measured, such as line 5, id 's3'"
    assert (len(data), note in data.provenance["notes"]) == (22, True)


def test_blank_cells_of_a_group_column_are_counted(lab):
    data = make(lab, group="gene")
    assert not any("blank cells" in note for note in data.provenance["notes"])
    (lab / "t.tsv").write_text(re.sub("(s[37]\t.*)g[0-9]+", r"\1", (lab / "t.tsv").read_text()))
    data = make(lab, targets=("y",), group="gene")
    meaning = "these rows are in no group; merged cells of a spreadsheet are blank below the first"
    assert f"group 'gene': 2 blank cells, such as line 5, id 's3': {meaning}" in data.provenance["notes"]


def test_a_replicate_that_is_its_own_target_is_noted(lab):
    data = make(lab, targets=("rep1",), replicates={"rep1": ("rep1", "rep2")})
    note = "target 'rep1' is one of its own replicates; without --target their mean is predicted"
    assert note in data.provenance["notes"]


def test_a_replicate_column_is_named_once(lab):
    with pytest.raises(SeqcnnError, match="replicates of 'y': 'rep1', 'rep1'; name each column once"):
        make(lab, replicates={"y": ("rep1", "rep1")})


def test_a_copied_replicate_column_is_noted(lab):
    table(lab, lambda _, cells: cells.update(rep2=cells["rep1"]))
    notes = make(lab, replicates={"y": ("rep1", "rep2")}).provenance["notes"]
    assert any(
        note.startswith("target 'y': replicates 1 and 2 have the same values in all rows") for note in notes
    )


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"units": {"x": "log2"}}, "units: 'x' is not a target; targets are 'y'"),
        ({"units": {"y": "log\t2"}}, "control character in the unit"),
        (
            {"targets": ("id_y",), "replicates": {"id_y": ("rep1",)}, "units": {"y": "l"}},
            "'y' is not a target",
        ),
    ],
)
def test_a_unit_that_cannot_be_kept_is_refused(lab, plan, message):
    with pytest.raises(SeqcnnError, match=message):
        make(lab, **plan)


def test_a_target_named_like_a_column_of_predictions_is_refused(lab):
    with pytest.raises(
        SeqcnnError, match="'y_sd': tables of predictions have a column of this name for target 'y'"
    ):
        make(lab, targets=("y", "y_sd"), replicates={"y_sd": ("rep1", "rep2")})


def test_a_group_column_of_few_values_is_named_where_parts_are_too_small(tmp_path):
    rows = "".join(f"s{i}\t{'ACGT'[i % 4] * (i // 4 + 1)}\t{i}\t{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "t.tsv").write_text("id\tsequence\ty\tspecies\n" + rows)
    inputs = Inputs(tmp_path / "t.tsv", tmp_path / "t.tsv")
    with pytest.raises(SeqcnnError) as fault:
        prepare(inputs, DataPlan(group="species"))
    kept = "group 'species' has 2 values, and rows of equal values stay in one part"
    assert str(fault.value).endswith(f"each part; {kept}: choose a column with more values, or none")
