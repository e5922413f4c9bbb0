"""Epistasis of every pair of changes, against plain predictions."""

import numpy as np
import pytest
from support.networks import sequences, untrained

from seqcnn.interpret.attribution.fast_ism import MutantNetwork
from seqcnn.interpret.dependency.epistasis import epistasis
from seqcnn.model.inference.batches import predict_members
from seqcnn.sequence.onehot import PACKED_BASES, pack
from seqcnn.sequence.window import Layout

CNNS = [
    {"length": 30, "filters": [5, 3], "kernel_sizes": [7, 3], "pool_sizes": [3, 2]},
    {"length": 30, "filters": [5, 3], "kernel_sizes": [7, 3], "pool_sizes": [3, 2], "pooling": "max"},
    {"length": 41, "filters": [4, 6], "kernel_sizes": [4, 8], "pool_sizes": [1, 5], "pooling": "max"},
    {"length": 9, "filters": [3, 3], "kernel_sizes": [11, 5], "pool_sizes": [4, 8]},
    {"length": 40, "filters": [2, 7], "kernel_sizes": [1, 2], "pool_sizes": [16, 1], "batch_norm": False},
    {"length": 44, "filters": [4, 4], "kernel_sizes": [3, 3], "pool_sizes": [2, 2]},
]


def of_every_pair(model, row, positions, target):
    """Predict the sequence with each two bases at each two positions; sum up the definition."""
    size, start = len(positions), positions.start
    members = model.header.members

    def predicted(edits):
        rows = row.take(np.zeros(len(edits), int))
        for bases, edit in zip(rows.bases, edits, strict=True):
            for position, base in edit:
                bases[start + position] = PACKED_BASES[base]
        y = predict_members(model.network, model.header, rows, flag_ood=False).members[:, :, target]
        return y.astype(float)

    single = predicted([[(i, a)] for i in range(size) for a in range(4)]).reshape(members, size, 4)
    reference = predicted([[]])[:, 0]
    values = np.zeros((members, size, 4, size, 4))
    for i in range(size):
        later = range(i + 1, size)
        edits = [[(i, a), (j, b)] for a in range(4) for j in later for b in range(4)]
        both = predicted(edits).reshape(members, 4, len(later), 4)
        alone = single[:, i, :, None, None] + single[:, None, i + 1 :]
        values[:, i, :, i + 1 :] = both - alone + reference[:, None, None, None]
    return values


def assert_exact(model, row, positions=None, target=1):
    """Return the largest epistasis, in SDs of the target."""
    start, length = int(row.start[0]), int(row.insert_length[0])
    positions = positions or range(start, start + length)
    done = []
    values = epistasis(model, row, positions, target=target, report=done.append)
    expected = of_every_pair(model, row, positions, target)
    buffers = dict(model.regressor.named_buffers())
    scale = max(buffers[name][target].item() for name in buffers if name.endswith("target_scale"))
    assert values.shape == expected.shape
    assert np.abs(values - expected).max() <= 4e-6 * scale
    assert sum(done) == len(positions)
    return np.abs(values).max() / scale


@pytest.mark.parametrize("args", CNNS, ids=lambda args: str(args["length"]))
@pytest.mark.parametrize("activation", ["relu", "exponential"])
def test_epistasis_of_the_cnn_is_that_of_every_double_mutant(args, activation):
    model = untrained(**args, activation=activation)
    assert assert_exact(model, model.header.layout.rows(sequences(1, args["length"]))) > 1e-4


@pytest.mark.parametrize("encoder", ["mlp", "rnn", "transformer"])
def test_epistasis_of_other_encoders_is_that_of_every_double_mutant(encoder):
    model = untrained(encoder, length=12)
    assert_exact(model, model.header.layout.rows(sequences(1, 12)), range(3, 7))


@pytest.mark.parametrize("encoder", ["cnn", "mlp"])
def test_epistasis_honours_strands_members_links_flanks_and_ambiguous_bases(encoder):
    layout = Layout(24, align="center", flank5="ACGTTG", flank3="TNGA")
    fields = {"members": 2, "link": "log", "predicts_noise": True, "strand": "double"}
    model = untrained(encoder, layout=layout, **fields)
    assert_exact(model, layout.rows([pack("ACGTNACGTRAC")]))


def test_epistasis_of_some_positions_is_a_part_of_that_of_all():
    model = untrained(length=40, strand="double")
    row = model.header.layout.rows(sequences(1, 40))
    every = epistasis(model, row, range(40), target=0, report=print)
    some = epistasis(model, row, range(5, 19), target=0, report=print)
    assert np.abs(some - every[:, 5:19, :, 5:19]).max() < 1e-6


def test_only_bases_that_change_and_later_positions_have_epistasis():
    model = untrained(length=30)
    row = model.header.layout.rows([pack("ACGT" * 7 + "AC")])
    values = epistasis(model, row, range(30), target=0, report=print)[0]
    assert not np.triu(np.abs(values).max((1, 3)).T).any()  # i >= j
    assert not any(values[i, i % 4].any() or values[:, :, i, i % 4].any() for i in range(30))


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_the_reach_of_a_position_is_that_of_the_kernels_and_pools(pooling):
    sizes = {"kernel_sizes": [11, 9], "pool_sizes": [4, 8]}
    network = MutantNetwork(untrained(length=170, pooling=pooling, **sizes).regressor.members[0], 0)
    # base 64 changes outputs 59 to 69, which are in pools 14 to 17; these change outputs 10 to 21
    assert network.reach(64) == {"mean": 108, "max": 116}[pooling]
