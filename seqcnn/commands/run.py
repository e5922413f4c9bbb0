"""Run the pipeline of the Snakefile on a configuration, which Snakemake itself never reads.

Snakemake would pass a config file through a template engine that runs Python (YTE); ours is plain data.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import click

from seqcnn.cli_support.renamed import command
from seqcnn.errors import EnvironmentFault, UsageError

VARIABLE = "SEQCNN_CONFIG"
"""Environment variable that holds the path of the configuration for the Snakefile."""

DEFAULT = "configs/pipeline.yaml"

LOCK = Path(".snakemake/seqcnn.lock")
"""Held by the pipeline that runs in a folder: Snakemake's own does not name its holder, and outlives it."""

_HARMLESS = {"-n", "--dry-run", "--dryrun", "--unlock"}  # allowed while another pipeline runs


@command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[CONFIG] [SNAKEMAKE ARGUMENTS]...")
@click.pass_context
def run(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the pipeline of the Snakefile in the current folder; CONFIG is configs/pipeline.yaml by default.

    The configuration may be untrusted: it is plain data, and loading it executes no code.

    \b
    seqcnn run
    seqcnn run configs/plant_terminators.yaml --cores 4 --dry-run
    """
    from seqcnn.cli_support.biology_jobs import biology_jobs
    from seqcnn.config.pipeline import load_models, load_pipeline
    from seqcnn.io.lock import refuse_locked

    config, others = _split(arguments)
    settings = load_pipeline(config)
    if find_spec("snakemake") is None:
        raise EnvironmentFault("snakemake is not installed; pip install 'seqcnn[workflow]'")
    if not any(word.startswith(("--snakefile", "-s")) for word in others) and not Path("Snakefile").exists():
        raise UsageError("no Snakefile in the current folder; change to the folder that has it")
    load_models(settings)
    biology_jobs(settings, cast(click.Group, context.find_root().command).commands)
    if not _HARMLESS & set(others):
        refuse_locked(LOCK)
    os.environ[VARIABLE] = str(config)
    os.execv(sys.executable, [sys.executable, "-m", "snakemake", *others])


def _split(arguments: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Return the path of the configuration, and the arguments of Snakemake."""
    for word in arguments:
        if word.split("=")[0] in ("--config", "--configfile", "--configfiles"):
            raise UsageError(f"{word.split('=')[0]}: the configuration is an argument: seqcnn run my.yaml")
    if arguments and not arguments[0].startswith("-"):
        return Path(arguments[0]), arguments[1:]
    return Path(DEFAULT), arguments
