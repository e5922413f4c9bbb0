"""Shards of a FASTA with an index read their own records only, and are joined to the bytes of the whole."""

import os

import pyfaidx
import pytest
from support.command_line import cli
from support.planted import planted

from seqcnn.interpret import attribute as attribute_module
from seqcnn.interpret import saturate as saturate_module
from seqcnn.interpret.attribution import sample as sample_module
from seqcnn.interpret.attribution.attribution_file import load_attributions

N = 23
MODEL = ["-m", "m.safetensors", "--device", "cpu"]


@pytest.fixture
def here(bundle, tmp_path, monkeypatch):
    """Return the current folder: a model, `x.fa` with records of two lines of sequence, and its index."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.safetensors").symlink_to(bundle)
    letters = planted(N, seed=4)[0]
    letters[3] = "N" * 10 + letters[3][10:]  # no prediction
    records = [f">o{number} words\n{s[:20]}\n{s[20:].lower()}\n" for number, s in enumerate(letters)]
    write(tmp_path / "x.fa", "".join(records))
    return tmp_path


def write(fasta, text):
    """Write a FASTA and its index."""
    fasta.write_text(text)
    fasta.with_name(fasta.name + ".fai").unlink(missing_ok=True)
    pyfaidx.Faidx(str(fasta)).close()


def shards(command, n=3):
    """Compute all shards; return the names of the parts."""
    parts = [f"part{i}.tsv" for i in range(1, n + 1)]
    for i, part in enumerate(parts, 1):
        assert cli("-q", command, "x.fa", *MODEL, "--shard", f"{i}/{n}", "--overwrite", "-o", part) == 0
    return parts


@pytest.mark.parametrize(("command", "n"), [("predict", 3), ("predict", 40), ("saturate", 3)])
def test_the_parts_are_joined_to_the_bytes_and_the_messages_of_the_whole(
    here, monkeypatch, capsys, command, n
):
    monkeypatch.setattr(saturate_module, "CHUNK", 4)  # sequences that stay together
    assert cli("-q", command, "x.fa", *MODEL, "-o", "whole.tsv") == 0
    said = capsys.readouterr().err.splitlines()
    parts = shards(command, n)
    assert all('"SHA-256 of the index": ' in (here / part).read_text() for part in parts)
    capsys.readouterr()
    assert cli("-q", "gather", *parts, "-o", "joined.tsv") == 0
    joined = capsys.readouterr().err.splitlines()
    assert set(joined) <= set(said)
    assert any("lower-case letters" in line for line in joined)
    assert (here / "joined.tsv").read_bytes() == (here / "whole.tsv").read_bytes()


@pytest.mark.parametrize("number", [9, 1000])
def test_attributions_read_their_own_of_the_first_records(here, monkeypatch, capsys, number):
    monkeypatch.setattr(attribute_module, "_CHUNK", 4)  # sequences that stay together
    arguments = ["attribute", "x.fa", *MODEL, "--max-sequences", str(number)]
    assert cli("-q", *arguments, "-o", "whole.h5") == 0
    monkeypatch.setattr(sample_module, "read_sequences", None)
    for i in (1, 2, 3):
        assert cli("-q", *arguments, "--shard", f"{i}/3", "-o", f"{i}.h5") == 0
    more = "x.fa: using the first 9 sequences; see --max-sequences" in capsys.readouterr().err
    assert more == (number < N)
    assert cli("-q", "gather", "1.h5", "2.h5", "3.h5", "-o", "joined.h5") == 0
    assert (here / "joined.h5").read_bytes() == (here / "whole.h5").read_bytes()


def test_ids_are_cut_in_attributions_of_an_indexed_shard(here):
    write(here / "x.fa", (here / "x.fa").read_text().replace(" words", "|words"))
    arguments = ["attribute", "x.fa", *MODEL, "--max-sequences", "3", "--id-until", "pipe"]
    assert cli("-q", *arguments, "--shard", "1/1", "-o", "1.h5") == 0
    assert cli("-q", "gather", "1.h5", "-o", "joined.h5") == 0
    assert load_attributions(here / "joined.h5").ids == ["o0", "o1", "o2"]


def test_a_record_is_read_by_its_own_shard_only_which_names_its_line(here, capsys):
    text = (here / "x.fa").read_text()
    write(here / "x.fa", text[:-3] + "!" + text[-2:])
    assert cli("predict", "x.fa", *MODEL, "--shard", "1/3", "-o", "1.tsv") == 0
    capsys.readouterr()
    assert cli("-q", "predict", "x.fa", *MODEL, "--shard", "3/3", "-o", "3.tsv") == 2
    assert f"x.fa: record {N} 'o{N - 1}', line {3 * N}, position " in capsys.readouterr().err


def test_a_record_of_another_length_than_that_of_the_training_is_named_by_its_number(here, capsys):
    write(here / "x.fa", (here / "x.fa").read_text() + ">short\nAC\n")
    assert cli("-q", "predict", "x.fa", *MODEL, "--shard", "3/3", "-o", "3.tsv") == 2
    assert f"x.fa: record {N + 1} 'short' has 2 bp" in capsys.readouterr().err


def test_an_index_that_is_older_is_not_used(here, capsys):
    os.utime("x.fa.fai", (1, 1))
    assert cli("predict", "x.fa", *MODEL, "--shard", "1/3", "-o", "1.tsv") == 0
    assert "x.fa.fai: older than x.fa, and not used" in capsys.readouterr().err
    assert "SHA-256 of sequences" in (here / "1.tsv").read_text()


def test_parts_with_and_without_an_index_are_not_joined(here, capsys):
    parts = shards("predict")
    (here / "x.fa.fai").unlink()
    assert cli("predict", "x.fa", *MODEL, "--shard", "2/3", "--overwrite", "-o", parts[1]) == 0
    capsys.readouterr()
    assert cli("gather", *parts, "-o", "joined.tsv") == 2
    assert "parts of different results" in capsys.readouterr().err


def _lines(change):
    """Return a function that changes the lines of a text."""
    return lambda text: "".join(change(text.splitlines(keepends=True)))


def _moved(line):
    """Return a line of an index with a larger offset."""
    name, length, offset, rest = line.split("\t", 3)
    return f"{name}\t{length}\t{int(offset) + 1}\t{rest}"


CASES = {
    "another name": (lambda text: text.replace("o9\t", "p9\t"), "record 10 is 'o9', 'p9' in the index"),
    "a name at a cut": (lambda text: text.replace("o15\t", "p15\t"), "record 16, 'p15', is elsewhere"),
    "another place": (_lines(lambda lines: [_moved(line) for line in lines]), "is elsewhere"),
    "a record is left out": (_lines(lambda lines: lines[:9] + lines[10:]), "in the index"),
    "a record too many": (_lines(lambda lines: [*lines, "z\t30\t99999\t20\t21\n"]), "elsewhere"),
    "other order": (_lines(lambda lines: lines[::-1]), "not in their order"),
    "no records": (lambda text: "", "it names no record"),
    "another format": (lambda text: text.replace("\t", " "), "not an index"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_index_of_another_file_is_refused_by_a_shard_that_it_concerns(here, capsys, case):
    change, message = CASES[case]
    (here / "x.fa.fai").write_text(change((here / "x.fa.fai").read_text()))
    codes = [cli("-q", "predict", "x.fa", *MODEL, "--shard", f"{i}/3", "-o", f"{i}.tsv") for i in (1, 2, 3)]
    said = capsys.readouterr().err
    assert 2 in codes
    assert "x.fa.fai: not the index of x.fa: " in said
    assert message in said
    assert "make it again with `samtools faidx x.fa`, or remove it" in said
    assert [(here / f"{i}.tsv").exists() for i in (1, 2, 3)] == [code == 0 for code in codes]
