import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from support.paths import ROOT
from support.planted import planted

from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import BundleError, EnvironmentFault, SeqcnnError, SequenceError, TableError, UsageError
from seqcnn.model import predict as predictions
from seqcnn.model.default_model import default_model
from seqcnn.model.inference.prediction_table import PredictionTable
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network.bundle import build, save_bundle
from seqcnn.model.network.header import OODThresholds
from seqcnn.model.predict import Runtime, TableOptions, predict_file

SEQUENCES = planted(5, seed=4)[0]


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text("".join(f">oligo_{i} note\n{s}\n" for i, s in enumerate(SEQUENCES)))
    return path


@pytest.fixture
def variant(bundle, tmp_path):
    """Return a function that writes an untrained bundle with a changed header."""

    def variant(name, seed=0, **changes):
        header = load_model(bundle).header.model_copy(update=changes)
        torch.manual_seed(seed)
        path = tmp_path / name
        save_bundle(path, build(header), header)
        return path

    return variant


def _table(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_a_model_that_is_given_twice_is_refused(bundle, fasta, tmp_path):
    (tmp_path / "link.safetensors").symlink_to(bundle)
    for again in (bundle, tmp_path / "link.safetensors"):
        with pytest.raises(UsageError, match="given 2 times; expected each once"):
            predict_file(fasta, [bundle, again], tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()


def test_the_table_has_one_row_a_record_in_the_order_of_the_file(bundle, fasta, tmp_path, model):
    predict_file(fasta, [bundle], tmp_path / "out.tsv")
    head, *rows = _table(tmp_path / "out.tsv")
    assert head == ["id", "target", "out_of_distribution"]
    names = [row[0] for row in rows]
    assert names == [f"oligo_{i}" for i in range(len(rows))]
    np.testing.assert_allclose(
        [float(row[1]) for row in rows], model.predict_array(SEQUENCES)[:, 0], rtol=1e-6
    )


def test_several_models_are_an_ensemble_with_mean_and_sample_standard_deviation(fasta, tmp_path, variant):
    paths = [variant(f"{seed}.safetensors", seed) for seed in range(3)]
    predict_file(fasta, paths, tmp_path / "out.tsv")
    head, *rows = _table(tmp_path / "out.tsv")
    assert head == ["id", "target", "target_sd", "out_of_distribution"]
    each = np.array([load_model(path).predict_array(SEQUENCES)[:, 0] for path in paths], np.float64)
    mean = each.sum(0) / 3
    sd = (((each - mean) ** 2).sum(0) / 2) ** 0.5
    found = np.array([[float(cell) for cell in row[1:3]] for row in rows])
    np.testing.assert_allclose(found, np.stack([mean, sd], axis=1), rtol=1e-5)


def test_models_of_different_targets_are_refused_before_anything_is_written(
    fasta, bundle, variant, capsysbinary
):
    other = variant("other.safetensors", targets=("other",))
    with pytest.raises(BundleError, match="different targets: 'other' found; expected 'target'"):
        predict_file(fasta, [bundle, other], None)
    assert capsysbinary.readouterr().out == b""


def test_without_an_output_the_table_goes_to_standard_output(bundle, fasta, tmp_path, capsysbinary):
    predict_file(fasta, [bundle], tmp_path / "out.tsv")
    predict_file(fasta, [bundle], None)
    assert capsysbinary.readouterr().out == (tmp_path / "out.tsv").read_bytes()


def test_names_are_kept_byte_for_byte(bundle, fasta, tmp_path):
    bases = SEQUENCES[0].encode() + b"\n"
    fasta.write_bytes(b">caf\xe9\n" + bases + b">\xc3\xa9\n" + bases + b">=1+1\n" + bases)
    predict_file(fasta, [bundle], tmp_path / "out.tsv")
    rows = (tmp_path / "out.tsv").read_bytes().splitlines()[1:]
    assert [row.split(b"\t")[0] for row in rows] == [b"caf\xe9", b"\xc3\xa9", b"=1+1"]


@pytest.mark.parametrize("kind", ["h5", "tsv", "gz"])
def test_other_sources_give_the_same_numbers(bundle, dataset, fasta, tmp_path, kind):
    import gzip

    letters = {f"o{i}": s for i, s in enumerate(SEQUENCES)}
    if kind == "h5":
        from seqcnn.data.from_arrays import dataset_from_arrays

        source, split = tmp_path / "d.h5", ["train", "train", "val", "val", "test", "test"]
        dataset_from_arrays([*SEQUENCES, SEQUENCES[0]], np.arange(6.0), split=split).save(source)
    elif kind == "tsv":
        source = tmp_path / "d.tsv"
        source.write_text("id\tsequence\n" + "".join(f"{name}\t{s}\n" for name, s in letters.items()))
    else:
        source = tmp_path / "d.fa.gz"
        source.write_bytes(gzip.compress("".join(f">{n}\n{s}\n" for n, s in letters.items()).encode()))
    predict_file(fasta, [bundle], tmp_path / "a.tsv")
    predict_file(source, [bundle], tmp_path / "b.tsv")
    a, b = ([row[1] for row in _table(tmp_path / name)[1:]] for name in ("a.tsv", "b.tsv"))
    assert a == b[:5]


def test_a_dataset_is_read_and_predicted_a_few_rows_at_a_time(bundle, tmp_path, monkeypatch):
    from seqcnn.data.from_arrays import dataset_from_arrays

    source, split, tables = tmp_path / "d.h5", ["train", "train", "val", "val", "test", "test"], []
    dataset_from_arrays([*SEQUENCES, SEQUENCES[0]], np.arange(6.0), split=split).save(source)
    for rows in (6, 4, 1):
        monkeypatch.setattr("seqcnn.model.predict._ROWS_PER_STEP", rows)
        monkeypatch.setattr("seqcnn.model.predict.IN_MEMORY_MB", 0)
        predict_file(source, [bundle], tmp_path / f"{rows}.tsv")
        tables.append((tmp_path / f"{rows}.tsv").read_bytes())
    assert tables[0].count(b"\n") == 7
    assert tables[1:] == tables[:1] * 2


def test_a_dataset_of_another_layout_is_refused(bundle, tmp_path):
    from seqcnn.data.from_arrays import dataset_from_arrays

    split = ["train", "train", "val", "val", "test", "test"]
    dataset_from_arrays(["ACGT"] * 6, np.arange(6.0), split=split).save(tmp_path / "d.h5")
    with pytest.raises(BundleError, match=r"d\.h5: its layout differs from the model's"):
        predict_file(tmp_path / "d.h5", [bundle], tmp_path / "out.tsv")


def test_a_failed_prediction_leaves_no_file(bundle, fasta, tmp_path):
    fasta.write_text(fasta.read_text() + ">bad\nAC!T\n")
    with pytest.raises(SequenceError, match="bad"):
        predict_file(fasta, [bundle], tmp_path / "out" / "out.tsv")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("which", ["sequences", "model"])
def test_an_output_that_is_an_input_is_refused(bundle, fasta, tmp_path, which):
    output = fasta if which == "sequences" else tmp_path / "m"
    (tmp_path / "m").write_bytes(bundle.read_bytes())
    before = output.read_bytes()
    with pytest.raises(UsageError, match="output and input are the same file"):
        predict_file(fasta, [tmp_path / "m"], output)
    assert output.read_bytes() == before


def _run_folder(tmp_path, name, variant, scores):
    for seed, score in scores.items():
        folder = tmp_path / "results" / name / "cnn" / f"seed{seed}"
        folder.mkdir(parents=True)
        metrics = {} if score is None else {"val": {"target": {"pearson": score}}}
        variant("x", metrics=metrics).rename(folder / "model.safetensors")
    (tmp_path / "results" / name / "report.html").touch()


def test_the_default_model_is_the_one_that_the_environment_names(monkeypatch, caplog):
    monkeypatch.setenv("SEQCNN_MODEL", "some/model.safetensors")
    assert default_model() == Path("some/model.safetensors")
    assert "some/model.safetensors (from $SEQCNN_MODEL)" in caplog.text


def test_the_default_model_is_else_the_best_of_the_last_run(tmp_path, variant, monkeypatch, caplog):
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    _run_folder(tmp_path, "old", variant, {1: 0.99})
    _run_folder(tmp_path, "new", variant, {1: 0.1, 2: 0.0, 3: 0.5, 4: None})
    os.utime(tmp_path / "results/old/report.html", (1, 1))
    (tmp_path / "results/new/cnn/seed1/model.safetensors").write_bytes(b"damaged")
    assert default_model() == Path("results/new/cnn/seed3/model.safetensors")
    assert "the best model on validation rows of the last run" in caplog.text


def test_a_correlation_of_0_is_better_than_none(tmp_path, variant, monkeypatch):
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    _run_folder(tmp_path, "run", variant, {1: -0.5, 2: 0.0})
    assert default_model().parent.name == "seed2"


def test_a_default_model_that_predicts_less_than_a_comparator_is_doubted(
    tmp_path, variant, monkeypatch, caplog
):
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    _run_folder(tmp_path, "run", variant, {1: 0.1})
    folder = tmp_path / "results/run/ridge/fit"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text('{"parts": {"val": {"target": {"pearson": {"value": 0.6}}}}}')
    default_model()
    assert "ridge was better on these rows (r 0.60), but cannot predict new sequences" in caplog.text


def test_a_good_default_model_is_not_doubted(tmp_path, variant, monkeypatch, caplog):
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    _run_folder(tmp_path, "run", variant, {1: 0.8})
    default_model()
    assert len(caplog.records) == 1


def test_a_failed_prediction_prints_nothing(bundle, fasta, capsysbinary):
    fasta.write_text(">a\nACGT-ACGT\n")
    with pytest.raises(SeqcnnError):
        predict_file(fasta, [bundle], None)
    assert capsysbinary.readouterr().out == b""


def test_a_folder_given_as_model_names_the_bundle_in_it_with_the_best_validation_score(
    variant, fasta, tmp_path
):
    _run_folder(tmp_path, "run", variant, {1: 0.5, 2: 0.8, 3: 0.6})
    run, empty = tmp_path / "results" / "run", tmp_path / "empty"
    best = r"run: is a folder; .*validation score in it is .*run/cnn/seed2/model\.safetensors"
    with pytest.raises(UsageError, match=best):
        predict_file(fasta, [run], None)
    empty.mkdir()
    with pytest.raises(UsageError, match=r"is a folder; expected a model bundle$"):
        predict_file(fasta, [empty], None)


def test_without_any_model_the_remedy_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no model given; name one with --model or \$SEQCNN_MODEL"):
        default_model()


def test_a_closed_standard_output_is_refused(bundle, fasta, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(EnvironmentFault, match="standard output is closed"):
        predict_file(fasta, [bundle], None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_behind_standard_output_is_a_fault_of_the_environment(bundle, fasta):
    command = [sys.executable, "-m", "seqcnn", "predict", fasta, "-m", bundle]
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert run.returncode == EnvironmentFault.exit_code
    assert (
        run.stderr.splitlines()[-1]
        == "seqcnn: error: standard output: No space left on device; check the disk"
    )


def test_a_reader_that_stops_early_ends_the_prediction_without_words(bundle, fasta):
    fasta.write_text(fasta.read_text() * 4000)  # more than a pipe holds
    command = [sys.executable, "-m", "seqcnn", "predict", fasta, "-m", bundle, "--device", "cpu"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout.readline() == "id\ttarget\tout_of_distribution\n"
    process.stdout.close()
    words = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert words == ""


@pytest.mark.parametrize("device", ["cuda", "cuda:7"])
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_a_fault_of_the_environment(bundle, fasta, tmp_path, device):
    with pytest.raises(SeqcnnError, match=f"device {device}: 0 CUDA devices found") as caught:
        predict_file(fasta, [bundle], tmp_path / "out.tsv", runtime=Runtime(device=device))
    assert caught.value.exit_code == 3


def test_progress_is_shown_on_a_terminal_only(bundle, fasta, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger("seqcnn"), "handlers", [])  # of a command line of another test
    predict_file(fasta, [bundle], tmp_path / "out.tsv")
    assert capsys.readouterr().err == ""
    assert predictions.sys.stderr.isatty() is False


@pytest.mark.parametrize("name", ["p.csv", "p.xlsx"])
def test_csv_and_workbooks_hold_the_table_of_the_tsv(bundle, fasta, tmp_path, name):
    names = [f"oligo_{i}" for i in range(5)]
    for output in ("p.tsv", name):
        predict_file(fasta, [bundle], tmp_path / output, options=TableOptions(interval=0.8))
    expected, found = (read_table(tmp_path / output) for output in ("p.tsv", name))
    assert found.columns == expected.columns
    for column in ("target", "target_low", "target_high"):
        assert found.text(column) == expected.text(column)
    assert found.text("id") == names
    assert PredictionTable.read(tmp_path / name, names, ["target"]).mean.shape == (5, 1)


def test_names_that_look_like_formulas_are_protected_in_every_format(bundle, tmp_path):
    (tmp_path / "x.fa").write_text(f">=1+1\n{SEQUENCES[0]}\n")
    for name in ("p.tsv", "p.csv", "p.xlsx"):
        predict_file(tmp_path / "x.fa", [bundle], tmp_path / name, options=TableOptions(safe=True))
        assert read_table(tmp_path / name).text("id") == ["'=1+1"]


def test_a_dataset_of_more_rows_than_a_workbook_holds_is_refused_before_it_is_predicted(
    bundle, dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr("seqcnn.io.table_output.MAX_ROWS", 3)
    monkeypatch.setattr(predictions, "_of_dataset", None)  # predicts
    dataset.save(tmp_path / "d.h5")
    with pytest.raises(TableError, match=r"p.xlsx: more than the 3 rows .*; name a .csv file"):
        predict_file(tmp_path / "d.h5", [bundle], tmp_path / "p.xlsx")
    assert not (tmp_path / "p.xlsx").exists()


def _changed(bundle, path, **changes):
    """Write a bundle with a changed header; return its path."""
    trained = load_model(bundle)
    save_bundle(path, trained.regressor, trained.header.model_copy(update=changes))
    return path


def test_out_of_distribution_sequences_are_counted_with_the_rate_of_the_thresholds(bundle, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    (tmp_path / "x.fa").write_text(f">a\n{'A' * 30}\n>b\n{'CG' * 15}\n")
    other = _changed(bundle, tmp_path / "other.safetensors", training_sha256="0" * 64)
    same = _changed(bundle, tmp_path / "same.safetensors")
    for models, rate in ([bundle], "22.2"), ([bundle, same], "22.2"), ([bundle, other], "44.4"):
        caplog.clear()
        predict_file(tmp_path / "x.fa", models, tmp_path / "y.tsv", overwrite=True)
        start = f"2 of 2 sequences (100.0%; up to {rate}% are expected) are out of distribution"
        assert sum(start in message for message in caplog.messages) == 1  # 2 of 8 + 1 validation rows


def test_sequences_of_the_training_are_not_counted(bundle, dataset, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    dataset.save(tmp_path / "d.h5")
    table, strict = tmp_path / "y.tsv", OODThresholds(n=8, rate=0.2, distance=1e-6, surprisal=1e-6)
    own = _changed(bundle, tmp_path / "own.safetensors", ood=strict)
    other = _changed(own, tmp_path / "other.safetensors", training_sha256="0" * 64)
    for model, counted in (own, False), (other, True):
        caplog.clear()
        predict_file(tmp_path / "d.h5", [model], table, overwrite=True)
        assert "\tyes\n" in table.read_text()
        assert any("out of distribution" in message for message in caplog.messages) is counted
