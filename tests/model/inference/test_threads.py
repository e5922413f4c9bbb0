"""Threads of the libraries that compute: `--threads` reaches all of them."""

import json
import os
import subprocess
import sys

import pytest
from support.paths import ROOT

from seqcnn.cli import WAIT_POLICY
from seqcnn.model.inference.threads import LIBRARY_VARIABLES, limit_libraries

COUNT = """
import json, os, sys
os.sched_setaffinity(0, range(os.cpu_count()))

def count():
    import threadpoolctl, torch
    pools = [library["num_threads"] for library in threadpoolctl.threadpool_info()]
    return {"pools": [*pools, torch.get_num_threads()], "all": len(os.listdir("/proc/self/task"))}
"""
"""Defines the sizes of all pools of threads of the process, which may use all cores."""

COMMANDS = """
from seqcnn.cli import main
counts = {}
for name, words in json.loads(sys.argv[1]).items():
    try:
        main(["-q", *words, "--threads", "1"])
    except SystemExit as stop:
        assert not stop.code, words
    counts[name] = count()
print(json.dumps(counts))
"""

PYTHON = """
from pathlib import Path
from seqcnn.config.model import ModelConfig
from seqcnn.data.dataset import load_dataset
from seqcnn.model.baseline import fit_baseline
fit_baseline(load_dataset(Path("d.h5")), ModelConfig(baseline="boosting"), Path("a.tsv"), threads=1)
print(json.dumps(count()))
"""

MODEL = "encoder: cnn\nargs: {filters: [4, 4], hidden: 4}\ntraining: {epochs: 1}\n"


pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="counts threads as Linux lists them"
)


def counted(code, folder, *arguments):
    """Run code after `COUNT` in a folder, and return what it prints."""
    variables = {name: value for name, value in os.environ.items() if name not in LIBRARY_VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", COUNT + code, *arguments],
        cwd=folder, env=variables | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_thread_is_one_in_every_library_and_in_every_command(dataset, tmp_path):
    dataset.save(tmp_path / "d.h5")
    (tmp_path / "m.yaml").write_text(MODEL)
    (tmp_path / "x.fa").write_text(">a\n" + "ACGTC" * 6 + "\n")
    predict = ["predict", "x.fa", "-m", "m.safetensors", "-o"]
    commands = {
        "boosting": ["baseline", "d.h5", "--config", "boosting", "-o", "b.tsv"],
        "train": ["train", "d.h5", "--config", "m.yaml", "-o", "m.safetensors"],
        "predict": [*predict, "torch.tsv"],
        "onnx": [*predict, "onnx.tsv", "--engine", "onnx"],
        "openvino": [*predict, "openvino.tsv", "--engine", "openvino"],
    }
    counts = counted(COMMANDS, tmp_path, json.dumps(commands))
    assert {name: max(count["pools"]) for name, count in counts.items()} == dict.fromkeys(commands, 1)
    assert counts["train"]["all"] == 1


def test_one_thread_is_one_in_python_for_libraries_that_are_loaded_later(dataset, tmp_path):
    dataset.save(tmp_path / "d.h5")
    assert max(counted(PYTHON, tmp_path)["pools"]) == 1


def test_the_number_reaches_libraries_that_are_loaded_later(monkeypatch):
    for name in LIBRARY_VARIABLES:
        monkeypatch.setenv(name, "7")
    limit_libraries(3)
    assert [os.environ[name] for name in LIBRARY_VARIABLES] == ["3", "3", "3"]


def test_threads_without_work_sleep(tmp_path):
    variables = {name: value for name, value in os.environ.items() if name != WAIT_POLICY[0]}
    code = "import os\nfrom seqcnn.cli import main\ntry:\n    main(['--version'])\nfinally:\n    "
    done = subprocess.run(
        [sys.executable, "-c", code + "print(os.environ['OMP_WAIT_POLICY'])"],
        env=variables | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "PASSIVE"
