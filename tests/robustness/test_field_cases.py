"""Situations from the field and hostile files, through the command line: the numbers and words to expect."""

import gzip
from types import SimpleNamespace

import numpy as np
import pytest
from support.command_line import cli
from support.fake_run import dataset as made_up
from support.planted import planted
from support.workbooks import workbook

from seqcnn.data.dataset import load_dataset
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.database import read_meme
from seqcnn.interpret.motifs import MotifSearch, motifs
from seqcnn.io.tsv import read_rows
from seqcnn.report.biology import SECTIONS


@pytest.fixture
def lab(tmp_path, bundle):
    """A genome, its places, and a library of 64 sequences of 30 bp with measurements."""
    sequences, y = planted()
    genome = "".join(sequences)
    (tmp_path / "g.fa").write_text(f">chr2\n{genome}\n")
    (tmp_path / "lib.fa").write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(sequences)))
    return SimpleNamespace(path=tmp_path, model=bundle, sequences=sequences, y=[f"{v:.4f}" for v in y])


def write(lab, name, *columns):
    """Write columns as a tab-separated table, and return its path."""
    rows = zip(*columns, strict=True)
    (lab.path / name).write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return lab.path / name


def predictions(lab, *arguments):
    """Return the predictions of a command as text, without ids."""
    output = lab.path / "p.tsv"
    assert cli("predict", *arguments, "-m", lab.model, "--overwrite", "-o", output) == 0
    return [line.split("\t")[1:] for line in output.read_text().splitlines()]


def test_a_strand_in_column_four_or_five_is_the_strand(lab, capsys):
    places = (["chr2"] * 3, [76, 95, 98], [106, 125, 128])
    strands, names = ["+", "+", "-"], ["p0", "p1", "p2"]
    expected = predictions(
        lab, write(lab, "6.bed", *places, names, [0] * 3, strands), "--genome", lab.path / "g.fa"
    )
    for number, columns in ((4, (strands,)), (5, (names, strands))):
        bed = write(lab, f"{number}.bed", *places, *columns)
        assert predictions(lab, bed, "--genome", lab.path / "g.fa") == expected
        said = capsys.readouterr().err
        assert (
            f"3 intervals with the strand in column {number}, read from there (BED has it in column 6)"
            in said
        )


def test_contigs_without_chr_are_read_with_chromosome_prefix_in_every_command(lab, capsys):
    names = [f"p{i}" for i in range(64)]
    starts = [30 * i for i in range(64)]
    columns = (starts, [start + 30 for start in starts], names)
    genome = ("--genome", lab.path / "g.fa")
    bed, same = (write(lab, f"{c}.bed", [c] * 64, *columns) for c in ("2", "chr2"))
    y = write(lab, "y.tsv", ["id", *names], ["y", *lab.y])
    assert cli("check", bed, y, *genome) == 2
    assert "('chr2'); pass --chromosome-prefix add\n" in capsys.readouterr().err
    for command in (["check"], ["prepare", "-o", lab.path / "d.h5"]):
        assert cli(*command, bed, y, *genome, "--chromosome-prefix", "add") == 0
        said = "64 intervals whose contig the genome has under another name (--chromosome-prefix add)"
        assert said in capsys.readouterr().err
    assert cli("prepare", same, y, *genome, "-o", lab.path / "e.h5") == 0
    prepared, expected = (load_dataset(lab.path / name) for name in ("d.h5", "e.h5"))
    assert prepared.rows.bases.tolist() == expected.rows.bases.tolist()
    assert prepared.groups.tolist() == expected.groups.tolist()
    assert predictions(lab, bed, *genome, "--chromosome-prefix", "add") == predictions(lab, same, *genome)


