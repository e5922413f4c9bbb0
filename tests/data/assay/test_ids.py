"""Ids that are cut on request, and hints on ids that do not match."""

import numpy as np
import pytest
from support.command_line import cli as run

from seqcnn.columns.byte_strings import rows_of
from seqcnn.data.assay.ids import id_hints, ids_of_contigs, matched_ids
from seqcnn.data.dataset import load_dataset
from seqcnn.errors import TableError


def hints(names, ids, **options):
    return id_hints(names, ids, rows_of(names, ids), **options)


@pytest.mark.parametrize(
    ("names", "ids", "hint"),
    [
        (["007", "012"], ["7", "12"],
         "2 ids match when leading zeros, which a spreadsheet removes, are ignored (table '7', "
         "sequence '007')"),
        (["Ab", "Cd"], ["AB", "CD"], "2 ids match when case is ignored (table 'AB', sequence 'Ab')"),
        (["c:1-5", "c:2-9"], ["c:1-5(+)", "c:2-9(-)"],
         "2 ids match when a strand suffix such as (+) is removed, --id-until strand "
         "(table 'c:1-5(+)', sequence 'c:1-5')"),
        (["c:1", "c:2"], ["c:1::x", "c:2::x"],
         "2 ids match when '::' and what follows it are removed (table 'c:1::x', sequence 'c:1')"),
        (["a", "b", "C"], ["a.1", "b.1", "c"],
         "2 ids match when a version suffix such as .1 is removed (table 'a.1', sequence 'a')"),
        (["c:0-5", "c:8-9(+)"], ["c:1-5", "c:9-9(+)"],
         "2 ids match when 1 is subtracted from their start, which is 0-based in names of intervals "
         "(table 'c:1-5', sequence 'c:0-5')"),
        (["a|x", "b|x", "c"], ["a", "b", "c"],
         "2 ids match when the id is cut at its first pipe, --id-until pipe (table 'a', sequence 'a|x')"),
    ],
)  # fmt: skip
def test_the_hint_is_the_rule_that_matches_most_ids(names, ids, hint):
    assert hints(names, ids) == [hint]


def test_there_is_no_hint_on_ids_that_no_rule_matches():
    assert hints(["a", "b"], ["x", "y"]) == []
    assert hints(["a|1", "a|2"], ["a"]) == []


@pytest.mark.parametrize(("name", "id", "prefix"), [("1:0-5", "chr1:0-5", "add"), ("chr1", "1", "remove")])
def test_the_hint_on_the_prefix_of_intervals_names_its_option(name, id, prefix):
    (hint,) = hints([name], [id], intervals=True)
    assert hint.startswith(f"1 id matches when a leading 'chr' is removed, --chromosome-prefix {prefix} (")
    assert "--chromosome-prefix" not in hints([name], [id])[0]


@pytest.mark.parametrize(
    ("name", "id", "difference", "equal"),
    [("a", "a.1", "version", "a.2"), ("Ab", "AB", "case", "aB"), ("007", "7", "zeros", "07")],
)
def test_the_hint_names_the_option_that_ignores_a_difference_unless_it_makes_names_equal(
    name, id, difference, equal
):
    assert f", --match-ids {difference} (table" in hints([name], [id], match_ids=True)[0]
    assert "--match-ids" not in hints([name], [id])[0]
    assert "--match-ids" not in hints([name, equal], [id], match_ids=True)[0]


@pytest.mark.parametrize(
    ("ids", "names", "difference", "matched"),
    [
        (["T1.12", "T2", "x.1", "."], ["T1.2", "T2.1", "y"], "version", ["T1.2", "T2.1", "x.1", "."]),
        (["ab", "STRASSE"], ["Ab", "Straße"], "case", ["Ab", "Straße"]),
        (["7", "0", "a01"], ["007", "000", "a1"], "zeros", ["007", "000", "a01"]),
    ],
)
def test_ids_that_differ_in_what_is_ignored_become_the_names(ids, names, difference, matched):
    assert matched_ids(ids, names, difference, "t") == matched


@pytest.mark.parametrize(
    ("ids", "names", "fault"),
    [
        (["T.1", "T.2"], ["T"], r"ids of t\.tsv become equal: 'T\.1' and 'T\.2'; rename them"),
        (["T"], ["T.1", "T.2"], r"names of sequences become equal: 'T\.1' and 'T\.2'"),
    ],
)
def test_ids_and_names_that_would_become_equal_are_refused(ids, names, fault):
    with pytest.raises(TableError, match=f"--match-ids version: {fault}"):
        matched_ids(ids, names, "version", "t.tsv")


def test_ids_of_contigs_are_changed_only_where_that_is_the_name_of_a_sequence():
    names = {"1:0-5", "chr2:0-5", "chr3", "3"}
    ids = ["chr1:0-5", "2:0-5", "chr3", "3", "x"]
    assert ids_of_contigs(ids, names) == ["1:0-5", "chr2:0-5", "chr3", "3", "x"]


@pytest.fixture
def intervals(tmp_path):
    """Write a genome with the contig chr1, and 20 intervals of 10 bp on contig 1."""
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 400))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    (tmp_path / "i.bed").write_text("".join(f"1\t{20 * i}\t{20 * i + 10}\n" for i in range(20)))
    return tmp_path


