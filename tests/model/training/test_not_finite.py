"""A NaN or infinity that arises in training stops it, and never reaches a checkpoint or a bundle."""

import re

import pytest
import torch

from seqcnn.model.train import train
from seqcnn.model.training import callbacks
from seqcnn.model.training.losses import TrainingDiverged
from seqcnn.model.training.step import RegressorTraining

BAD = (float("nan"), float("inf"))


def _loss(self, value):
    found = self.loss
    self.loss = lambda batch, sd=None: found(batch) * value


def _gradient(self, value):
    self.on_after_backward = lambda: self.model.head.weight.grad[0].fill_(value)


def _weight(self, value):
    with torch.no_grad():
        next(self.model.head.parameters())[0] = value


def _tensors(state, name=""):
    """Yield every tensor of a checkpoint with its place."""
    if isinstance(state, torch.Tensor):
        yield name, state
    parts = enumerate(state) if isinstance(state, list) else state.items() if isinstance(state, dict) else ()
    for key, value in parts:
        yield from _tensors(value, f"{name}/{key}")


@pytest.mark.parametrize("step", [0, 2, 3, 7, 8])  # three steps an epoch
@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("inject", [_loss, _gradient, _weight])
def test_training_stops_at_the_step_and_keeps_the_last_finite_checkpoint(
    dataset, tiny, one_thread, tmp_path, monkeypatch, inject, value, step
):
    found = RegressorTraining.seed_dropout

    def broken(self):
        found(self)
        if self.global_step == step:
            inject(self, value)

    monkeypatch.setattr(RegressorTraining, "seed_dropout", broken)
    monkeypatch.setattr(callbacks, "CHECKPOINT_SECONDS", 0)
    with pytest.raises(TrainingDiverged) as caught:
        train(dataset, tiny(), tmp_path / "m", machine=one_thread)
    where = rf"is NaN or infinite at epoch {step // 3 + 1}, step {step + 1}, learning rate \d"
    assert re.search(where, str(caught.value))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "m").exists()
    checkpoint = tmp_path / "m.state" / "last.ckpt"
    assert checkpoint.exists() == (step >= 3)
    if step >= 3:
        state = torch.load(checkpoint, weights_only=True)
        assert state["global_step"] == step // 3 * 3
        bad = [name for name, tensor in _tensors(state) if not torch.isfinite(tensor).all()]
        assert [name for name in bad if not name.endswith("/kth_value")] == []  # Lightning's, of no metric
