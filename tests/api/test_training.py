"""The Python API: what `fit` reads, and that importing seqcnn is cheap."""

from collections import Counter

import pytest

import seqcnn
from seqcnn.api.training import BASELINES, fit_folder
from seqcnn.config.model import ModelConfig
from seqcnn.errors import UsageError
from seqcnn.report.report import render
from seqcnn.report.run.collect import collect


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
    with pytest.raises(UsageError, match="expected an encoder, found the baseline ridge"):
        fit_folder(dataset, ModelConfig(baseline="ridge"), tmp_path)


def test_the_public_names_are_loaded_on_first_use(counted):
    assert {*dir(seqcnn)} >= {"fit", "load_model", "Model", "one_hot", "__version__"}
    assert isinstance(seqcnn.load_model(counted[2].path), seqcnn.Model)
    with pytest.raises(AttributeError, match="nothing"):
        seqcnn.nothing  # noqa: B018
