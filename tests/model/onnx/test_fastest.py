"""`--engine auto`: the fastest engine whose predictions are those of torch."""

import logging

import numpy as np
import pytest
from support.command_line import cli
from support.planted import planted

from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.onnx import engines, fastest
from seqcnn.model.onnx.onnx_model import ExportedModel
from seqcnn.model.open_model import open_model

pytestmark = pytest.mark.usefixtures("quick_export")


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text("".join(f">o{n}\n{letters}\n" for n, letters in enumerate(planted(50, seed=5)[0])))
    return path


@pytest.fixture
def large(monkeypatch):
    """Let every input repay a conversion, and torch be slow."""
    monkeypatch.setattr(fastest, "MIN_SECONDS", 0)
    seconds = fastest._seconds
    monkeypatch.setattr(
        fastest,
        "_seconds",
        lambda predictor, rows: seconds(predictor, rows) + 9 * isinstance(predictor, LoadedModel),
    )


def test_a_small_input_is_predicted_by_torch(bundle, fasta, caplog):
    caplog.set_level(logging.INFO)
    assert isinstance(open_model(bundle, engine="auto", sequences=fasta), LoadedModel)
    assert "engine: torch, as about 0 s are too few to convert the network" in caplog.text


@pytest.mark.parametrize("name", [None, "-", "x.bed"])
def test_an_input_of_unknown_size_is_predicted_by_torch(bundle, tmp_path, name, large, caplog):
    caplog.set_level(logging.INFO)
    path = None if name is None else tmp_path / name
    if name == "x.bed":
        path.write_text("c1\t0\t10\n")
    assert isinstance(open_model(bundle, engine="auto", sequences=path), LoadedModel)
    assert "engine: torch, as the number of sequences is not known" in caplog.text


def test_a_large_input_is_predicted_by_the_fastest_engine_as_by_torch(bundle, fasta, large, capsys):
    for engine in ("torch", "auto"):
        assert cli("predict", fasta, "-m", bundle, "--engine", engine, "-o", f"{fasta}.{engine}.tsv") == 0
    said = capsys.readouterr().err
    assert "engine: onnx (sequences per second: torch " in said or "engine: openvino (" in said
    tables = [
        np.genfromtxt(f"{fasta}.{engine}.tsv", names=True, delimiter="\t", dtype=None, encoding=None)
        for engine in ("torch", "auto")
    ]
    columns = [table[table.dtype.names[1]] for table in tables]
    assert np.abs(columns[0] - columns[1]).max() <= 1e-5 * np.abs(columns[0]).max()


def test_an_engine_with_other_predictions_is_not_used(bundle, fasta, large, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    predict = ExportedModel._outputs
    monkeypatch.setattr(ExportedModel, "_outputs", lambda self, bases: [predict(self, bases)[0] + 0.01])
    assert isinstance(open_model(bundle, engine="auto", sequences=fasta), LoadedModel)
    for engine in engines.available():
        assert f"engine {engine} is not used: its predictions differ by 0.01" in caplog.text
    assert "engine: torch (sequences per second: torch " in caplog.text


def test_without_the_libraries_of_exports_torch_predicts(bundle, fasta, large, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(fastest, "available", list)
    assert isinstance(open_model(bundle, engine="auto", sequences=fasta), LoadedModel)
    assert "engine: torch (sequences per second: torch " in caplog.text


def test_parts_name_their_engine(bundle, fasta, capsys):
    arguments = ["--engine", "auto", "--shard", "1/2", "-o", f"{fasta}.tsv"]
    assert cli("predict", fasta, "-m", bundle, *arguments) == 2
    assert "--engine auto: with --shard name one engine" in capsys.readouterr().err
