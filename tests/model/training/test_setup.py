"""Preparation of a training: how its devices share the rows of a step."""

import pytest

from seqcnn.errors import ConfigError
from seqcnn.model.training.setup import prepare_training
from seqcnn.model.training.trainer import Machine


def test_devices_share_the_batch_size_and_need_no_more_steps(dataset, tiny):
    one, two = (
        prepare_training(dataset, tiny(batch_size=16), 1, Machine("cpu", devices, 1), teachers=())
        for devices in (1, 2)
    )
    assert (one.batch_size, two.batch_size) == (16, 8)
    assert one.steps == two.steps == 3 * 3


def test_a_batch_size_that_the_devices_cannot_share_is_refused(dataset, tiny):
    with pytest.raises(ConfigError, match="batch_size 16 is not a multiple of the 3 devices that share it"):
        prepare_training(dataset, tiny(batch_size=16), 1, Machine("cpu", 3, 1), teachers=())
