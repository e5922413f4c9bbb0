"""Run the pipeline on a configuration, which Snakemake itself never reads.

Snakemake would pass a config file through a template engine that runs Python (YTE); ours is plain data.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import click

from seqcnn.cli_support.renamed import command
from seqcnn.errors import EnvironmentFault, UsageError
from seqcnn.workflow import DEFAULT, LOCK, SNAKEFILE, VARIABLE, default_profile

_HARMLESS = {"-n", "--dry-run", "--dryrun", "--unlock"}  # allowed while another pipeline runs


@command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[CONFIG] [SNAKEMAKE ARGUMENTS]...")
@click.pass_context
def run(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the pipeline in the current folder; CONFIG is configs/pipeline.yaml by default.

    Results are in results/NAME/, the report is results/NAME/report.html.  The configuration may be
    untrusted: it is plain data, and loading it executes no code.

    \b
    seqcnn run my.yaml --dry-run
    seqcnn run my.yaml --cores 4
    """
    from seqcnn.cli_support.biology_jobs import biology_jobs
    from seqcnn.config.pipeline import load_models, load_pipeline
    from seqcnn.io.lock import refuse_locked

    config, others = _split(arguments)
    _refuse_missing(config)
    settings = load_pipeline(config)
    if find_spec("snakemake") is None:
        raise EnvironmentFault("snakemake is not installed; pip install 'seqcnn[workflow]'")
    load_models(settings)
    biology_jobs(settings, cast(click.Group, context.find_root().command).commands)
    if not _HARMLESS & set(others):
        refuse_locked(LOCK)
    os.environ |= {VARIABLE: str(config), "PATH": _path_with_seqcnn()}
    defaults = ["--snakefile", str(SNAKEFILE), "--workflow-profile", str(default_profile())]
    os.execv(sys.executable, [sys.executable, "-m", "snakemake", *defaults, *others])


def _refuse_missing(config: Path) -> None:
    """Raise `UsageError` if no configuration is named and the folder has none."""
    if str(config) == DEFAULT and not config.exists():
        raise UsageError(
            f"{DEFAULT}: not found; name a configuration (seqcnn run my.yaml), "
            "or start a project with `seqcnn init FOLDER`"
        )


def _path_with_seqcnn() -> str:
    """Return $PATH with the folder of this installation's `seqcnn`, which the rules call, first."""
    folders = [Path(sys.argv[0]).resolve().parent, Path(sys.executable).parent]
    own = [str(folder) for folder in folders if (folder / "seqcnn").is_file()]
    path = os.pathsep.join([*own[:1], os.environ.get("PATH", os.defpath)])
    if shutil.which("seqcnn", path=path) is None:
        raise EnvironmentFault("the command seqcnn is not on PATH; activate its environment")
    return path


def _split(arguments: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Return the path of the configuration, and the arguments of Snakemake."""
    for word in arguments:
        if word.split("=")[0] in ("--config", "--configfile", "--configfiles"):
            raise UsageError(f"{word.split('=')[0]}: the configuration is an argument: seqcnn run my.yaml")
    if arguments and not arguments[0].startswith("-"):
        return Path(arguments[0]), arguments[1:]
    return Path(DEFAULT), arguments
