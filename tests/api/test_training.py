"""The Python API: what `fit` reads, and that importing seqcnn is cheap."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

import seqcnn
from seqcnn.api import training
from seqcnn.api.fit_folder import fit_folder
from seqcnn.config.fit_plan import fit_plan
from seqcnn.errors import TableError, UsageError
from seqcnn.report.report import write_report
from seqcnn.report.run.collect import collect


def _record(monkeypatch, given):
    """Append the dataset, and the plan of the models, that `fit` would train to `given`."""
    monkeypatch.setattr(training, "train_models", lambda *found, **_: given.append(found))
    monkeypatch.setattr(training, "best_model", lambda plan, models: None)
    monkeypatch.setattr(training.Model, "of", lambda model: SimpleNamespace())


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
        plan = fit_plan("fast", configs=[("cnn", tiny(epochs=1))])
        model = fit_folder(dataset, plan, folder, machine=one_thread)
    return folder, read, model


def test_fit_never_reads_its_dataset_back_and_parses_each_table_once(counted):
    folder, read, _ = counted
    members = ["cnn/seed1", "mean/fit", "gc/fit", "ridge/fit"]
    assert read == {folder / member / "predictions.tsv": 1 for member in members}


def test_the_report_of_fit_is_that_of_its_folder(counted, tmp_path):
    folder, _, _ = counted
    write_report(collect(folder), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_the_predictions_of_fit_are_those_of_its_bundle(counted, tmp_path):
    from seqcnn.model.predict import predict_file

    folder, _, _ = counted
    predict_file(folder / "dataset.h5", [folder / "cnn/seed1/model.safetensors"], tmp_path / "p.tsv")
    assert (tmp_path / "p.tsv").read_bytes() == (folder / "cnn/seed1/predictions.tsv").read_bytes()


def test_a_finished_run_is_refused(counted, dataset):
    with pytest.raises(UsageError, match="holds a finished run"):
        fit_folder(dataset, fit_plan("fast"), counted[0])


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
    _record(monkeypatch, given)
    training.fit(table, "y", group="family", weights="w", replicates=["r1", "r2"], align="right", epochs=1)
    ((dataset, _, _),) = given
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
    _record(monkeypatch, given)
    training.fit(path, path, target="y", group="family", replicates=["r1", "r2"])
    assert (given[0][0].target_names, given[0][0].replicates.shape) == (["y"], (64, 1, 2))
    with pytest.raises(UsageError, match="target: names columns of a file"):
        training.fit(sequences, y, target="y")
    training.fit(path, path, replicates=["r1", "r2"])
    assert given[-1][0].target_names == ["mean of r1 and r2"]
    with pytest.raises(UsageError, match=r"of which target\? Expected {'y': \['r1', 'r2'\]}"):
        training.fit(path, path, target=["y", "r1"], replicates=["r1", "r2"])


def test_replicates_without_targets_have_their_mean_predicted(monkeypatch):
    sequences, y = planted(64)
    table = pd.DataFrame({"sequence": sequences, "r1": y, "r2": np.add(y, 1)})
    table.loc[0, "r2"] = np.nan
    given = []
    _record(monkeypatch, given)
    training.fit(table, replicates=["r1", "r2"])
    training.fit(sequences, replicates=table[["r1", "r2"]].to_numpy())
    expected = np.add(y, [0] + [0.5] * 63)
    for (dataset, _, _), name in zip(given, ("mean of r1 and r2", "target"), strict=True):
        assert (dataset.target_names, dataset.replicates.shape) == ([name], (64, 1, 2))
        np.testing.assert_allclose(dataset.targets[:, 0], expected, rtol=1e-6)
    named = [dataset.provenance.get("replicates") for dataset, _, _ in given]
    assert named == [{"mean of r1 and r2": ["r1", "r2"]}, None]


def test_rows_of_a_sequence_are_aggregated_by_the_column_of_replicates(monkeypatch):
    sequences, y = planted(64)
    table = pd.DataFrame({"sequence": np.repeat(sequences, 2), "rep": ["a", "b"] * 64})
    table["y"], table["family"] = np.repeat(y, 2) + [0, 1] * 64, np.repeat(np.arange(64) // 2, 2)
    given = []
    _record(monkeypatch, given)
    training.fit(table, "y", group="family", aggregate="mean", replicate_column="rep")
    ((dataset, _, _),) = given
    np.testing.assert_allclose(dataset.targets[:, 0], np.float32(y) + 0.5, atol=1e-6)
    assert list(dataset.ids) == [str(i) for i in range(64)]
    np.testing.assert_allclose(dataset.replicates[:, 0, 1] - dataset.replicates[:, 0, 0], 1, atol=1e-6)
    with pytest.raises(UsageError, match="targets: with `aggregate`, expected names of columns"):
        training.fit(table, y, aggregate="mean")
    with pytest.raises(UsageError, match="targets: None found; with `aggregate`, expected names of columns"):
        training.fit(table, replicates=["y"], aggregate="mean")
    with pytest.raises(UsageError, match="replicate_column needs aggregate mean, or median"):
        training.fit(table, "y", replicate_column="NOPE")
    with pytest.raises(TableError, match="aggregate: several columns 'y' found; rename all but one"):
        training.fit(pd.concat([table, table[["y"]]], axis=1), "y", aggregate="mean")
    training.fit(table.assign(z=[[1, 2]] * 128), "y", aggregate="mean")
    np.testing.assert_array_equal(given[-1][0].targets, dataset.targets)


def test_ids_of_both_files_are_cut_and_rows_aggregated(tmp_path, monkeypatch):
    sequences, y = planted(64)
    (tmp_path / "s.fa").write_text("".join(f">s{i}|x\n{s}\n" for i, s in enumerate(sequences)))
    rows = (f"s{i}\t{v:.3f}\ns{i}\t{v + 1:.3f}\n" for i, v in enumerate(y))
    (tmp_path / "t.tsv").write_text("id\ty\n" + "".join(rows))
    given = []
    _record(monkeypatch, given)
    training.fit(tmp_path / "s.fa", tmp_path / "t.tsv", id_until="pipe", aggregate="mean")
    ((dataset, _, _),) = given
    assert dataset.ids[:2] == ["s0", "s1"]
    np.testing.assert_allclose(dataset.targets[:, 0], np.float32(y) + 0.5, atol=1e-3)


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda table: table.assign(name=[f"oligo{i}" for i in range(64)]), ["oligo0", "oligo1"]),
        (lambda table: table.assign(id=range(100, 164), name="same"), ["100", "101"]),
        (lambda table: table.set_index(pd.Index([f"row{i}" for i in range(64)])), ["row0", "row1"]),
        (lambda table: table, ["0", "1"]),
        (lambda table: table.set_index(pd.Index([7] * 64)), ["1", "2"]),
    ],
)
def test_ids_of_a_frame_are_its_column_of_ids_or_its_index(change, first, monkeypatch):
    sequences, y = planted(64)
    given = []
    _record(monkeypatch, given)
    training.fit(change(pd.DataFrame({"sequence": sequences, "y": y})), "y")
    assert list(given[0][0].ids[:2]) == first


def test_a_fit_without_a_folder_returns_the_ensemble_of_the_preset(tiny, tmp_path, caplog):
    caplog.set_level("INFO", logger="seqcnn")
    sequences, y = planted(64)
    (tmp_path / "tiny.yaml").write_text(tiny(epochs=1).model_dump_json(exclude_none=True))
    configs = [str(tmp_path / "tiny.yaml")]
    model = seqcnn.fit(sequences, y, configs=configs, device="cpu", threads=1)
    assert (model.header.members, model.header.training["seeds"], model.path) == (3, [1, 2, 3], None)
    announced = next(message for message in caplog.messages if message.startswith("fit: "))
    assert announced.startswith("fit: tiny (seeds 1, 2, 3 and their ensemble); about ")
    alone = seqcnn.fit(sequences, y, configs=configs, seeds=(1,), device="cpu", threads=1)
    assert (alone.header.members, alone.header.training["seed"]) == (1, 1)


def test_a_fit_of_a_baseline_returns_a_model_that_predicts():
    sequences, y = planted(64)
    model = seqcnn.fit(sequences, y, configs=["ridge"], threads=1)
    assert (model.header.encoder, model.path) == ("ridge", None)
    assert "ridge, 341 coefficients" in repr(model)
    assert len(model.predict(sequences)) == 64
