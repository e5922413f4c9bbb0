"""Scanning along a sequence gives what predicting window by window gives."""

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcnn.encoders.cnn import Activation, CNNEncoder, Pooling
from seqcnn.genome.track.scanner import Scanner, laid_out
from seqcnn.model.inference.shared_windows import SharedWindows
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.model.network.regressor import Ensemble, SequenceRegressor
from seqcnn.sequence.onehot import expand, pack
from seqcnn.sequence.window import Layout


def random_bases(n, seed=0):
    return np.random.default_rng(seed).choice(np.array([1, 2, 4, 8, 15], np.uint8), n, p=[0.24] * 4 + [0.04])


def network(length, seed, **args):
    torch.manual_seed(seed)
    regressor = SequenceRegressor(CNNEncoder(length, hidden=5, **args), 2)
    for module in regressor.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
            torch.nn.init.normal_(module.bias)
    regressor.target_scale.fill_(3)
    return regressor.eval()


shapes = st.fixed_dictionaries(
    {
        "kernel_sizes": st.tuples(st.integers(1, 8), st.integers(1, 6)),
        "pool_sizes": st.tuples(st.integers(1, 5), st.integers(1, 5)),
        "filters": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "batch_norm": st.booleans(),
        "activation": st.sampled_from(get_args(Activation)),
        "pooling": st.sampled_from(get_args(Pooling)),
        "rc_tied_filters": st.booleans(),
    }
)


@given(args=shapes, length=st.integers(20, 90), stride=st.integers(1, 7), seed=st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_shared_windows_predict_what_windows_one_by_one_do(args, length, stride, seed):
    regressor = network(length, seed, **args)
    shared = SharedWindows(regressor)
    if not shared.saving:
        return
    x = expand(torch.from_numpy(random_bases(2 * length + 9, seed)).unsqueeze(0))[0]
    starts = torch.arange(0, x.shape[1] - length + 1, stride)
    with torch.inference_mode():
        expected = regressor(torch.stack([x[:, s : s + length] for s in starts.tolist()]))
        found = shared.predict(shared.running(x), starts)
    scale = float(expected.abs().max())
    assert float((found - expected).abs().max()) <= 1e-6 * max(scale, 3)


def test_the_default_network_shares_the_middle_of_170_bp():
    # the last of 6 cells and the one before know the right end, the first knows the left one
    shared = SharedWindows(SequenceRegressor(CNNEncoder(170), 1))
    first, last = shared.layers
    assert (first.cells, first.left, first.right) == ((170, 43), (0, 2), (170, 41))
    assert (last.cells, last.left, last.right) == ((43, 6), (2, 1), (41, 4))
    assert shared.saving == 24


def test_a_window_shorter_than_what_the_layers_see_shares_nothing():
    assert SharedWindows(SequenceRegressor(CNNEncoder(30), 1)).saving == 0


@pytest.fixture
def wide(bundle):
    """Return a function that makes an untrained ensemble of two wide windows, with the header of a bundle."""
    header = load_model(bundle).header

    def make(length=120, **changes):
        layout = Layout(length=length)
        changed = {"layout": layout, "ood": None, "min_length": length}
        changed |= {"members": 2, "targets": ("a", "b"), "units": ("", ""), **changes}
        members = [network(length, seed, filters=(4, 4)) for seed in (1, 2)]
        return LoadedModel(Ensemble(members), header.model_copy(update=changed)).eval()

    return make


@pytest.mark.parametrize("stride", [1, 3])
def test_a_scanner_shares_and_changes_no_number(wide, stride):
    model, bases = wide(), random_bases(900)
    scanner = Scanner(model, 120, stride=stride, target=1)
    assert scanner.shared
    windows = np.lib.stride_tricks.sliding_window_view(bases, 120)[::stride]
    x = expand(torch.from_numpy(windows.copy()))
    expected = model(x)[:, 1].detach().numpy()
    assert np.abs(scanner.values(bases) - expected).max() <= 2e-6 * np.abs(expected).max()
    turned = model(x.flip(1, 2))[:, 1].detach().numpy()
    assert np.abs(scanner.reverse_strand_values(bases) - turned).max() <= 2e-6 * np.abs(turned).max()


def test_windows_that_hardly_overlap_are_predicted_one_by_one(wide):
    model, bases = wide(), random_bases(500)
    scanner = Scanner(model, 120, stride=100)
    assert not scanner.shared
    x = expand(torch.from_numpy(np.stack([bases[at : at + 120] for at in (0, 100, 200, 300)])))
    np.testing.assert_allclose(scanner.values(bases), model(x)[:, 0].detach().numpy(), rtol=1e-5)


def test_shorter_windows_stand_between_the_flanks(model):
    layout = Layout(length=12, align="right", flank5="GG", flank3="TTT")
    windows = np.array([[*pack("ACGTACGT")], [*pack("CCCCCCCC")]], np.uint8)
    expected = layout.rows([pack("ACGTACGT"), pack("CCCCCCCC")])
    found = laid_out(windows, layout)
    assert (found.bases == expected.bases).all()
    assert (found.start == expected.start).all()
    assert (found.insert_length == expected.insert_length).all()
