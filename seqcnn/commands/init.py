"""Start a project: a folder with a commented configuration and a place for data."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from seqcnn.cli_support.options import OutputFolder
from seqcnn.cli_support.renamed import command
from seqcnn.errors import place

logger = logging.getLogger(__name__)


@command()
@click.argument("project", type=OutputFolder)
@click.option("--example", is_flag=True, help="Add simulated data, so that `seqcnn run` works at once.")
def init(project: Path, example: bool) -> None:
    """Start a PROJECT: a new folder with a commented configuration, a place for data, and a README.

    \b
    seqcnn init my_library
    seqcnn init try --example && cd try && seqcnn run
    """
    from seqcnn.workflow.project import init_project

    init_project(project, example=example)
    todo = "" if example else "put your files into data/, name them in configs/pipeline.yaml, and "
    logger.info("%s: written; change to this folder, %srun: seqcnn run", place(project), todo)