def test_ids_with_the_contigs_of_the_genome_are_names_of_intervals_with_a_changed_prefix(intervals, capsys):
    rows = (f"chr1:{20 * i}-{20 * i + 10}\t{i}\n" for i in range(20))
    (intervals / "t.tsv").write_text("id\ty\n" + "".join(rows))
    files = intervals / "i.bed", intervals / "t.tsv", "--genome", intervals / "g.fa"
    options = ("--chromosome-prefix", "add", "-o", intervals / "d.h5")
    assert run("prepare", *files, *options) == 0
    expected = (
        "20 ids are names of intervals with another prefix of the contig, such as 'chr1:0-10' -> '1:0-10'"
    )
    assert expected in capsys.readouterr().err
    dataset = load_dataset(intervals / "d.h5")
    assert (dataset.ids[1], dataset.targets[:, 0].tolist()) == ("1:20-30", list(range(20)))


@pytest.mark.parametrize(("suffix", "separator"), [("tsv", "\t"), ("csv", ",")])
def test_places_are_the_ids_of_a_table_that_has_no_others(suffix, separator, intervals, capsys):
    rows = [("Chr", "start", "end", "y")]
    rows += [("chr1", str(20 * i), str(20 * i + 10), str(i)) for i in range(20)]
    path = intervals / f"t.{suffix}"
    path.write_text("".join(separator.join(row) + "\n" for row in rows))
    bed = (intervals / "i.bed").read_text().replace("1\t", "chr1\t", 1).replace("\n1\t", "\nchr1\t")
    (intervals / "i.bed").write_text(bed)
    arguments = (intervals / "i.bed", path, "--genome", intervals / "g.fa", "-o", intervals / "d.h5")
    assert run("prepare", *arguments) == 0
    assert f"t.{suffix}: no column 'id'; ids are places, such as 'chr1:0-10'" in capsys.readouterr().err
    dataset = load_dataset(intervals / "d.h5")
    assert (dataset.target_names, dataset.targets[:, 0].tolist()) == (["y"], list(range(20)))


@pytest.fixture
def inputs(tmp_path):
    """Write 40 sequences named s0|x to s39|x, and their values 0 to 39 with ids s0 to s39."""
    draw = np.random.default_rng(1)
    letters = ["".join(draw.choice(list("ACGT"), 30)) for _ in range(40)]
    fasta = "".join(f">s{i}|x\n{bases}\n" for i, bases in enumerate(letters))
    (tmp_path / "s.fa").write_text(fasta)
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(40)))
    rows = (f"s{i}|{k}\t{bases}\t{i + k}\n" for i, bases in enumerate(letters) for k in (0, 1))
    (tmp_path / "long.tsv").write_text("id\tsequence\ty\n" + "".join(rows))
    return tmp_path


def test_ids_of_both_inputs_are_cut(inputs, capsys):
    files = inputs / "s.fa", inputs / "t.tsv"
    assert run("check", *files) == 2
    assert "40 ids match when the id is cut at its first pipe, --id-until pipe" in capsys.readouterr().err
    assert run("prepare", *files, "--id-until", "pipe", "-o", inputs / "d.h5") == 0
    assert "40 ids of s.fa are cut" in capsys.readouterr().err.replace(f"{inputs}/", "")
    dataset = load_dataset(inputs / "d.h5")
    assert dataset.ids == [f"s{i}" for i in range(40)]
    assert np.array_equal(dataset.targets[:, 0], np.arange(40))


def test_a_character_that_no_id_has_is_noted(inputs, capsys):
    (inputs / "u.fa").write_text((inputs / "s.fa").read_text().replace("|x", ""))
    assert run("check", inputs / "u.fa", inputs / "t.tsv", "--id-until", "colon") == 0
    assert "--id-until colon: no id has a colon; nothing was cut" in capsys.readouterr().err


def test_ids_of_the_table_are_matched_to_those_of_the_sequences_which_stay(inputs, capsys):
    upper = (inputs / "s.fa").read_text().replace(">s", ">S").replace("|x", "")
    (inputs / "u.fa").write_text(upper)
    files = inputs / "u.fa", inputs / "t.tsv"
    assert run("check", *files) == 2
    assert "40 ids match when case is ignored, --match-ids case" in capsys.readouterr().err
    assert run("prepare", *files, "--match-ids", "case", "-o", inputs / "d.h5") == 0
    expected = "40 ids are matched to names of sequences by --match-ids case, such as 's0' -> 'S0'"
    assert expected in capsys.readouterr().err
    dataset = load_dataset(inputs / "d.h5")
    assert (dataset.ids[39], dataset.targets[:, 0].tolist()) == ("S39", list(range(40)))


def test_ids_of_one_table_have_nothing_to_be_matched_to(inputs, capsys):
    assert run("check", inputs / "long.tsv", "--target", "y", "--match-ids", "case") == 2
    assert "--match-ids: belongs to a table beside the file of sequences" in capsys.readouterr().err


def test_ids_may_become_equal_if_their_rows_are_aggregated(inputs, capsys):
    options = ("--target", "y", "--id-until", "pipe")
    assert run("check", inputs / "long.tsv", *options) == 2
    assert "'s0|0' and 's0|1' become 's0'" in capsys.readouterr().err
    output = inputs / "d.h5"
    assert run("prepare", inputs / "long.tsv", *options, "--aggregate", "mean", "-o", output) == 0
    assert np.array_equal(load_dataset(output).targets[:, 0], np.arange(40) + 0.5)
