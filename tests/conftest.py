import functools
import logging
import os
from unittest import mock

import pytest
from support.planted import planted, split_of

LONGEST_FIRST = (
    "workflow/test_snakefile.py",
    "notebooks/test_notebooks.py",
    "robustness/test_disk_faults.py",
    "model/training/test_resume.py",
    "share/test_predictor.py",
    "model/test_export.py",
    "robustness/test_bad_inputs.py",
    "robustness/test_resource_limits.py",
    "report/test_hostile_names.py",
    "benchmarks/test_validation.py",
    "report/test_report.py",
    "robustness/test_other_user.py",
    "report/biology/test_sections.py",
    "robustness/test_fuzz.py",
    "model/inference/test_trained_model.py",
    "model/inference/test_threads.py",
)
"""Files that take ten seconds or more: workers that take these first end at the same time."""


def share_cores() -> None:
    """Give each worker of pytest-xdist, and the processes it starts, its own share of the cores."""
    worker, count = os.environ.get("PYTEST_XDIST_WORKER"), os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    if not worker or not count or not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    if own := cores[int(worker.removeprefix("gw")) % len(cores) :: int(count)]:
        os.sched_setaffinity(0, own)


share_cores()  # before PyTorch counts the cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a waiting thread takes no core from another worker


def pytest_collection_modifyitems(items):
    """Run the longest files first; the order of the others, and of the tests of a file, stays."""
    rank = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.nodeid.split("::")[0].removeprefix("tests/"), len(rank)))


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
    import seqcnn

    return seqcnn.load_model(bundle)


@pytest.fixture(scope="session")
def quick_export():
    """Let PyTorch's exporter parse the sources of its 497 operators once, not in every export."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    operators = staticmethod(functools.cache(ONNXRegistry.from_torchlib))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", operators)
        yield


@pytest.fixture
def text_only(monkeypatch):
    """Leave the figures on predictions, most of the time of a page, out of reports."""
    monkeypatch.setattr("seqcnn.report.report.FIGURES", ())


@pytest.fixture(autouse=True)
def variables_stay():
    """Undo what a command did to the environment: `--threads` sets variables of libraries."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(autouse=True)
def messages_reach_pytest():
    """Undo what an earlier command did to the package's logger."""
    logger = logging.getLogger("seqcnn")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


def pytest_make_parametrize_id(val):
    """Name bytes by their length: gzip data holds the time, and ids must be equal in all workers."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None
