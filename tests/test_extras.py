"""Libraries of the extras, as they are imported."""

from types import SimpleNamespace

import pytest

from seqcnn import extras


@pytest.mark.parametrize(("variable", "threads"), [("1", [1]), ("9", [4]), ("", []), ("2,1", [])])
def test_numba_has_no_more_threads_than_openmp(variable, threads, monkeypatch):
    given = []
    numba = SimpleNamespace(config=SimpleNamespace(NUMBA_NUM_THREADS=4), set_num_threads=given.append)
    monkeypatch.setitem(extras.sys.modules, "numba", numba)
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert extras.extra("json").__name__ == "json"
    assert given == threads
