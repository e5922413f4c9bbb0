"""The command that runs the Snakefile on a config, which Snakemake itself never reads.

Snakemake would pass a config file through a template engine that runs Python (YTE); ours is plain data.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import click

from seqcnn.cli_support.options import File, option
from seqcnn.errors import EnvironmentFault, UsageError

VARIABLE = "SEQCNN_CONFIG"
"""Environment variable by which the Snakefile learns the path of its config."""

LOCK = Path(".snakemake/seqcnn.lock")
"""Held by the pipeline that runs in a folder: Snakemake's own does not name its holder, and outlives it."""

_HARMLESS = {"-n", "--dry-run", "--dryrun", "--unlock"}  # beside a pipeline that runs


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@option("--config", type=File, default="configs/pipeline.yaml", help="Pipeline config (YAML).")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[SNAKEMAKE'S ARGUMENTS]...")
@click.pass_context
def run(context: click.Context, config: Path, arguments: tuple[str, ...]) -> None:
    """Run the pipeline of the Snakefile in the current folder; safe for configs of others.

    \b
    seqcnn run
    seqcnn run --config configs/plant_terminators.yaml --cores 4 --dry-run
    """
    from seqcnn.cli_support.stations import biology_jobs
    from seqcnn.config.pipeline import load_models, load_pipeline
    from seqcnn.io.lock import refuse_locked

    settings = load_pipeline(config)
    if find_spec("snakemake") is None:
        raise EnvironmentFault("snakemake is not installed; pip install 'seqcnn[workflow]'")
    if (
        not any(word.startswith(("--snakefile", "-s")) for word in arguments)
        and not Path("Snakefile").exists()
    ):
        raise UsageError("no Snakefile in the current folder; change to the folder that has it")
    load_models(settings)
    biology_jobs(settings, cast(click.Group, context.find_root().command).commands)
    if not _HARMLESS & set(arguments):
        refuse_locked(LOCK)
    os.environ[VARIABLE] = str(config)
    os.execv(sys.executable, [sys.executable, "-m", "snakemake", *arguments])
