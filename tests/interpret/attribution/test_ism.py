from typing import get_args

import numpy as np
import pytest
from support.networks import sequences, untrained

from seqcnn.encoders.cnn import Activation
from seqcnn.interpret.attribution.ism import ism
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.strands import reverse_complement, unreverse
from seqcnn.sequence.window import Layout

CNNS = [
    {"length": 30, "filters": [5, 3], "kernel_sizes": [7, 3], "pool_sizes": [3, 2], "hidden": 4},
    {"length": 170},
    {"length": 41, "filters": [4, 6], "kernel_sizes": [4, 8], "pool_sizes": [1, 5], "hidden": 5},
    {"length": 9, "filters": [3, 3], "kernel_sizes": [11, 5], "pool_sizes": [4, 8], "hidden": 3},
    {
        "length": 64,
        "filters": [2, 7],
        "kernel_sizes": [1, 2],
        "pool_sizes": [16, 1],
        "hidden": 3,
        "batch_norm": False,
    },
    {
        "length": 101,
        "filters": [8, 8],
        "kernel_sizes": [19, 9],
        "pool_sizes": [2, 3],
        "hidden": 6,
        "batch_norm": False,
    },
    {"length": 100, "filters": [5, 4], "pool_sizes": [4, 8], "pooling": "mean", "hidden": 3},
    {"length": 9, "filters": [3, 3], "kernel_sizes": [11, 5], "pool_sizes": [4, 8], "pooling": "mean"},
]


def of_every_mutant(model, rows, target):
    """Predict every mutant with `predict_rows` alone: one batch per sequence, of 4 bases at each position."""
    expected = np.repeat(model.predict_rows(rows)[:, target, None], 4 * rows.bases.shape[1], axis=1)
    expected = expected.reshape(len(rows), 4, -1)
    for n in range(len(rows)):
        start, length = rows.start[n], rows.insert_length[n]
        mutants = rows.take(np.full(4 * length, n))
        base, offset = np.divmod(np.arange(4 * length), length)
        mutants.bases[np.arange(4 * length), start + offset] = 1 << base
        predicted = model.predict_rows(mutants)[:, target]
        expected[n, :, start : start + length] = predicted.reshape(4, length)
    return expected


def assert_exact(model, rows, target=1):
    """Within a millionth of the target's SD, the unit in which the network computes in float32."""
    expected = of_every_mutant(model, rows, target)
    buffers = dict(model.regressor.named_buffers())
    scale = max(buffers[name][target].item() for name in buffers if name.endswith("target_scale"))
    assert np.abs(ism(model, rows, target=target) - expected).max() <= 1e-6 * scale


@pytest.mark.parametrize("rc_tied_filters", [False, True])
@pytest.mark.parametrize("activation", get_args(Activation))
@pytest.mark.parametrize("args", CNNS)
def test_ism_of_the_cnn_is_that_of_every_mutant(args, activation, rc_tied_filters):
    model = untrained(**args, activation=activation, rc_tied_filters=rc_tied_filters)
    assert_exact(model, model.header.layout.rows(sequences(2, args["length"])))


@pytest.mark.parametrize("activation", get_args(Activation))
@pytest.mark.parametrize("seed", range(3))
def test_ism_is_exact_over_random_shapes(seed, activation):
    rng = np.random.default_rng(seed)
    length = int(rng.integers(5, 60))
    pairs = {
        name: rng.integers(1, high, 2).tolist() for name, high in (("kernel_sizes", 14), ("pool_sizes", 7))
    }
    pairs |= {"filters": rng.integers(1, 9, 2).tolist(), "rc_tied_filters": bool(seed % 2)}
    pairs |= {"pooling": rng.choice(["max", "mean"]).item()}
    model = untrained(length=length, seed=seed, hidden=3, activation=activation, **pairs)
    assert_exact(model, model.header.layout.rows(sequences(2, length, seed=seed)))


@pytest.mark.parametrize("encoder", ["mlp", "rnn", "transformer"])
def test_ism_of_other_encoders_predicts_every_mutant(encoder):
    model = untrained(encoder, length=12)
    assert_exact(model, model.header.layout.rows(sequences(2, 12)))


@pytest.mark.parametrize("encoder", ["cnn", "mlp"])
def test_ism_honours_strands_members_links_flanks_and_ambiguous_bases(encoder):
    layout = Layout(24, align="center", flank5="ACGTTG", flank3="TNGA")
    fields = {"members": 2, "link": "log", "predicts_noise": True, "strand": "double"}
    model = untrained(encoder, layout=layout, **fields)
    assert_exact(model, layout.rows(sequences(3, 20, shortest=12, letters="ACGTNR")))


def test_ism_outside_the_insert_is_the_prediction_of_the_sequence():
    layout = Layout(20, flank3="ACGTACGT")
    model = untrained(layout=layout, hidden=4)
    rows = layout.rows([pack("ACGTACGTAC")])
    found, reference = ism(model, rows), model.predict_rows(rows)[0, 0]
    assert (found[0, :, 10:] == reference).all()
    assert found[0, 0, 0] == found[0, 1, 1] == reference
    assert (found[0, 1:, 0] != reference).all()


def test_ism_of_no_sequences_is_empty():
    model = untrained(length=12)
    assert ism(model, model.header.layout.rows([])).shape == (0, 4, 12)


def test_turned_rows_reverse_complement_the_insert_only():
    layout = Layout(8, flank3="GGG")
    rows = layout.rows([pack("AACGT"), pack("AAAC")])
    assert reverse_complement(rows).bases.tolist() == [
        [*pack("ACGTTGGG")],
        [*pack("GTTTGGG"), 0],
    ]


def test_values_of_the_other_strand_come_back_to_their_bases():
    rows = Layout(4, flank3="G").rows([pack("AC")])
    values = np.arange(16.0).reshape(1, 4, 4)
    back = unreverse(values, rows)
    assert back[0, 0].tolist() == [13, 12, 2, 3]  # A at 0 is the other strand's T at 1
    assert back[0, 3].tolist() == [1, 0, 14, 15]
