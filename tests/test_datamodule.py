from types import SimpleNamespace

import numpy as np
import pytest
import torch

from seqcnn.data.datamodule import Augmentation, EpochSampler, SequenceDataModule, steps_per_epoch
from seqcnn.data.onehot import expand

ROWS = np.arange(100, 137)


def batches(epoch=0, rank=0, world=1, seed=1):
    return list(EpochSampler(ROWS, 8, seed=seed, epoch=epoch, rank=rank, world=world))


def test_every_row_comes_once_an_epoch_in_an_order_of_seed_and_epoch():
    assert sorted(sum(batches(), [])) == ROWS.tolist()
    assert batches() == batches()
    assert batches(epoch=1) != batches() != batches(seed=2)
    assert [len(batch) for batch in batches()] == [8, 8, 8, 8, 5]
    assert len(batches()) == steps_per_epoch(37, 8)


def test_devices_share_the_rows_among_them():
    one, two = batches(rank=0, world=2), batches(rank=1, world=2)
    assert len(one) == len(two) == 3
    assert sorted(sum(one + two, [])) == ROWS.tolist()


def module(dataset, *, training, step=0, **changes):
    data = SequenceDataModule(dataset, seed=1, augmentation=Augmentation(**changes))
    data.setup("fit")
    data.trainer = SimpleNamespace(
        training=training, global_step=step, global_rank=0, current_epoch=0, world_size=1
    )
    return data


def test_sequences_targets_and_weights_stay_together(dataset):
    numbers = torch.tensor([5, 2, 60])
    x, y, w = module(dataset, training=False).on_after_batch_transfer(numbers, 0)
    assert torch.equal(x, expand(torch.tensor(dataset.rows.bases[[5, 2, 60]])))
    np.testing.assert_array_equal(y, dataset.targets[[5, 2, 60]])
    np.testing.assert_array_equal(w, dataset.weights[[5, 2, 60]])


@pytest.mark.parametrize("changes", [{"shift": 3}, {"reverse": True}, {"mutate": 0.2}])
def test_augmentation_is_a_function_of_the_step_and_only_for_training(changes, dataset):
    numbers = torch.arange(32)

    def drawn(step, *, training=True):
        return module(dataset, training=training, step=step, **changes).on_after_batch_transfer(numbers, 0)[0]

    plain = drawn(0, training=False)
    assert torch.equal(plain, expand(torch.tensor(dataset.rows.bases[:32])))
    assert torch.equal(drawn(7), drawn(7))
    assert not torch.equal(drawn(7), drawn(8))
    assert not torch.equal(drawn(7), plain)


def test_mutation_replaces_about_the_part_of_the_bases_that_was_asked_for(dataset):
    numbers = torch.arange(64)
    drawn = module(dataset, training=True, mutate=0.4).on_after_batch_transfer(numbers, 0)[0]
    plain = expand(torch.tensor(dataset.rows.bases))
    changed = (drawn != plain).any(1).float().mean()
    assert 0.25 < changed < 0.35  # 0.4 of the bases, a quarter of which draw their own letter again
