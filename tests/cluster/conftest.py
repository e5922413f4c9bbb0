"""A Slurm cluster, and a training that lasts long enough to be interrupted."""

import json
import shutil

import pytest
from support.pipeline import seqcnn
from support.slurm import Cluster, missing_programs

SLOW = {
    "encoder": "cnn",
    "args": {"filters": [32, 32], "hidden": 32},
    "training": {"epochs": 60, "patience": 60},
}


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """Return a running cluster; skip the tests on a machine without Slurm."""
    if missing := missing_programs():
        pytest.skip(f"not installed: {', '.join(missing)}; install/slurm.sh installs Slurm")
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, slurm):
    """Return a folder with a library, its dataset, and the model of a training that nothing interrupted."""
    folder = tmp_path_factory.mktemp("undisturbed")
    seqcnn("simulate", "-n", "600", "--length", "80", "-o", "library", folder=folder)
    for name in ("oligos.fa", "targets.tsv"):
        shutil.move(folder / "library" / name, folder / name)
    seqcnn("prepare", "oligos.fa", "targets.tsv", "--target", "expression", "-o", "dataset.h5", folder=folder)
    (folder / "slow.yaml").write_text(json.dumps(SLOW))
    options = ("--config", "slow.yaml", "--threads", "1", "--device", "cpu")
    seqcnn("train", "dataset.h5", *options, "-o", "model.safetensors", folder=folder)
    return folder
