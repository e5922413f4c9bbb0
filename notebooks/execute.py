"""Execute the notebooks, and store them with their outputs and a thumbnail: `python notebooks/execute.py`.

Each runs in a folder of its own beside a link to `data/`, so that nothing else is written.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]

THUMBNAILS = {
    "01_lab_analysis": "py-23",
    "02_how_the_cnn_works": "py-45",
    "03_from_model_to_biology": "py-21",
}
"""Notebook -> cell whose figure is its thumbnail."""

WIDTH = 480
"""Width of a thumbnail in pixels."""


def execute(path: Path) -> None:
    """Execute one notebook and store it, with its thumbnail in docs/images/."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        (Path(folder) / "data").symlink_to(ROOT / "data")
        client = NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": folder}})
        client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
    notebook.metadata.pop("widgets", None)
    nbformat.write(notebook, path)
    write_thumbnail(notebook, THUMBNAILS[path.stem], ROOT / "docs/images" / f"notebook_{path.stem[:2]}.png")


def write_thumbnail(notebook: nbformat.NotebookNode, cell_id: str, path: Path) -> None:
    """Write the first figure of a cell as a small PNG."""
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    figures = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
    picture = Image.open(io.BytesIO(base64.b64decode(figures[0]))).convert("RGB")
    picture.resize((WIDTH, round(picture.height * WIDTH / picture.width))).save(path, optimize=True)


def main() -> None:
    """Execute the notebooks that are named, or all."""
    names = sys.argv[1:] or sorted(THUMBNAILS)
    for name in names:
        execute(ROOT / "notebooks" / f"{name}.ipynb")
        print(f"notebooks/{name}.ipynb")


if __name__ == "__main__":
    main()
