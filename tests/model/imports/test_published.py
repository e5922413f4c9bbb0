"""Published models; they are not part of the repository."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.paths import ROOT

from seqcnn.api.model import load_model
from seqcnn.cli import main
from seqcnn.model.import_model import ImportRequest, import_model

MODELS = Path(os.environ.get("SEQCNN_MODELS") or ROOT / "../shared/models")


@pytest.fixture
def models():
    if not MODELS.is_dir():
        pytest.skip(f"no published models in {MODELS}; set SEQCNN_MODELS to a folder that has them")
    return MODELS


def test_optimus_5_prime_predicts_like_the_original(models, tmp_path, capsys):
    bundle = tmp_path / "optimus.safetensors"
    check = [str(models / "optimus5p.fa"), str(models / "optimus5p_expected.tsv")]
    model = str(models / "optimus5p_multioutput.h5")
    with pytest.raises(SystemExit) as stop:
        main(["import", model, "--targets", "a,b,c", "--check", *check, "-o", str(bundle)])
    assert stop.value.code == 0
    agreement = load_model(bundle).header.imported.check
    assert agreement.n == 40
    assert agreement.difference < 1e-5
    assert "40 predictions of the original differ by at most" in capsys.readouterr().err


def test_mpra_dragonn_predicts_like_its_layers_in_numpy(models, tmp_path):
    weights = models / "mpra_dragonn_conv.hdf5"
    request = ImportRequest([f"t{i}" for i in range(12)])
    model = import_model(models / "mpra_dragonn_conv.json", tmp_path / "m", request, weights=weights)
    x = np.eye(4)[np.random.default_rng(0).integers(0, 4, (5, 145))]
    y_hat = model.predict_array(x.transpose(0, 2, 1))
    expected = _dragonn(x, weights)
    np.testing.assert_allclose(y_hat, expected, atol=1e-5 * np.abs(expected).max())


def _dragonn(x, path):
    """Return the forward pass of the architecture, float64."""
    file = h5py.File(path)

    def array(layer, name):
        return np.float64(file[f"{layer}/{layer}/{name}:0"][()])

    for i in (1, 2, 3):
        conv, norm = f"conv1d_{i}", f"batch_normalization_{i}"
        windows = np.lib.stride_tricks.sliding_window_view(x, 5, axis=1)  # (N, L, C, 5)
        x = np.einsum("nlck,kcf->nlf", windows, array(conv, "kernel")) + array(conv, "bias")
        scale = array(norm, "gamma") / np.sqrt(array(norm, "moving_variance") + 0.001)
        x = (np.maximum(x, 0) - array(norm, "moving_mean")) * scale + array(norm, "beta")
    return x.reshape(len(x), -1) @ array("dense_1", "kernel") + array("dense_1", "bias")


def test_an_architecture_without_weights_asks_for_their_file(models, tmp_path):
    from seqcnn.errors import UsageError

    assert json.loads((models / "mpra_dragonn_conv.json").read_text())["keras_version"] == "2.2.4"
    with pytest.raises(UsageError, match="give their file with --weights"):
        import_model(models / "mpra_dragonn_conv.json", tmp_path / "m", ImportRequest(["y"]))
