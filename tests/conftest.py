import logging

import pytest
from support.planted import planted, split_of


@pytest.fixture(scope="session")
def dataset():
    """64 oligos of 30 bp with a planted motif, one target, 48 rows of training."""
    from seqcnn.data.from_arrays import dataset_from_arrays

    sequences, y = planted()
    return dataset_from_arrays(sequences, y, split=split_of(len(y)))


@pytest.fixture(scope="session")
def tiny():
    """Return a function that makes the config of a CNN of a few hundred parameters."""
    from seqcnn.config.model import ModelConfig

    def config(encoder="cnn", args=None, **training):
        if encoder == "cnn":
            args = {"filters": [8, 4], "kernel_sizes": [7, 3], "hidden": 8, **(args or {})}
        plan = {"epochs": 3, "batch_size": 16, "lr": 0.01, **training}
        return ModelConfig.model_validate({"encoder": encoder, "args": args or {}, "training": plan})

    return config


@pytest.fixture(scope="session")
def one_thread():
    """Return a machine on which results do not depend on the number of cores."""
    from seqcnn.model.training.trainer import Machine

    return Machine("cpu", threads=1)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory, dataset, tiny, one_thread):
    """Return the path of a tiny trained model; do not change it."""
    from seqcnn.model.train import train

    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    train(dataset, tiny(), path, machine=one_thread)
    return path


@pytest.fixture
def model(bundle):
    """Return the tiny trained model, loaded anew."""
    from seqcnn.model.inference.trained_model import load_model

    return load_model(bundle)


@pytest.fixture(autouse=True)
def messages_reach_pytest():
    """Undo what an earlier command did to the package's logger."""
    logger = logging.getLogger("seqcnn")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)
