"""The configuration of the pipeline as a module of another workflow, which gives it as a mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqcnn.config.pipeline import pipeline_of
from seqcnn.io.atomic import atomic_path

FOLDER = Path(".snakemake/seqcnn")
"""Folder of the files that `written_config` writes."""


def written_config(values: Mapping[str, Any]) -> str:
    """Write a configuration to a file, which the commands of the rules read, and return its path.

    Parameters
    ----------
    values
        Content of the `config:` of the module.

    Raises
    ------
    ConfigError
        If it is no valid configuration.
    """
    path = FOLDER / f"{pipeline_of(values, 'config of the module seqcnn').name}.yaml"
    text = json.dumps(values, indent=1) + "\n"  # JSON is YAML
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    return str(path)
