"""Libraries of the extras, as they are imported."""

import re
from importlib import import_module
from types import SimpleNamespace

import numba
import pytest

from seqcnn import extras
from seqcnn.errors import EnvironmentFault


@pytest.mark.parametrize(("variable", "threads"), [("1", [1]), ("9", [4]), ("", []), ("2,1", [])])
def test_numba_has_no_more_threads_than_openmp(variable, threads, monkeypatch):
    given = []
    library = SimpleNamespace(
        config=SimpleNamespace(NUMBA_NUM_THREADS=4), set_num_threads=given.append, extending=numba.extending
    )
    monkeypatch.setitem(extras.sys.modules, "numba", library)
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert extras.extra("json").__name__ == "json"
    assert given == threads


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Return the name of a library with a function that numba compiles."""
    text = "import numba\n\n\n@numba.njit\ndef double(x):\n    return 2 * x\n"
    (tmp_path / "doubling.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield "doubling"
    extras.sys.modules.pop("doubling", None)


def test_what_numba_compiles_of_a_library_is_loaded_by_later_processes(library):
    for hits in (0, 1):
        import_module(library)  # as a user may have done before
        module = extras.extra(library)
        assert module.double(21) == 42
        assert sum(module.double.stats.cache_hits.values()) == hits
        del extras.sys.modules[library]  # a later process imports it anew


def test_a_package_that_overwrites_the_library_is_refused_with_the_commands_that_help(tmp_path, monkeypatch):
    folder = tmp_path / "modiscolite-2.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: modiscolite\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    message = (
        "modisco-lite and modiscolite: both install the module `modiscolite`, and overwrite each other; "
        "pip uninstall -y modisco-lite modiscolite && pip install modisco-lite"
    )
    with pytest.raises(EnvironmentFault, match=f"^{re.escape(message)}$"):
        extras.extra("modiscolite.tfmodisco")


def test_a_library_is_compiled_anew_where_no_folder_of_caches_can_be_written_to(library, monkeypatch):
    def refuse(path):
        raise RuntimeError("cannot cache function 'double': no locator available")

    monkeypatch.setattr(numba.core.dispatcher, "FunctionCache", refuse)
    assert extras.extra(library).double(21) == 42
