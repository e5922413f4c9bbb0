"""Workbooks and their sheets as the files of an experiment."""

import numpy as np
import pytest
from support.command_line import cli
from support.workbooks import workbook

from seqcnn.data.dataset import load_dataset

LETTERS = [f"{'ACGT'[i % 4] * 4}{'ACGT'[i // 4 % 4] * 4}" for i in range(16)]
SEQUENCES = [["name", "sequence", "pool"], *([f"s{i}", LETTERS[i], i] for i in range(16))]
MEASURED = [["name", "y"], *([f"s{i}", i / 2] for i in reversed(range(16)))]


@pytest.fixture
def book(tmp_path):
    return workbook(tmp_path / "book.xlsx", Design=SEQUENCES, Results=MEASURED)


def prepared(folder, *arguments):
    """Return the targets of a dataset, in the order of the sequences."""
    output = folder / "d.h5"
    assert cli("prepare", *arguments, "-o", output, "--overwrite") == 0
    return load_dataset(output).targets[:, 0].tolist()


@pytest.mark.parametrize("times", [1, 2])
def test_two_sheets_of_a_workbook_are_sequences_and_measurements(times, book, tmp_path):
    sheets = ["--sheet", "Design", "--sheet", "Results"]
    assert prepared(tmp_path, *[book] * times, *sheets) == [i / 2 for i in range(16)]


def test_two_workbooks_have_a_sheet_each(book, tmp_path):
    other = workbook(tmp_path / "other.xlsx", Design=MEASURED, Results=[["x"], [1]])
    files = (book, other, "--sheet", "Design", "--sheet", "Design")
    assert prepared(tmp_path, *files) == [i / 2 for i in range(16)]


def test_one_sheet_is_that_of_the_only_workbook(book, tmp_path):
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{LETTERS[i]}\n" for i in range(16)))
    assert prepared(tmp_path, tmp_path / "s.fa", book, "--sheet", "Results") == [i / 2 for i in range(16)]


def test_sheets_are_keys_of_a_configuration(book, tmp_path):
    text = "name: x\nsequences: a.fa\ntargets: b.tsv\ndata: {sheets: [Design, Results]}\n"
    (tmp_path / "c.yaml").write_text(text)
    assert np.sum(prepared(tmp_path, book, "--data-config", tmp_path / "c.yaml")) == 60


def test_messages_name_the_sheet(book, capsys):
    assert cli("check", book, "--sheet", "Design", "--sheet", "Results", "--target", "z") == 2
    assert "book.xlsx, sheet 'Results': no column 'z'; known: 'name', 'y'" in capsys.readouterr().err


@pytest.mark.parametrize("sheets", [["Design", "Results", "Design"], ["Design", "Results"]])
def test_more_sheets_than_workbooks_are_refused(sheets, book, tmp_path, capsys):
    (tmp_path / "s.fa").write_text(">s0\nACGT\n")
    files = [book] if len(sheets) == 3 else [tmp_path / "s.fa", book]
    assert cli("check", *files, *(word for name in sheets for word in ("--sheet", name))) == 2
    expected = "expected one sheet, or two: of a workbook of sequences, and of one of measurements"
    assert f"--sheet: {', '.join(map(repr, sheets))}; {expected}" in capsys.readouterr().err


def test_a_workbook_of_several_sheets_names_the_option(book, capsys):
    assert cli("check", book) == 2
    expected = (
        "sheets 'Design'; 'Results' found; name one with --sheet, or two for sequences and measurements"
    )
    assert expected in capsys.readouterr().err


@pytest.fixture
def peaks(tmp_path):
    """Return a genome and a narrowPeak file of 20 peaks with signals 0, 0.5, ..."""
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 4000))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    rows = [f"chr1\t{200 * i}\t{200 * i + 40}\tp{i}\t{i}\t.\t{i / 2}\t2\t1\t20\n" for i in range(20)]
    (tmp_path / "p.narrowPeak").write_text("".join(rows))
    return tmp_path / "p.narrowPeak", "--genome", tmp_path / "g.fa"


def test_a_column_of_intervals_is_the_target_if_it_is_named(peaks, tmp_path):
    assert prepared(tmp_path, *peaks, "--target", "signalValue") == [i / 2 for i in range(20)]


def test_no_column_of_intervals_is_the_target_without_a_word(peaks, tmp_path, capsys):
    assert cli("check", *peaks) == 2
    remedy = "give the table of measurements as second argument, or name a column of the intervals with"
    columns = "'score'; 'signalValue'; 'pValue'; 'qValue'; 'peak'"
    said = capsys.readouterr().err
    assert f"p.narrowPeak: intervals, without a table of measurements; {remedy} --target: {columns}" in said
    (tmp_path / "p.narrowPeak").write_text("chr1\t0\t40\nchr1\t200\t240\n")
    assert cli("check", *peaks) == 2
    assert capsys.readouterr().err.endswith("give the table of measurements as second argument\n")


def test_peaks_of_homer_are_joined_with_a_table(peaks, tmp_path):
    rows = [f"p{i}\tchr1\t{200 * i + 1}\t{200 * i + 40}\t+\n" for i in range(20)]
    (tmp_path / "p.txt").write_text("#PeakID\tchr\tstart\tend\tstrand\n" + "".join(rows))
    (tmp_path / "y.tsv").write_text("id\ty\n" + "".join(f"p{i}\t{i}\n" for i in range(20)))
    assert prepared(tmp_path, tmp_path / "p.txt", tmp_path / "y.tsv", *peaks[1:]) == list(range(20))
    bed = prepared(tmp_path, peaks[0], tmp_path / "y.tsv", *peaks[1:])
    assert bed == list(range(20))


@pytest.mark.parametrize("kind", ["FASTA", "table", "BED"])
def test_swapped_arguments_are_recognised(kind, peaks, tmp_path, capsys):
    (tmp_path / "y.tsv").write_text("oligo\ty\n" + "".join(f"s{i}\t{i}\n" for i in range(16)))
    text = {
        "FASTA": "".join(f">s{i}\n{LETTERS[i]}\n" for i in range(16)),
        "table": "id,Seq\n" + "".join(f"s{i},{LETTERS[i]}\n" for i in range(16)),
        "BED": peaks[0].read_text(),
    }[kind]
    (tmp_path / "first").write_text(text)
    genome = peaks[1:] if kind == "BED" else ()
    assert cli("check", tmp_path / "y.tsv", tmp_path / "first", *genome) == 2
    said = capsys.readouterr().err
    assert "y.tsv holds no sequences, and " in said
    assert f"{tmp_path / 'first'} does: they are swapped; give the sequences first" in said


def test_swapped_sheets_are_recognised(book, capsys):
    assert cli("check", book, "--sheet", "Results", "--sheet", "Design") == 2
    said = capsys.readouterr().err
    assert "sheet 'Results' holds no sequences, and " in said
    assert "book.xlsx, sheet 'Design' does: they are swapped; give the sequences first" in said


def test_files_that_both_hold_no_sequences_are_not_swapped(tmp_path, capsys):
    (tmp_path / "y.tsv").write_text("id\ty\na\t1\n")
    (tmp_path / "z.tsv").write_text("id\tz\na\t1\n")
    assert cli("check", tmp_path / "y.tsv", tmp_path / "z.tsv") == 2
    assert "y.tsv: no column 'sequence'; known: 'id'; 'y'; name the column" in capsys.readouterr().err
