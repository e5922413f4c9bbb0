import os
import subprocess
import sys

import pytest
import torch

from seqcnn.errors import EnvironmentFault, UsageError
from seqcnn.model.inference.device import describe, resolve_device, set_threads
from seqcnn.model.inference.threads import thread_count


@pytest.fixture
def gpus(monkeypatch):
    def gpus(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return gpus


@pytest.mark.parametrize(("count", "name"), [(0, "cpu"), (2, "cuda")])
def test_auto_takes_a_gpu_if_there_is_one(gpus, count, name):
    gpus(count)
    assert resolve_device("auto").type == resolve_device().type == name


@pytest.mark.parametrize(("count", "name"), [(0, "mps"), (1, "cuda")])
def test_auto_takes_the_gpu_of_apple_if_there_is_no_other(gpus, monkeypatch, count, name):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    gpus(count)
    assert resolve_device("auto").type == name


def test_all_cores_are_used_where_the_system_limits_no_process(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert thread_count(None) == 6


def test_a_device_that_is_there_is_taken(gpus):
    gpus(2)
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.parametrize(("count", "name"), [(0, "cuda"), (1, "cuda:7"), (1, "cuda:1")])
def test_a_gpu_that_is_not_there_is_a_fault_of_the_environment(gpus, count, name):
    gpus(count)
    message = f"device {name}: {count} CUDA devices found; use --device cpu or auto"
    with pytest.raises(EnvironmentFault, match=message) as caught:
        resolve_device(name)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("name", ["gpu", "banana", "", "cuda:x", "cpu:", "cuda:-1", "meta", "xla"])
def test_a_word_that_names_no_device_is_refused(gpus, name):
    gpus(1)
    with pytest.raises(UsageError, match="expected auto, cpu, cuda, cuda:N or mps"):
        resolve_device(name)


@pytest.mark.parametrize(
    ("variable", "count"), [("3", 3), ("2,1", 2), ("", None), ("0", None), ("many", None), (None, None)]
)
def test_threads_are_as_many_as_the_variable_of_openmp_has_or_all_cores(variable, count, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if variable is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert thread_count(None) == (count or len(os.sched_getaffinity(0)))
    assert thread_count(5) == 5


def test_threads_are_as_many_as_asked_for_or_all_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    try:
        assert set_threads(3) == torch.get_num_threads() == 3
        assert set_threads(None) == torch.get_num_threads() == len(os.sched_getaffinity(0))
    finally:
        torch.set_num_threads(before)


def test_a_device_is_named_as_a_user_knows_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "H100")
    names = [describe(torch.device(name)) for name in ("cpu", "cuda", "mps")]
    assert names == ["CPU", "GPU H100", "MPS"]


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_memory_that_is_kept_is_not_given_back_to_the_system():
    code = """
import resource
import torch
from seqcnn.model.inference.device import tune_malloc
tune_malloc()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for step in range(50):
    if step in (1, 40):
        print(faults() - before)
        before = faults()
    torch.ones(1 << 22)
print(faults() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, _, late = map(int, done.stdout.split())
    assert first > 4000  # 16 MiB in pages of 4 KiB
    assert late < 100, done.stdout
