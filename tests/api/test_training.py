"""The Python API: what `fit` reads, and that importing seqcnn is cheap."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

import seqcnn
from seqcnn.api import training
from seqcnn.api.training import BASELINES, fit_folder
from seqcnn.config.model import ModelConfig
from seqcnn.errors import TableError, UsageError
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect

FAKE = object()  # stands for a trained model


@pytest.fixture(scope="module")
def counted(tmp_path_factory, dataset, tiny, one_thread):
    """Return the folder of a fit, and how often files were read: datasets, and tables by their path."""
    from seqcnn.data import dataset as dataset_module
    from seqcnn.model.inference import prediction_table

    folder, read = tmp_path_factory.mktemp("fit") / "run", Counter()
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((dataset_module, "read_hdf5"), (prediction_table, "read_table")):
            original = getattr(module, name)

            def counting(path, *arguments, original=original, **options):
                read[path] += 1
                return original(path, *arguments, **options)

            patch.setattr(module, name, counting)
        model = fit_folder(dataset, tiny(epochs=1), folder, machine=one_thread)
    return folder, read, model


def test_fit_never_reads_its_dataset_back_and_parses_each_table_once(counted):
    folder, read, _ = counted
    members = ["cnn/seed1", *(f"{name}/fit" for name in BASELINES)]
    assert read == {folder / member / "predictions.tsv": 1 for member in members}


def test_the_report_of_fit_is_that_of_its_folder(counted):
    folder, _, _ = counted
    assert (folder / "report.html").read_text(encoding="utf-8") == render(collect(folder))


def test_the_predictions_of_fit_are_those_of_its_bundle(counted, tmp_path):
    from seqcnn.model.predict import predict_file

    folder, _, _ = counted
    predict_file(folder / "dataset.h5", [folder / "cnn/seed1/model.safetensors"], tmp_path / "p.tsv")
    assert (tmp_path / "p.tsv").read_bytes() == (folder / "cnn/seed1/predictions.tsv").read_bytes()


def test_a_finished_run_and_a_baseline_are_refused(counted, dataset, tiny, tmp_path):
    with pytest.raises(UsageError, match="holds a finished run"):
        fit_folder(dataset, tiny(), counted[0])
    with pytest.raises(UsageError, match="the baseline ridge found; expected an encoder"):
        fit_folder(dataset, ModelConfig(baseline="ridge"), tmp_path)


def test_the_public_names_are_loaded_on_first_use(counted):
    assert {*dir(seqcnn)} >= {"fit", "load_model", "Model", "one_hot", "__version__"}
    assert isinstance(seqcnn.load_model(counted[2].path), seqcnn.Model)
    with pytest.raises(AttributeError, match="nothing"):
        seqcnn.nothing  # noqa: B018


def test_columns_of_a_frame_are_named(monkeypatch):
    sequences, y = planted(64)
    table = pd.DataFrame({"Seq": sequences, "y": y, "w": 1.0, "family": np.arange(64) // 2})
    table = table.assign(r1=y, r2=np.add(y, 0.1))
    given = []
    monkeypatch.setattr(training, "train", lambda dataset, *_, **__: given.append(dataset) or FAKE)
    monkeypatch.setattr(training.Model, "of", lambda model: model)
    training.fit(table, "y", group="family", weights="w", replicates=["r1", "r2"], align="right", epochs=1)
    (dataset,) = given
    assert (dataset.target_names, dataset.layout.align) == (["y"], "right")
    np.testing.assert_allclose(dataset.replicates[:, 0, 1] - dataset.replicates[:, 0, 0], 0.1, atol=1e-6)
    assert all(len(set(dataset.split[i : i + 2])) == 1 for i in range(0, 64, 2))
    with pytest.raises(TableError, match="group: no column 'gene' in the table of sequences"):
        training.fit(table, "y", group="gene")


def test_a_table_of_a_file_is_read_with_the_names_of_its_columns(tmp_path, monkeypatch):
    sequences, y = planted(64)
    measured = enumerate(zip(sequences, y, strict=True))
    rows = (f"s{i}\t{s}\t{v:.3f}\t{v:.3f}\t{v + 0.1:.3f}\t{i // 2}\n" for i, (s, v) in measured)
    path = tmp_path / "t.tsv"
    path.write_text("id\tsequence\ty\tr1\tr2\tfamily\n" + "".join(rows))
    given = []
    monkeypatch.setattr(training, "train", lambda dataset, *_, **__: given.append(dataset) or FAKE)
    monkeypatch.setattr(training.Model, "of", lambda model: model)
    training.fit(path, path, target="y", group="family", replicates=["r1", "r2"])
    assert (given[0].target_names, given[0].replicates.shape) == (["y"], (64, 1, 2))
    with pytest.raises(UsageError, match="target: names columns of a file"):
        training.fit(sequences, y, target="y")
    with pytest.raises(UsageError, match="replicates: belong to one target; name it with `target`"):
        training.fit(path, path, replicates=["r1", "r2"])
