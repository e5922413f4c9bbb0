"""The notebooks run from a clean kernel, and are stored without outputs."""

import json
import shutil
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from support.paths import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 600
ROWS = 3000  # of 6000: enough to train on and to find motifs in

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A folder outside the repository with a copy of the example, and a kernel of this very Python."""
    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps(spec | {"display_name": "Python 3", "language": "python"}))
    for variable in ("JUPYTER_PATH", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / "jupyter"))
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    lay_out_example(tmp_path / "data" / "example")
    return tmp_path


def lay_out_example(folder):
    """Copy the first `ROWS` oligos of the example, their measurements and truth, and its other files."""
    shutil.copytree(ROOT / "data" / "example", folder)
    for name, lines in (("oligos.fa", 2 * ROWS), ("targets.tsv", ROWS + 1), ("truth.tsv", ROWS + 1)):
        text = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(text[:lines]))


def execute(path, folder):
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="python3", timeout=SECONDS, resources=resources).execute()
    return notebook


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "01_lab_analysis",
        "02_how_the_cnn_works",
        "03_from_model_to_biology",
    ]


@each_notebook
def test_a_notebook_runs_from_a_clean_kernel_and_draws(path, bench):
    notebook = execute(path, bench)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 4


@each_notebook
def test_a_notebook_is_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@each_notebook
def test_every_picture_of_a_notebook_is_followed_by_what_to_see(path):
    cells = nbformat.read(path, as_version=4).cells
    after = [cells[i + 1].cell_type for i, cell in enumerate(cells) if "plt.show()" in cell.source]
    assert after == ["markdown"] * len(after)
    assert after
