"""Ids that are cut on request, and hints on ids that do not match."""

import numpy as np
import pytest
from support.command_line import cli as run

from seqcnn.data.assay.ids import id_hints
from seqcnn.data.dataset import load_dataset


@pytest.mark.parametrize(
    ("names", "ids", "hint"),
    [
        (["007", "012"], ["7", "12"],
         "2 ids match when leading zeros, which a spreadsheet removes, are ignored (table '7', "
         "sequence '007')"),
        (["Ab", "Cd"], ["AB", "CD"], "2 ids match when case is ignored (table 'AB', sequence 'Ab')"),
        (["c:1-5", "c:2-9"], ["c:1-5(+)", "c:2-9(-)"],
         "2 ids match when a strand suffix such as (+) is removed (table 'c:1-5(+)', sequence 'c:1-5')"),
        (["c:1", "c:2"], ["c:1::x", "c:2::x"],
         "2 ids match when '::' and what follows it are removed (table 'c:1::x', sequence 'c:1')"),
        (["a", "b", "C"], ["a.1", "b.1", "c"],
         "2 ids match when a version suffix such as .1 is removed (table 'a.1', sequence 'a')"),
        (["a|x", "b|x", "c"], ["a", "b", "c"],
         "2 ids match when the id is cut at its first pipe, --id-until pipe (table 'a', sequence 'a|x')"),
    ],
)  # fmt: skip
def test_the_hint_is_the_rule_that_matches_most_ids(names, ids, hint):
    assert id_hints(names, ids, {*names} & {*ids}) == [hint]


def test_there_is_no_hint_on_ids_that_no_rule_matches():
    assert id_hints(["a", "b"], ["x", "y"], set()) == []
    assert id_hints(["a|1", "a|2"], ["a"], set()) == []


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


def test_ids_may_become_equal_if_their_rows_are_aggregated(inputs, capsys):
    options = ("--target", "y", "--id-until", "pipe")
    assert run("check", inputs / "long.tsv", *options) == 2
    assert "'s0|0' and 's0|1' become 's0'" in capsys.readouterr().err
    output = inputs / "d.h5"
    assert run("prepare", inputs / "long.tsv", *options, "--aggregate", "mean", "-o", output) == 0
    assert np.array_equal(load_dataset(output).targets[:, 0], np.arange(40) + 0.5)
