import pickle

import numpy as np
import pytest
import torch
from torch import nn

import seqcnn
from seqcnn.errors import UsageError
from seqcnn.sequence.onehot import one_hot

SEQUENCES = ["ACGTA" * 4, "TTGCA" * 4, "GGGGG" * 4]


class Mean(nn.Module):
    """Share of each base, (N, 4); a module without weights."""

    def forward(self, x):
        return x.mean(2)


@pytest.fixture
def module():
    torch.manual_seed(10)  # no prediction is near 0, where rounding is a large fraction
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(80, 2))


def test_a_wrapped_module_predicts_its_own_numbers(module):
    model = seqcnn.wrap(module, length=20, targets=["a", "b"], units={"b": "log2"})
    x = torch.stack([one_hot(s) for s in SEQUENCES])
    table = model.predict(SEQUENCES)
    np.testing.assert_allclose(table.to_numpy(), module.eval()(x).detach().numpy(), rtol=1e-6)
    assert table.columns.tolist() == ["a", "b"]
    assert (model.header.encoder, model.header.units) == ("wrapped", ("", "log2"))
    assert torch.equal(model(x), module(x))


def test_a_module_without_weights_and_one_of_doubles_are_wrapped(module):
    shares = seqcnn.wrap(Mean(), length=20, targets=list("ACGT"), strand="double").predict(SEQUENCES[2:])
    assert shares.to_numpy().tolist() == [[0, 0.5, 0.5, 0]]
    model = seqcnn.wrap(module.double(), length=20, targets=["a", "b"])
    expected = module(torch.stack([one_hot(s) for s in SEQUENCES]).double()).detach().numpy()
    np.testing.assert_allclose(model.predict(SEQUENCES).to_numpy(), expected, rtol=1e-6)


def test_a_wrapped_module_is_explained_and_designs(module):
    model = seqcnn.wrap(module, length=20, targets=["a", "b"])
    assert len(model.saturate(SEQUENCES[:1], target="b")) == 60
    assert model.attribute(SEQUENCES).by_position.shape == (3, 20)
    assert len(model.design(SEQUENCES, number=1, max_edits=2)) == 1


def test_one_target_may_come_without_an_axis(module):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(80, 1), nn.Flatten(0))
    assert seqcnn.wrap(flat, length=20, targets="y").predict(SEQUENCES).shape == (3, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": 21}, r"wrap: the module does not take \(3, 4, 21\): 'mat1 and mat2 .*see `length`"),
        ({"targets": ["a"]}, r"returns \(3, 2\) for 3 sequences; expected \(3, 1\)"),
        ({"targets": ["a", "a"]}, "several targets are named 'a'"),
        ({"targets": ["id", "a"]}, "rename the target"),
        ({"units": {"c": "log2"}}, "'c' is not a target"),
        ({"length": 0}, "wrap: length: '0'"),
        ({"module": 5}, "wrap: module: '5'"),
        ({"module": nn.LSTM(20, 2, batch_first=True)}, "returns tuple for 3 sequences"),
    ],
)
def test_what_does_not_fit_is_refused(module, changes, message):
    with pytest.raises(UsageError, match=message):
        seqcnn.wrap(**{"module": module, "length": 20, "targets": ["a", "b"]} | changes)


def test_a_wrapped_module_has_no_bundle_and_no_intervals(module, tmp_path):
    model = seqcnn.wrap(module, length=20, targets=["a", "b"])
    for write in (model.save, model.export):
        with pytest.raises(UsageError, match="a wrapped module has no bundle; save the module itself"):
            write(tmp_path / "m.onnx")
    with pytest.raises(UsageError, match="no interval: the model was wrapped"):
        model.predict(SEQUENCES, interval=0.9)


def test_a_wrapped_module_is_pickled(module):
    model = seqcnn.wrap(module, length=20, targets=["a", "b"])
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(SEQUENCES).equals(model.predict(SEQUENCES))
