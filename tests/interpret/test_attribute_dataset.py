"""Attributions of the rows of a dataset, or of a part of them."""

import pytest

from seqcnn.cli import main
from seqcnn.interpret.attribution.attribution_file import load_attributions


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def test_a_part_of_a_dataset_is_attributed(dataset, bundle, tmp_path):
    dataset.save(tmp_path / "d.h5")
    where = ["-m", bundle, "--threads", 1, "-o", tmp_path / "a.h5"]
    assert run("attribute", tmp_path / "d.h5", "--split-part", "test", *where) == 0
    assert load_attributions(tmp_path / "a.h5").ids == [dataset.ids[row] for row in dataset.part("test")]


def test_a_fasta_has_no_parts(bundle, tmp_path, capsys):
    (tmp_path / "x.fa").write_text(f">a\n{'A' * 30}\n")
    assert (
        run("attribute", tmp_path / "x.fa", "-m", bundle, "--split-part", "test", "-o", tmp_path / "a.h5")
        == 2
    )
    assert "not a dataset (.h5): it has no test rows" in capsys.readouterr().err
