import logging

import torch

from seqcnn.model.training.cuda_graphs import WARM_UP_STEPS, GraphedStep


def batch(*numbers):
    return {"numbers": torch.tensor(numbers)}


def run(batches, record):
    """Take steps; return what the step saw, and what was recorded when."""
    seen, recorded = [], []

    def recording(function):
        recorded.append(len(seen))
        return record(function)

    step = GraphedStep(lambda one: seen.append(one["numbers"].tolist()), recording)
    for one in batches:
        step(one)
    return seen, recorded


def test_every_batch_is_one_step_recorded_once_a_size():
    batches = [batch(k, k + 1) if k % 3 else batch(k) for k in range(20)]
    seen, recorded = run(batches, record=lambda function: function)
    assert seen == [one["numbers"].tolist() for one in batches]
    assert recorded == [5, 9]  # the fourth of two sequences, and of one
    assert WARM_UP_STEPS == 3


def test_what_is_recorded_reads_a_place_of_its_own():
    places, first = [], [batch(k) for k in range(6)]
    step = GraphedStep(lambda one: places.append(one["numbers"]), lambda function: function)
    for one in first:
        step(one)
    assert [place is places[3] for place in places] == [False] * 3 + [True] * 3
    assert places[3].tolist() == [5]
    assert first[3]["numbers"].tolist() == [3]


def test_a_step_that_cannot_be_recorded_is_run_as_it_stands(caplog):
    def refusing(function):
        raise RuntimeError("operation not permitted when stream is capturing")

    caplog.set_level(logging.WARNING)
    batches = [batch(k) for k in range(8)]
    seen, recorded = run(batches, refusing)
    assert seen == [[k] for k in range(8)]
    assert recorded == [3]
    assert caplog.text.count("steps are launched kernel by kernel") == 1
