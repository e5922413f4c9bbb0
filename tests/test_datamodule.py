from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from seqcnn.data.datamodule import (
    Augmentation,
    EpochSampler,
    SequenceDataModule,
    derive_seed,
    steps_per_epoch,
)
from seqcnn.data.layout import slide
from seqcnn.data.onehot import expand

ROWS = np.arange(100, 137)


def batches(epoch=0, rank=0, world=1, seed=1):
    return list(EpochSampler(ROWS, 8, seed=seed, epoch=epoch, rank=rank, world=world))


def test_every_row_comes_once_an_epoch_in_an_order_of_seed_and_epoch():
    assert sorted(chain(*batches())) == ROWS.tolist()
    assert batches() == batches()
    assert batches(epoch=1) != batches() != batches(seed=2)
    assert [len(batch) for batch in batches()] == [8, 8, 8, 8, 5]
    assert len(batches()) == steps_per_epoch(37, 8)


def test_batches_that_are_done_are_left_out():
    rest = EpochSampler(ROWS, 8, seed=1, epoch=0, rank=0, world=1, done=3)
    assert list(rest) == batches()[3:]
    assert len(rest) == 2


def test_devices_share_the_rows_among_them():
    one, two = batches(rank=0, world=2), batches(rank=1, world=2)
    assert len(one) == len(two) == 3
    assert sorted(chain(*one, *two)) == ROWS.tolist()


def module(dataset, *, training, step=0, **changes):
    data = SequenceDataModule(dataset, seed=1, augmentation=Augmentation(**changes))
    data.setup("fit")
    data.trainer = SimpleNamespace(
        training=training, global_step=step, global_rank=0, current_epoch=0, world_size=1
    )
    return data


def test_sequences_targets_and_weights_stay_together(dataset):
    numbers = torch.tensor([5, 2, 60])
    x, y, w = module(dataset, training=False).on_after_batch_transfer((numbers,), 0)
    assert torch.equal(x, expand(torch.tensor(dataset.rows.bases[[5, 2, 60]])))
    np.testing.assert_array_equal(y, dataset.targets[[5, 2, 60]])
    np.testing.assert_array_equal(w, dataset.weights[[5, 2, 60]])


@pytest.mark.parametrize("changes", [{"shift": 3}, {"reverse": True}, {"mutate": 0.2}])
def test_augmentation_is_a_function_of_the_step_and_only_for_training(changes, dataset):
    numbers = torch.arange(32)

    def drawn(step, *, training=True):
        data = module(dataset, training=training, step=step, **changes)
        return data.on_after_batch_transfer((numbers,), 0)[0]

    plain = drawn(0, training=False)
    assert torch.equal(plain, expand(torch.tensor(dataset.rows.bases[:32])))
    assert torch.equal(drawn(7), drawn(7))
    assert not torch.equal(drawn(7), drawn(8))
    assert not torch.equal(drawn(7), plain)


def test_mutation_replaces_about_the_part_of_the_bases_that_was_asked_for(dataset):
    numbers = torch.arange(64)
    drawn = module(dataset, training=True, mutate=0.4).on_after_batch_transfer((numbers,), 0)[0]
    plain = expand(torch.tensor(dataset.rows.bases))
    changed = (drawn != plain).any(1).float().mean()
    assert 0.25 < changed < 0.35  # 0.4 of the bases, a quarter of which draw their own letter again


def test_a_device_without_a_row_of_the_last_batch_repeats_one():
    rows = np.arange(5)
    last = [list(EpochSampler(rows, 2, seed=1, epoch=0, rank=rank, world=2))[-1] for rank in range(2)]
    assert last[0] == last[1]
    assert len(last[0]) == 1


def numbers_of(loader):
    return [number for (batch,) in loader for number in batch.tolist()]


def test_loaders_give_the_rows_of_their_part(dataset):
    data = SequenceDataModule(dataset, batch_size=10, seed=3)
    data.setup("fit")
    for loader, part in ((data.train_dataloader(), "train"), (data.val_dataloader(), "val")):
        batches = [batch for (batch,) in loader]
        assert sorted(torch.cat(batches).tolist()) == dataset.part(part).tolist()
        assert len(batches) == len(loader)
    assert numbers_of(data.train_dataloader()) == numbers_of(data.train_dataloader())


def test_the_training_loader_follows_the_epoch(dataset):
    data = module(dataset, training=True)
    first = numbers_of(data.train_dataloader())
    data.trainer.current_epoch = 1
    second = numbers_of(data.train_dataloader())
    assert first != second
    assert sorted(first) == sorted(second)


def test_reverse_reads_about_half_of_the_inserts_from_the_other_strand(dataset):
    numbers = torch.arange(64)
    x = module(dataset, training=True, reverse=True).on_after_batch_transfer((numbers,), 0)[0]
    plain = expand(torch.tensor(dataset.rows.bases))
    turned = (x == plain.flip(1, 2)).all((1, 2))
    assert ((x == plain).all((1, 2)) | turned).all()
    assert 16 < turned.sum() < 48


def test_a_shift_moves_the_window_by_at_most_what_was_asked(dataset):
    x = module(dataset, training=True, shift=2).on_after_batch_transfer((torch.arange(64),), 0)[0]
    bases, start, size = (torch.tensor(getattr(dataset.rows, name)) for name in ("bases", "start", "size"))
    still, seen = torch.zeros(64, dtype=torch.bool), set()
    moved = {
        by: expand(slide(bases, start, size, shift=torch.full((64,), by), reverse=still, flanks=("", "")))
        for by in range(-2, 3)
    }
    for row in range(64):
        fitting = [by for by in moved if torch.equal(moved[by][row], x[row])]
        assert fitting
        seen.update(fitting)
    assert seen == {-2, -1, 0, 1, 2}


def test_devices_draw_different_augmentations(dataset):
    first, second = (module(dataset, training=True, mutate=0.3) for _ in range(2))
    second.trainer.global_rank = 1
    numbers = torch.arange(8)
    assert not torch.equal(
        first.on_after_batch_transfer((numbers,), 0)[0], second.on_after_batch_transfer((numbers,), 0)[0]
    )


def test_an_augmentation_of_nothing_is_false():
    assert not Augmentation()
    assert Augmentation(shift=1)
    assert Augmentation(mutate=0.1)


def test_seeds_derived_from_different_numbers_differ():
    numbers = [(1, 3), (1, 0, 1), (1, 0, 2), (1, 1, 1, 0), (1, 1, 1, 1), (2, 0, 1)]
    seeds = [derive_seed(*each) for each in numbers]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [derive_seed(*each) for each in numbers]
    assert all(0 <= seed < 2**63 for seed in seeds)
