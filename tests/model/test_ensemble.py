"""Several models in one bundle."""

import numpy as np
import pytest
import torch

from seqcnn.cli import main
from seqcnn.config.arguments import resolved_args
from seqcnn.config.model import MAX_MEMBERS
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.encoders import ENCODERS
from seqcnn.encoders.cnn import CNNEncoder
from seqcnn.errors import BundleError, UsageError
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network.bundle import load_bundle, save_bundle
from seqcnn.model.train import train
from seqcnn.sequence.onehot import one_hot


@pytest.fixture(scope="module")
def seeds(tmp_path_factory, dataset, tiny, one_thread):
    """Return the paths of three models that differ in their seed only."""
    folder = tmp_path_factory.mktemp("seeds")
    paths = [folder / f"{seed}.safetensors" for seed in (1, 2, 3)]
    for seed, path in enumerate(paths, start=1):
        train(dataset, tiny(), path, seed=seed, machine=one_thread)
    return paths


@pytest.fixture(scope="module")
def united(seeds, dataset, tmp_path_factory):
    path = tmp_path_factory.mktemp("united") / "model.safetensors"
    ensemble(dataset, seeds, path)
    return path


def test_the_ensemble_predicts_the_mean_of_its_members_and_knows_their_spread(seeds, united, dataset):
    each = np.stack([load_model(path).predict_rows(dataset.rows) for path in seeds]).astype(float)
    found = load_model(united).predict_members(dataset.rows)
    assert found.mean == pytest.approx(each.mean(0), rel=1e-12)
    assert found.sd == pytest.approx(each.std(0, ddof=1), rel=1e-9)


def test_one_bundle_of_several_writes_the_bytes_that_several_bundles_write(seeds, united, dataset, tmp_path):
    dataset.save(tmp_path / "d.h5")
    members = [argument for path in seeds for argument in ("-m", str(path))]
    for name, models in (("one", ["-m", str(united)]), ("several", members)):
        with pytest.raises(SystemExit) as stop:
            main(["predict", f"{tmp_path}/d.h5", *models, "-o", f"{tmp_path}/{name}.tsv"])
        assert stop.value.code == 0
    assert (tmp_path / "one.tsv").read_bytes() == (tmp_path / "several.tsv").read_bytes()


def test_it_is_a_module_like_any_other_model(united):
    model = load_model(united)
    x = torch.stack([one_hot("ACGTA" * 6), one_hot("TGACTCA".ljust(30, "G"))])
    assert torch.allclose(
        model(x), torch.from_numpy(model.predict_array(["ACGTA" * 6, "TGACTCA".ljust(30, "G")]))
    )
    assert model.predict_array(x).shape == (2, 1)


def test_its_header_knows_seeds_scores_and_a_calibration_by_spread(united, dataset):
    header = load_model(united).header
    assert (header.members, header.training["seeds"]) == (3, [1, 2, 3])
    assert set(header.metrics) == {"val", "test"}
    calibration = header.calibration["target"]
    found = load_model(united).predict_members(dataset.rows.take(dataset.part("val")))
    assert calibration.scale_floor == pytest.approx(np.median(found.sd))
    errors = np.abs(dataset.targets[dataset.part("val")] - found.mean) / (calibration.scale_floor + found.sd)
    assert calibration.errors == pytest.approx(np.sort(errors[:, 0]).tolist())


def test_intervals_are_wider_where_the_members_disagree(united, dataset, tmp_path):
    dataset.save(tmp_path / "d.h5")
    with pytest.raises(SystemExit):
        main(
            ["predict", f"{tmp_path}/d.h5", "-m", str(united), "--interval", "0.5", "-o", f"{tmp_path}/p.tsv"]
        )
    rows = [line.split("\t") for line in (tmp_path / "p.tsv").read_text().splitlines()]
    assert rows[0] == ["id", "target", "target_sd", "target_low", "target_high", "out_of_distribution"]
    sd, low, high = np.array([[float(cell) for cell in row[2:5]] for row in rows[1:]]).T
    calibration = load_model(united).header.calibration["target"]
    width = (high - low) / 2 / (calibration.scale_floor + sd)  # 8 rows: rank ceil(9 * 0.5) = 5
    assert width == pytest.approx(np.full(len(sd), calibration.errors[4]), rel=1e-3)


