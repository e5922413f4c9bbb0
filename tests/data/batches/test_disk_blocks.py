from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.cli import main
from seqcnn.data.batches.disk_blocks import BLOCKS_IN_MEMORY, BufferedRows, ShuffleBlocks
from seqcnn.data.batches.epoch_sampler import EpochSampler, Shard, derive_seed
from seqcnn.data.datamodule import SequenceDataModule, unstack
from seqcnn.data.dataset import load_dataset
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import TableError, UsageError
from seqcnn.io.hdf5 import StoredArray
from seqcnn.model.inference.trained_model import load_model


def letters(n, length, seed=1):
    drawn = np.random.default_rng(seed).integers(0, 4, (n, length))
    return ["".join(row) for row in np.array(list("ACGT"))[drawn]]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The file of a dataset of 1.2 MB of sequences, of which a tenth each validates and tests."""
    path = tmp_path_factory.mktemp("large") / "large.h5"
    n = 6000
    sequences = letters(n, 200)
    split = np.array(["train"] * 8 + ["val", "test"])[np.arange(n) % 10]
    y = [row.count("G") + row.count("C") for row in sequences]
    dataset_from_arrays(sequences, np.array(y, float), split=split).save(path)
    return path


@given(n=st.integers(1, 300), batch=st.integers(1, 9), per=st.integers(1, 4), held=st.integers(2, 9))
def test_every_row_comes_once_and_a_batch_lies_in_blocks_that_are_held_together(n, batch, per, held):
    blocks = ShuffleBlocks(batch * per, held)
    order = blocks.order(n, torch.Generator().manual_seed(1))
    assert sorted(order.tolist()) == list(range(n))
    source = np.arange(n, dtype=np.uint8)[:, None] % 251
    kept = BufferedRows(source, np.arange(n), blocks)
    reads = []
    read, kept._read = kept._read, lambda block: (reads.append(block), read(block))
    for numbers in order.split(batch):
        np.testing.assert_array_equal(kept[numbers.numpy()], source[numbers.numpy()])
    assert sorted(reads) == list(range(-(-n // blocks.size)))  # each once


def test_rows_are_shuffled_within_the_blocks_that_are_held():
    blocks = ShuffleBlocks(2, 2)
    order = blocks.order(8, torch.Generator().manual_seed(1)).view(2, 4)
    groups = [{number // 2 for number in group.tolist()} for group in order]
    assert [len(group) for group in groups] == [2, 2]
    assert 3 in groups[1]  # the last block, which may be smaller
    assert any(group.tolist() != sorted(group.tolist()) for group in order)


def test_rows_that_stay_in_memory_over_an_epoch_are_right_in_the_next_one():
    rows, blocks = np.arange(0, 40, 2), ShuffleBlocks(3, 4)
    source = np.arange(40, dtype=np.uint8)[:, None]
    kept = BufferedRows(source, rows, blocks)
    for epoch in range(20):
        for _, steps in EpochSampler(rows, 3, seed=derive_seed(1, 0, epoch), blocks=blocks):
            for batch in steps.numpy():
                assert kept[batch].ravel().tolist() == batch.tolist()


def test_batches_of_blocks_that_are_done_are_left_out_and_devices_share_the_rest():
    def batches(**changes):
        sampler = EpochSampler(
            np.arange(40), 4, seed=derive_seed(1, 0, 2), blocks=ShuffleBlocks(8, 2), **changes
        )
        return [batch.tolist() for _, steps in sampler for batch in steps]

    assert batches(done=3) == batches()[3:]
    shares = [batches(shard=Shard(rank, 2)) for rank in range(2)]
    assert sorted(chain(*chain(*shares))) == list(range(40))
    groups = [set(chain(*batch)) for batch in zip(*shares, strict=True)]
    assert all(len({number // 8 for number in group}) <= 2 for group in groups)


def test_blocks_are_whole_batches_that_fit_into_the_memory():
    assert ShuffleBlocks.fit_memory(1, 200, 32) == ShuffleBlocks(
        64, 78
    )  # 5,000 rows, 78 in each of 64 blocks
    assert ShuffleBlocks.fit_memory(1, 200, 2500) == ShuffleBlocks(2500, 2)
    assert BLOCKS_IN_MEMORY == 64
    with pytest.raises(UsageError, match=r"--memory 1MB: 5000 sequences of 200 bp; .* give 2MB or"):
        ShuffleBlocks.fit_memory(1, 200, 4000)


def test_sequences_that_are_larger_than_the_memory_stay_in_the_file(large):
    stored, whole = load_dataset(large, megabytes=1), load_dataset(large)
    assert isinstance(stored.rows.bases, StoredArray)
    assert isinstance(load_dataset(large, megabytes=2).rows.bases, np.ndarray)
    at = np.array([5999, 0, 17, 17, 4000])
    np.testing.assert_array_equal(stored.rows.bases[at], whole.rows.bases[at])
    np.testing.assert_array_equal(
        stored.rows.select(at).take(np.array([4, 2])).bases, whole.rows.bases[[4000, 17]]
    )
    np.testing.assert_array_equal(np.concatenate([*stored.rows.bases.blocks()]), whole.rows.bases)
    assert stored.rows.bases.shape == whole.rows.bases.shape
    assert stored.digest() == whole.digest()
    assert list(stored.ids) == whole.ids
    assert stored.ids[17:4000:9] == whole.ids[17:4000:9]
    assert (stored.ids[-1], len(stored.ids)) == (whole.ids[-1], 6000)


@pytest.mark.parametrize("steps_per_call", [1, 7])
def test_batches_from_disk_are_those_from_memory(large, steps_per_call):
    blocks, found = ShuffleBlocks(96, 5), []
    for dataset in (load_dataset(large, megabytes=1), load_dataset(large)):
        data = SequenceDataModule(dataset, batch_size=32, steps_per_call=steps_per_call, blocks=blocks)
        data.setup("fit")
        loaders = data.train_dataloader(), data.val_dataloader()
        found.append([data.encode(batch) for steps in chain(*loaders) for batch in unstack(steps)])
    assert len(found[0]) == 4800 // 32 + 2  # of validation: half of the 600 rows choose, 256 per batch
    for ours, theirs in zip(*found, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_a_file_that_changes_while_it_is_read_is_refused(large, tmp_path):
    path = tmp_path / "copy.h5"
    path.write_bytes(large.read_bytes())
    bases = load_dataset(path, megabytes=1).rows.bases
    bases[:5]
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(TableError, match=r"copy\.h5: changed while it was read"):
        bases[np.arange(6000)]


def test_a_network_learns_from_disk_and_says_so(large, tmp_path):
    config = tmp_path / "mlp.yaml"
    config.write_text("encoder: mlp\nargs: {hidden: [16]}\ntraining: {epochs: 2, batch_size: 64}\n")
    command = ["train", str(large), "--config", str(config), "--threads", "1", "--device", "cpu"]
    for name, more in (("disk", ["--memory", "1"]), ("again", ["--memory", "1"]), ("memory", [])):
        with pytest.raises(SystemExit, match="0"):
            main([*command, *more, "-o", str(tmp_path / f"{name}.safetensors")])
    disk, again, memory = (
        load_model(tmp_path / f"{name}.safetensors").header for name in ("disk", "again", "memory")
    )
    assert disk == again
    assert disk.training["shuffled_rows"] == 4992  # of 4,800: 78 blocks of 64
    assert "shuffled_rows" not in memory.training
    assert disk.metrics["test"]["target"]["pearson"] > 0.9 < memory.metrics["test"]["target"]["pearson"]
    assert (disk.training_sha256, disk.ood) == (memory.training_sha256, memory.ood)
