from dataclasses import replace
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from seqcnn.data.batches.augmentation import Augmentation
from seqcnn.data.batches.epoch_sampler import EpochSampler, Shard, derive_seed, steps_per_epoch
from seqcnn.data.datamodule import SequenceDataModule, unstack
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.random_changes import RandomChanges
from seqcnn.sequence.window import slide

ROWS = np.arange(100, 137)


def steps(epoch=0, rank=0, world=1, seed=1, **more):
    return list(EpochSampler(ROWS, 8, seed=derive_seed(seed, 0, epoch), shard=Shard(rank, world), **more))


def batches(*args, **more):
    return [batch.tolist() for _, rows in steps(*args, **more) for batch in rows]


def test_every_row_comes_once_an_epoch_in_an_order_of_seed_and_epoch():
    assert sorted(chain(*batches())) == ROWS.tolist()
    assert batches() == batches()
    assert batches(epoch=1) != batches() != batches(seed=2)
    assert [len(batch) for batch in batches()] == [8, 8, 8, 8, 5]
    assert len(batches()) == steps_per_epoch(37, 8)


@pytest.mark.parametrize("done", range(6))
@pytest.mark.parametrize("steps_per_call", [1, 2, 3, 4, 9])
def test_steps_come_together_and_those_that_are_done_are_left_out(done, steps_per_call):
    assert batches(done=done, steps_per_call=steps_per_call) == batches()[done:]
    sizes = [len(rows) for _, rows in steps(done=done, steps_per_call=steps_per_call)]
    assert len(EpochSampler(ROWS, 8, seed=1, done=done, steps_per_call=steps_per_call)) == len(sizes)
    assert [first for first, _ in steps(done=done, steps_per_call=steps_per_call)] == [
        done + sum(sizes[:k]) for k in range(len(sizes))
    ]
    assert sum(sizes) == 5 - done
    assert all(size <= steps_per_call for size in sizes)


def test_a_last_batch_as_large_as_the_others_comes_with_them():
    sampler = EpochSampler(ROWS[:32], 8, seed=1, steps_per_call=4)
    assert [rows.shape for _, rows in sampler] == [(4, 8)]
    assert len(sampler) == 1


def test_devices_share_the_rows_among_them():
    one, two = batches(rank=0, world=2), batches(rank=1, world=2)
    assert len(one) == len(two) == 3
    assert sorted(chain(*one, *two)) == ROWS.tolist()


def module(dataset, *, step=0, rank=0, world=1, steps_per_call=1, **changes):
    data = SequenceDataModule(
        dataset, batch_size=8, seed=1, steps_per_call=steps_per_call, augmentation=Augmentation(**changes)
    )
    data.setup("fit")
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    data.trainer = SimpleNamespace(
        global_step=step, global_rank=rank, current_epoch=0, world_size=world, strategy=strategy
    )
    return data


def loaded(loader):
    return [batch for stacked in loader for batch in unstack(stacked)]


def changed(data):
    """Return the training sequences of an epoch as they are seen, and as they are, one-hot."""
    batches = loaded(data.train_dataloader())
    seen = torch.cat([data.encode(batch)[0] for batch in batches])
    return seen, torch.cat([data.encode({"numbers": batch["numbers"]})[0] for batch in batches])


def test_sequences_targets_and_weights_stay_together(dataset):
    x, y, w = module(dataset).encode({"numbers": torch.tensor([5, 2, 60])})
    assert torch.equal(x, expand(torch.tensor(dataset.rows.bases[[5, 2, 60]])))
    np.testing.assert_array_equal(y, dataset.targets[[5, 2, 60]])
    np.testing.assert_array_equal(w, dataset.weights[[5, 2, 60]])


@pytest.mark.parametrize(
    "changes", [{"max_shift": 3}, {"reverse": True}, {"mutation_rate": 0.2}, {"changes": RandomChanges()}]
)
def test_augmentation_is_a_function_of_the_step_and_only_for_training(changes, dataset):
    def drawn(step, steps_per_call=1):
        found = loaded(
            module(dataset, step=step, steps_per_call=steps_per_call, **changes).train_dataloader()
        )
        return [{name: column.tolist() for name, column in batch.items()} for batch in found]

    assert drawn(0, steps_per_call=4) == drawn(0)
    assert drawn(2) == drawn(0)[2:]
    first, second = drawn(0)[:2]
    assert first != second
    seen, plain = changed(module(dataset, **changes))
    assert not torch.equal(seen, plain)
    assert all(batch.keys() == {"numbers"} for batch in module(dataset, **changes).val_dataloader())


def test_mutation_replaces_about_the_part_of_the_bases_that_was_asked_for(dataset):
    drawn, plain = changed(module(dataset, mutation_rate=0.4))
    assert (
        0.25 < (drawn != plain).any(1).float().mean() < 0.35
    )  # 0.4 of the bases, a quarter of which draw their own letter again


