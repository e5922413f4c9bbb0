"""A new project: a folder with a commented configuration, a place for data, and a README."""

from __future__ import annotations

import logging
import re
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from string import Template

from seqcnn.data.simulate import simulate
from seqcnn.documentation import DOCUMENTATION, page
from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import atomic_path, environment_faults, refuse_file
from seqcnn.workflow import DEFAULT

logger = logging.getLogger(__name__)

EXAMPLE_SEQUENCES, EXAMPLE_LENGTH = 400, 80
"""Number and length in bp of the simulated sequences of an example; their training takes seconds."""

_OWN = {
    "sequences": "data/sequences.fa",
    "targets": "data/measurements.tsv",
    "target": "activity",
    "replicates": "rep1, rep2",
    "group": "gene",
    "models": "cnn, ridge, boosting, gc, mean",
    "seeds": "[1, 2, 3]",
    "unused": "# ",
}
"""Values of the configuration of a project without data."""

_SIMULATED = {
    "sequences": "data/oligos.fa",
    "targets": "data/targets.tsv",
    "target": "expression",
    "replicates": "expression_rep1, expression_rep2",
    "group": "family",
    "models": "cnn, ridge, gc, mean",
    "seeds": "[1]",
    "unused": "",
}
"""Values of the configuration of the example."""


_PAGES = {
    "documentation": DOCUMENTATION,
    "configuration": page("docs/configuration.md"),
    "keys": page("docs/reference/config-keys.md"),
}
"""Pages that the configuration and the README name."""


def init_project(folder: Path, *, example: bool = False) -> None:
    """Write a new project.

    Parameters
    ----------
    folder
        Folder of the project; created if missing.  The run has its name.
    example
        Add simulated data, so that the pipeline runs at once.

    Raises
    ------
    UsageError
        If the folder is a file or holds files.
    """
    _refuse_used(folder)
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", folder.resolve().name).lstrip(".-")[:64] or "project"
    values = {"name": name, **(_SIMULATED if example else _OWN), **_PAGES}
    data = folder / "data"
    with environment_faults(data):
        data.mkdir(parents=True, exist_ok=True)
    if example:
        simulate(data, n=EXAMPLE_SEQUENCES, length=EXAMPLE_LENGTH)
    with ExitStack() as outputs:  # at its end both files are renamed, or none
        for path, template in ((folder / DEFAULT, "pipeline.yaml"), (folder / "README.md", "README.md")):
            text = Template((files("seqcnn.workflow") / "project" / template).read_text(encoding="utf-8"))
            temporary = outputs.enter_context(atomic_path(path))
            temporary.write_text(text.substitute(values), encoding="utf-8", newline="\n")


def _refuse_used(folder: Path) -> None:
    """Raise `UsageError` if a folder is a file or holds files."""
    refuse_file(folder)
    with environment_faults(folder):
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{place(folder)}: folder holds files; give the name of a new folder")
