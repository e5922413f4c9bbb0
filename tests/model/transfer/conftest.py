from dataclasses import replace

import numpy as np
import pytest
from support.planted import planted, split_of

from seqcnn.config.model import Pretrained
from seqcnn.data.from_arrays import dataset_from_arrays


@pytest.fixture(scope="session")
def other():
    """64 other oligos of 30 bp with the same target, on another scale."""
    sequences, y = planted(seed=7)
    return dataset_from_arrays(sequences, 3 * np.array(y) + 5, split=split_of(len(y)))


@pytest.fixture(scope="session")
def other_target(other):
    """The other oligos, with a target of another name."""
    return replace(other, target_names=["x"])


@pytest.fixture
def start(bundle):
    """Return a function that makes the `pretrained` section of the tiny trained model."""
    return lambda **options: Pretrained(model=bundle, **options)
