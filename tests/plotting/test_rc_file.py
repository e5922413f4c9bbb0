"""Figures do not depend on a `matplotlibrc`: neither that of the current folder nor the user's own."""

import os
import subprocess
import sys

import matplotlib
import pytest
from support.paths import ROOT

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
