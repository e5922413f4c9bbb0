"""Figures do not depend on a `matplotlibrc`: neither that of the current folder nor the user's own."""

import importlib.util
import os
import subprocess
import sys

import matplotlib
import pytest
from support.paths import ROOT

from seqcnn.plotting.rc_file import ignore_rc_file
from seqcnn.plotting.style import axes_of, styled
from seqcnn.plotting.svg import png, svg_text

CODE = """
import os, sys
from seqcnn.cli import main
for _ in range(2):
    try:
        main(["--version"])
    except SystemExit:
        pass
assert sum(type(finder).__module__.startswith("seqcnn") for finder in sys.meta_path) == 1
import matplotlib
assert not any(type(finder).__module__.startswith("seqcnn") for finder in sys.meta_path)
print(os.getcwd(), matplotlib.rcParams["lines.linewidth"], matplotlib.rcParams["backend"])
"""


def fresh(folder, backend="agg"):
    """Import matplotlib after a command, in a folder; return folder, line width and backend."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert not done.stderr
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    "content",
    [b"lines.linewidth: 9\n", b"no colon\nlines.linewidth: wide\n", b"\xff\xfe", None],
    ids=["valid", "malformed", "not text", "pipe"],
)
def test_the_file_of_the_current_folder_is_not_read(content, tmp_path):
    if content is None:
        os.mkfifo(tmp_path / "matplotlibrc")
    else:
        (tmp_path / "matplotlibrc").write_bytes(content)
    assert fresh(tmp_path) == [str(tmp_path), "1.5", "agg"]


def test_a_backend_that_does_not_exist_is_not_asked_for(tmp_path):
    assert fresh(tmp_path, backend="nosuch") == [str(tmp_path), "1.5", "agg"]


def figure():
    """Return the bytes of a figure that uses defaults of matplotlib."""
    with styled():
        drawing, axes = axes_of(2, 2)
        axes.plot([0, 1], [0, 1])
    return svg_text(drawing), png(drawing)


def test_settings_of_the_user_change_no_figure_and_are_kept():
    expected = figure()
    settings = {"lines.linewidth": 9, "axes.facecolor": "red", "font.size": 30, "savefig.facecolor": "red"}
    with matplotlib.rc_context(settings):
        assert figure() == expected
        assert matplotlib.rcParams["lines.linewidth"] == 9


RECORDS = "import os\nfolder, backend = os.getcwd(), os.environ['MPLBACKEND']\n"


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Return a function that imports a package called matplotlib, which records where it was run."""
    package = tmp_path / "site/matplotlib"
    (package / "mpl-data").mkdir(parents=True)
    (package / "__init__.py").write_text(RECORDS)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delitem(sys.modules, "matplotlib")

    def run():
        ignore_rc_file()
        finder = sys.meta_path[0]
        assert finder.find_spec("numpy", None) is None
        spec = finder.find_spec("matplotlib", [str(package.parent)])
        assert finder not in sys.meta_path
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return run, package / "mpl-data"


@pytest.mark.parametrize("backend", [None, "nosuch"])
def test_matplotlib_is_run_in_the_folder_of_its_defaults_and_the_process_returns(
    backend, imported, monkeypatch
):
    run, defaults = imported
    monkeypatch.delenv("MPLBACKEND", raising=False)
    if backend:
        monkeypatch.setenv("MPLBACKEND", backend)
    before = os.getcwd()
    module = run()
    assert (module.folder, module.backend) == (str(defaults), "agg")
    assert (os.getcwd(), os.environ.get("MPLBACKEND")) == (before, backend)


def test_matplotlib_is_run_where_the_process_is_if_that_folder_cannot_be_opened(imported, monkeypatch):
    run, _ = imported

    def refuse(*arguments):
        raise PermissionError(13, "no")

    before = os.getcwd()
    monkeypatch.setattr(os, "open", refuse)
    assert run().folder == before


def test_the_finder_is_installed_once_and_not_after_the_import(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = list(sys.meta_path)
    ignore_rc_file()  # matplotlib has been imported by this file
    assert sys.meta_path == before
    monkeypatch.delitem(sys.modules, "matplotlib")
    ignore_rc_file()
    ignore_rc_file()
    assert len(sys.meta_path) == len(before) + 1
