"""Attributions of the rows of a dataset, or of a part of them, and what fits neither."""

import pytest

from seqcnn.cli import main
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import BundleError, UsageError
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.interpret.marginalize import marginalize
from seqcnn.interpret.motifs import _attributed


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


def test_a_dataset_of_another_layout_is_refused(bundle, tmp_path, capsys):
    data = dataset_from_arrays(["ACGT" * 5] * 8, list(range(8)), split=["train", "val", "test", "train"] * 2)
    data.save(tmp_path / "d.h5")
    assert run("attribute", tmp_path / "d.h5", "-m", bundle, "-o", tmp_path / "a.h5") == 2
    assert "d.h5: has another layout than the data that the model was trained on" in capsys.readouterr().err
    assert not (tmp_path / "a.h5").exists()


def test_a_part_without_rows_is_refused(dataset, bundle, tmp_path, capsys):
    dataset.take(dataset.part("train")).save(tmp_path / "d.h5")
    where = ["-m", bundle, "-o", tmp_path / "a.h5"]
    assert run("attribute", tmp_path / "d.h5", "--split-part", "test", *where) == 2
    assert "d.h5: no sequences; expected at least one" in capsys.readouterr().err


def test_motifs_of_attributions_of_another_target_or_model_are_refused(dataset, bundle, model, tmp_path):
    dataset.save(tmp_path / "d.h5")
    assert run("attribute", tmp_path / "d.h5", "-m", bundle, "--threads", 1, "-o", tmp_path / "a.h5") == 0
    with pytest.raises(UsageError, match=r"a\.h5: attributions of target 'target', not 'other'"):
        _attributed(tmp_path / "a.h5", model, "other")
    model.path = None
    with pytest.raises(BundleError, match=r"a\.h5: attributions of another model"):
        _attributed(tmp_path / "a.h5", model, None)


def test_at_most_two_motifs_are_inserted(tmp_path):
    with pytest.raises(UsageError, match="3 motifs given; expected one, or two for a pair"):
        marginalize(None, ["ACG", "CCG", "TTG"], tmp_path / "out")