COMMANDS = {
    "predict": [],
    "attribute": ["--max-sequences", 3],
    "saturate": [],
    "dependencies": ["--positions", "2-5"],
    "motifs": ["--no-patterns", "--min-sites", 2, "-n", 6],
    "marginalize": ["--motif", "TGACTCA", "-n", 4, "--n-positions", 2],
    "design": ["--max-edits", 1, "-n", 1],
}
"""Commands that read a file of sequences -> options that make them fast."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_reads_the_sheet_and_columns_of_a_table_that_are_named(command, lab, capsys):
    rows = [[f"o{i}", s, "ACGT" * 7, i] for i, s in enumerate(lab.sequences[:12])]
    data = [["oligo", "letters", "barcode", "number"], *rows]
    book = workbook(lab.path / "b.xlsx", data=data, notes=[["x"], [1]])
    sequences = ["--start", book] if command == "design" else [book]
    start = [command, *sequences, *COMMANDS[command], "-m", lab.model, "-o", lab.path / "out"]
    assert cli(*start) == 2
    assert "sheets 'data'; 'notes' found; name one with --sheet" in capsys.readouterr().err
    assert cli(*start, "--sheet", "data") == 2
    assert "--sequence-column" in capsys.readouterr().err
    assert cli(*start, "--sheet", "data", "--sequence-column", "letters", "--id", "number") == 0


def test_one_table_has_one_sheet(lab, capsys):
    book = workbook(lab.path / "b.xlsx", data=[["id", "sequence"]], notes=[["x"]])
    assert cli("predict", book, "-m", lab.model, "--sheet", "data", "--sheet", "notes") == 2
    said = capsys.readouterr().err
    assert "--sheet: 2 sheets named; one table is read, name one sheet" in said


def test_an_option_of_tables_is_refused_for_a_dataset(lab, dataset, capsys):
    dataset.save(lab.path / "d.h5")
    for command in ("predict", "attribute", "motifs"):
        output = ("-m", lab.model, "-o", lab.path / "out")
        assert cli(command, lab.path / "d.h5", *output, "--id", "name") == 2
        assert "d.h5: --id belongs to a table; this is a dataset" in capsys.readouterr().err


def test_a_library_and_a_table_of_pairs_are_read_with_their_options(lab):
    rows = [[f"o{i}", s] for i, s in enumerate(lab.sequences[:12])]
    book = workbook(lab.path / "b.xlsx", data=[["oligo", "letters"], *rows], notes=[["x"]])
    pairs = write(lab, "pairs.tsv", ["ref", "o0"], ["alt", "o1"])
    options = ("--sheet", "data", "--sequence-column", "letters")
    output = ("-m", lab.model, "-o", lab.path / "e.tsv", "--null", 0)
    assert cli("variants", "--pairs", pairs, "--sequences", book, *options, *output) == 0
    assert [row["reason"] for row in read_rows(lab.path / "e.tsv", "reason")] == ["-"]


@pytest.mark.parametrize("word", ["NA", "nan", "NaN", "None", ""])
def test_a_missing_sequence_is_refused_by_its_line(word, lab, capsys):
    letters = [*lab.sequences[:3], word, *lab.sequences[4:]]
    ids = [f"s{i}" for i in range(len(letters))]
    table = write(lab, "x.tsv", ["id", *ids], ["sequence", *letters], ["y", *lab.y])
    for command in (["check", table, "--target", "y"], ["predict", table, "-m", lab.model]):
        assert cli(*command) == 2
        said = capsys.readouterr().err
        assert "line 5" in said
        assert "remove the rows without a sequence" in said


@pytest.mark.parametrize("word", ["NA", "nan"])
def test_a_missing_sequence_of_a_fasta_is_refused_by_its_record(word, lab, capsys):
    (lab.path / "x.fa").write_text(f">s0\n{lab.sequences[0]}\n>s1\n{word}\n")
    assert cli("predict", lab.path / "x.fa", "-m", lab.model) == 2
    assert "'s1'" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "code"), [("1e20", 0), ("1e30", 0), ("1e31", 2)])
def test_a_huge_value_is_kept_or_refused_by_its_row(value, code, lab, capsys):
    y = [value, *(f"{float(v) * float(value) / 10:.6g}" for v in lab.y[1:])]
    table = write(lab, "t.tsv", ["id", *(f"s{i}" for i in range(64))], ["y", *y])
    output = lab.path / "d.h5"
    assert cli("prepare", lab.path / "lib.fa", table, "--target", "y", "-o", output) == code
    said = capsys.readouterr().err
    if code:
        assert "s0" in said
        assert value in said.replace("+", "")
        assert not output.exists()
    else:
        assert float(load_dataset(output).targets.max()) == np.float32(value)
        assert "RuntimeWarning" not in said


@pytest.mark.parametrize("cell", ["5,505", "5,413,700", "5,413.70", "5.413,70", "5'413"])
def test_a_separator_of_thousands_is_named(cell, lab, capsys):
    rows = "".join(f's{i},"{cell}"\n' for i in range(64))
    (lab.path / "t.csv").write_text(f"id,y\n{rows}")
    assert cli("check", lab.path / "lib.fa", lab.path / "t.csv", "--target", "y") == 2
    assert "with a decimal point and no thousands separator" in capsys.readouterr().err


def test_a_sequence_and_its_reverse_complement_are_one_group(lab, capsys):
    letters = list(lab.sequences)
    letters[1] = letters[0][::-1].translate(str.maketrans("ACGT", "TGCA"))
    letters[2] = letters[0]
    table = write(lab, "x.tsv", ["id", *range(64)], ["sequence", *letters], ["y", *lab.y])
    assert cli("check", table, "--target", "y") == 0
    assert "1 group of sequences identical up to reverse complement" in capsys.readouterr().err


def test_the_kind_of_a_file_is_that_of_its_content(lab):
    fasta = (lab.path / "lib.fa").read_text()
    expected = predictions(lab, lab.path / "lib.fa")
    table = "id\tsequence\n" + "".join(f"s{i}\t{s}\n" for i, s in enumerate(lab.sequences))
    contents = {
        "library.txt": fasta.encode(),
        "a.tab": table.encode(),
        "a.TSV.GZ": gzip.compress(table.encode()),
    }
    for name, content in contents.items():
        (lab.path / name).write_bytes(content)
        assert predictions(lab, lab.path / name) == expected
    peaks = "chr2\t0\t30\tp0\t12\t.\t3.4\t5.1\t3.2\t30\n"
    (lab.path / "x_peaks.narrowPeak").write_text(peaks)
    assert predictions(lab, lab.path / "x_peaks.narrowPeak", "--genome", lab.path / "g.fa") == expected[:2]


def test_an_id_with_line_ends_adds_no_record_to_an_order(lab, capsys):
    table = lab.path / "seeds.tsv"
    table.write_text(f'id\tsequence\n"s1\n>design_9 predicted=9.9\nTTTT"\t{lab.sequences[0]}\n')
    assert cli("design", "--start", table, "-m", lab.model, "-o", lab.path / "out", "--max-edits", "3") == 2
    said = capsys.readouterr().err
    assert "line 2: control character '\\n' in the name 's1\\n>design_9" in said
    assert said.count("\n") == 1
    assert not (lab.path / "out").exists()


def test_ids_with_line_ends_of_a_dataset_are_refused(tmp_path, capsys):
    made_up(12, ids=["s1\n>x\nTTTT", *map(str, range(11))]).save(tmp_path / "d.h5")
    assert cli("audit", tmp_path / "d.h5") == 2
    assert "d.h5: control character '\\n' in the name 's1\\n>x" in capsys.readouterr().err


MATRIX = "letter-probability matrix: alength= 4 w= 3\n" + "0.97 0.01 0.01 0.01\n" * 3


def test_motifs_of_names_that_begin_with_a_quote_stay_in_every_table(model, dataset, tmp_path):
    names = ['"<img src=x onerror=alert(1)>1', '"evil2', 'x"y', "'quoted'"]
    (tmp_path / "db.meme").write_text("MEME version 4\n\n" + "".join(f"MOTIF {n}\n{MATRIX}\n" for n in names))
    assert list(read_meme(tmp_path / "db.meme")) == names
    sample, search = Sample(list(dataset.ids), dataset.rows), MotifSearch(patterns=False, min_sites=1)
    out = tmp_path / "motifs"
    learned = motifs(model, sample, out, search, database=tmp_path / "db.meme")
    rows = list(read_rows(out / "motifs.tsv", "name", "match"))
    assert [row["name"] for row in rows] == [motif.name for motif in learned] != []
    assert {row["match"] for row in rows} <= {*names, "NA"}
    section = next(section for section in SECTIONS if section.station == "motifs")
    assert len(section.read(out, dataset).tables[0].rows) == len(learned)


def test_a_motif_of_a_control_character_in_its_name_or_of_an_absurd_width_is_skipped(tmp_path, caplog):
    wide = MATRIX.replace("w= 3", "w= " + "9" * 400)
    (tmp_path / "db.meme").write_text(
        f"MEME version 4\n\nMOTIF a\x1b[31m\n{MATRIX}\nMOTIF b\n{wide}\nMOTIF c\n{MATRIX}\n"
    )
    assert list(read_meme(tmp_path / "db.meme")) == ["c"]
    assert "control character '\\x1b' in the name 'a\\x1b[31m'" in caplog.text
    assert "motif 'b': width 9" in caplog.text
