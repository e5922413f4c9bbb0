"""The notebooks run from a clean kernel, and are stored with their outputs."""

import json
import re
import shutil
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image
from support.paths import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 600
ROWS = 2000  # of 6000: enough to train on and to find motifs in

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
def test_a_notebook_is_stored_with_the_outputs_of_one_run(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    drawing = [cell for cell in code if "plt.show()" in cell.source]
    assert all(any("image/png" in output.get("data", {}) for output in cell.outputs) for cell in drawing)
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


@each_notebook
def test_no_output_names_a_folder_of_the_machine_that_ran_the_notebook(path):
    assert not re.search(r"/(tmp|root|home|Users|var)/", path.read_text())


@each_notebook
def test_a_notebook_has_a_thumbnail_of_480_pixels(path):
    with Image.open(ROOT / f"docs/images/notebook_{path.stem[:2]}.png") as picture:
        assert picture.width == 480


@pytest.mark.parametrize("name", ["01_lab_analysis", "03_from_model_to_biology"])
def test_the_notebooks_of_a_user_need_public_names_only(name):
    source = "\n".join(
        cell.source for cell in nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells
    )
    imports = set(re.findall(r"(?:from|import) (seqcnn[\w.]*)", source))
    assert imports <= {"seqcnn", "seqcnn.data.simulate"}  # the truth of the simulated example


@each_notebook
def test_every_picture_of_a_notebook_is_followed_by_what_to_see(path):
    cells = nbformat.read(path, as_version=4).cells
    after = [cells[i + 1].cell_type for i, cell in enumerate(cells) if "plt.show()" in cell.source]
    assert after == ["markdown"] * len(after)
    assert after
