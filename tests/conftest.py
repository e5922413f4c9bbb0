import logging
import random
import signal

import pytest

MOTIF = "TGACTCA"
LENGTH = 30


def planted(n=64, length=LENGTH, seed=0):
    """Random oligos, every other one with `MOTIF` somewhere, and their measurements: 2 with it, 0 without."""
    draw = random.Random(seed)
    sequences, y = [], []
    for number in range(n):
        letters = "".join(draw.choices("ACGT", k=length))
        at = draw.randrange(length - len(MOTIF) + 1)
        if number % 2:
            letters = letters[:at] + MOTIF + letters[at + len(MOTIF) :]
        sequences.append(letters)
        y.append(2.0 * (number % 2) + draw.gauss(0, 0.05))
    return sequences, y


def split_of(n):
    """Every fourth pair of rows validates or tests, in turn."""
    return [{3: "val", 7: "test"}.get(number // 2 % 8, "train") for number in range(n)]


@pytest.fixture(scope="session")
def dataset():
    """64 oligos of 30 bp with a planted motif, one target, 48 rows of training."""
    from seqcnn.data.from_arrays import dataset_from_arrays

    sequences, y = planted()
    return dataset_from_arrays(sequences, y, split=split_of(len(y)))


@pytest.fixture(scope="session")
def tiny():
    """Return a function that makes the config of a CNN of a few hundred parameters."""
    from seqcnn.config.pipeline import ModelConfig

    def config(encoder="cnn", args=None, **training):
        if encoder == "cnn":
            args = {"filters": [8, 4], "widths": [7, 3], "dense": 8, **(args or {})}
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


def no_ignored_signals() -> None:
    """Take signals as a shell in the foreground does; one in the background, or nohup, has some ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