def test_one_model_or_an_ensemble_of_ensembles_is_refused(seeds, united, dataset, tmp_path):
    with pytest.raises(UsageError, match="1 model given; expected at least two"):
        ensemble(dataset, seeds[:1], tmp_path / "m")
    with pytest.raises(BundleError, match="one of the models is an ensemble already"):
        ensemble(dataset, [united, seeds[0]], tmp_path / "m")


def test_the_same_model_twice_is_refused(seeds, dataset, tmp_path):
    with pytest.raises(UsageError, match="the same model was given twice"):
        ensemble(dataset, [seeds[0], seeds[1], seeds[0]], tmp_path / "m")


def test_models_that_differ_in_more_than_their_seed_are_refused(seeds, dataset, tiny, one_thread, tmp_path):
    train(dataset, tiny(args={"hidden": 4}), tmp_path / "other", machine=one_thread)
    with pytest.raises(BundleError, match=r"the models differ in `args`; expected seeds of one model"):
        ensemble(dataset, [seeds[0], tmp_path / "other"], tmp_path / "m")


def test_models_whose_configurations_state_the_same_arguments_in_other_words_are_joined(
    seeds, dataset, tiny, one_thread, tmp_path
):
    stated = load_model(seeds[0]).header.args
    assert stated == resolved_args("cnn", tiny().args)
    assert stated["dropout"] == ENCODERS["cnn"].__init__.__kwdefaults__["dropout"]
    other = train(dataset, tiny(args=stated), tmp_path / "other", seed=7, machine=one_thread)
    assert other.header.args == stated
    assert ensemble(dataset, [seeds[0], tmp_path / "other"], tmp_path / "m").header.args == stated


def test_a_bundle_that_lacks_arguments_with_defaults_is_opened_and_joined(
    dataset, tiny, one_thread, tmp_path
):
    """Bundles did not record the defaults of arguments that the configuration did not state."""
    seeds, config = [tmp_path / "1", tmp_path / "2"], tiny(args=CNNEncoder.EARLIER_DEFAULTS, epochs=1)
    for seed, path in enumerate(seeds):
        train(dataset, config, path, seed=seed, machine=one_thread)
    network, header = load_bundle(seeds[1])
    save_bundle(tmp_path / "old", network, header.model_copy(update={"args": tiny().args}))
    rows = dataset.rows
    assert np.array_equal(
        load_model(tmp_path / "old").predict_rows(rows), load_model(seeds[1]).predict_rows(rows)
    )
    joined = ensemble(dataset, [seeds[0], tmp_path / "old"], tmp_path / "m")
    assert joined.header.args == header.args


def test_a_model_of_other_training_rows_is_refused(seeds, dataset, tmp_path):
    other = dataset_from_arrays(
        ["ACGTA" * 6] * 20, np.arange(20.0), split=["train", "val"] * 8 + ["test"] * 4
    )
    with pytest.raises(BundleError, match="was not trained on the training rows of this dataset"):
        ensemble(other, seeds, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_too_many_models_are_refused_before_they_are_read(dataset, tmp_path):
    paths = [tmp_path / f"{i}.safetensors" for i in range(MAX_MEMBERS + 1)]
    message = f"ensemble: models: {MAX_MEMBERS + 1} found; an ensemble has at most {MAX_MEMBERS}"
    with pytest.raises(UsageError, match=message):
        ensemble(dataset, paths, tmp_path / "e.safetensors", threads=torch.get_num_threads())