def test_a_device_without_a_row_of_the_last_batch_repeats_one():
    rows = np.arange(5)
    last = [list(EpochSampler(rows, 2, seed=1, shard=Shard(rank, 2)))[-1] for rank in range(2)]
    assert last[0][0] == last[1][0] == 1
    assert last[0][1].tolist() == last[1][1].tolist()
    assert last[0][1].shape == (1, 1)


def numbers_of(loader):
    return [number for batch in loaded(loader) for number in batch["numbers"].tolist()]


def test_loaders_give_the_rows_of_their_part(dataset):
    data = SequenceDataModule(dataset, batch_size=10, seed=3)
    data.setup("fit")
    for loader, part in ((data.train_dataloader(), "train"), (data.val_dataloader(), "val")):
        assert sorted(numbers_of(loader)) == dataset.part(part).tolist()
        assert len(list(loader)) == len(loader)
    assert numbers_of(data.train_dataloader()) == numbers_of(data.train_dataloader())


def test_the_training_loader_follows_the_epoch(dataset):
    data = module(dataset)
    first = numbers_of(data.train_dataloader())
    data.trainer.current_epoch, data.trainer.global_step = 1, len(data.train_dataloader())
    second = numbers_of(data.train_dataloader())
    assert first != second
    assert sorted(first) == sorted(second)


def test_reverse_reads_about_half_of_the_inserts_from_the_other_strand(dataset):
    x, plain = changed(module(dataset, reverse=True))
    turned = (x == plain.flip(1, 2)).all((1, 2))
    assert ((x == plain).all((1, 2)) | turned).all()
    assert len(x) / 4 < turned.sum() < 3 * len(x) / 4


def test_a_shift_moves_the_window_by_at_most_what_was_asked(dataset):
    data = module(dataset, max_shift=2)
    x, _ = changed(data)
    at = numbers_of(data.train_dataloader())
    bases, start, size = (
        torch.tensor(getattr(dataset.rows, name)[at]) for name in ("bases", "start", "insert_length")
    )
    still, seen = torch.zeros(len(x), dtype=torch.bool), set()
    moved = {
        by: expand(slide(bases, start, size, shift=torch.full((len(x),), by), reverse=still, flanks=("", "")))
        for by in range(-2, 3)
    }
    for row in range(len(x)):
        fitting = [by for by in moved if torch.equal(moved[by][row], x[row])]
        assert fitting
        seen.update(fitting)
    assert seen == {-2, -1, 0, 1, 2}


def test_devices_draw_different_augmentations(dataset):
    letters = []
    for rank in range(2):
        data = module(dataset, rank=rank, world=2, mutation_rate=0.3)
        letters.append(loaded(data.train_dataloader())[0]["letters"].tolist())
    assert letters[0] != letters[1]


def test_an_augmentation_of_nothing_is_false():
    assert not Augmentation()
    assert Augmentation(max_shift=1)
    assert Augmentation(mutation_rate=0.1)
    assert Augmentation(changes=RandomChanges())


ALL = {"max_shift": 3, "mutation_rate": 0.2, "changes": RandomChanges()}


def test_a_clean_epoch_shows_the_sequences_as_they_are_in_the_same_columns(dataset):
    data = module(dataset, **ALL, first_clean_epoch=1)
    first = loaded(data.train_dataloader())
    data.trainer.current_epoch, data.trainer.global_step = 1, len(first)
    batches = loaded(data.train_dataloader())
    assert [(*batch,) for batch in batches] == [(*batch,) for batch in first]
    seen, plain = changed(data)
    assert torch.equal(seen, plain)
    data.trainer.current_epoch = data.trainer.global_step = 0
    seen, plain = changed(data)
    assert not (seen == plain).all((1, 2)).any()


def test_a_clean_epoch_reads_half_of_the_inserts_from_the_other_strand(dataset):
    x, plain = changed(module(dataset, **ALL, reverse=True, first_clean_epoch=0))
    turned = (x == plain.flip(1, 2)).all((1, 2))
    assert ((x == plain).all((1, 2)) | turned).all()
    assert len(x) / 4 < turned.sum() < 3 * len(x) / 4


@pytest.mark.parametrize(("align", "kept"), [("left", 0), ("right", -1)])
def test_the_end_to_which_inserts_are_aligned_stays_in_place(dataset, align, kept):
    aligned = replace(dataset, layout=replace(dataset.layout, align=align))
    changes = RandomChanges(("deletion", "insertion"), max_count=1)
    seen, plain = changed(module(aligned, changes=changes))
    same = (seen == plain).all(1).float().mean(0)  # by position
    assert same[kept] > 0.9
    assert same[-1 - kept] < 0.7


def test_seeds_derived_from_different_numbers_differ():
    numbers = [(1, 3), (1, 0, 1), (1, 0, 2), (1, 1, 1, 0), (1, 1, 1, 1), (2, 0, 1)]
    seeds = [derive_seed(*each) for each in numbers]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [derive_seed(*each) for each in numbers]
    assert all(0 <= seed < 2**63 for seed in seeds)
