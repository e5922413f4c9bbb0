"""Run the pipeline on a configuration, which Snakemake itself never reads.

Snakemake would pass a config file through a template engine that runs Python (YTE); ours is plain data.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from seqcnn.cli_support.renamed import command
from seqcnn.errors import EnvironmentFault, UsageError
from seqcnn.workflow import DEFAULT, DEFAULT_PROFILE, DRY_RUN, LOCK, SNAKEFILE, VARIABLE, profile

if TYPE_CHECKING:
    from seqcnn.cli_support.biology_jobs import Job
    from seqcnn.config.pipeline import PipelineConfig

_VERBOSE = "--verbose"
"""Shows the log of Snakemake and of all jobs instead of one line per job."""


@command(resumes=True, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[CONFIG] [SNAKEMAKE ARGUMENTS]...")
@click.pass_context
def run(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the pipeline in the current folder; CONFIG is configs/pipeline.yaml by default.

    Results are in results/NAME/, the report is results/NAME/report.html.  One line is printed per job; the
    log of Snakemake and of all jobs is logs/NAME/pipeline.log, and on the terminal with --verbose.  The
    configuration may be untrusted: it is plain data, and loading it executes no code.

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
    jobs = biology_jobs(settings, cast(click.Group, context.find_root().command).commands)
    is_harmless = bool({*DRY_RUN, "--unlock"} & set(others))  # allowed while another pipeline runs
    if not is_harmless:
        refuse_locked(LOCK)
    _check_files(settings, columns=bool(DRY_RUN & set(others)))
    _check_biology_files(settings, jobs)
    os.environ |= {VARIABLE: str(config), "PATH": _path_with_seqcnn()}
    log = "" if is_harmless else f"logs/{settings.name}/pipeline.log"
    _execute([sys.executable, "-m", *_program(log, others), *_defaults(), *map(profile, others)])


def _execute(command: list[str]) -> None:
    """Replace this process by another program; on Windows, which cannot, run it and exit with its code."""
    if os.name != "nt":
        os.execv(command[0], command)
    elif shutil.which("bash") is None:
        raise EnvironmentFault(
            "the pipeline needs bash: run it in WSL, or use `seqcnn fit`, which needs none"
        )
    else:
        sys.exit(subprocess.run(command, check=False).returncode)


def _check_files(settings: PipelineConfig, *, columns: bool) -> None:
    """Refuse a configuration whose files are missing or, of a dry run, lack a column that it names."""
    from seqcnn.data.assay.plan import Inputs
    from seqcnn.io.regular_file import require_file

    named = (settings.sequences, settings.targets, settings.genome, settings.features)
    paths = [path for path in named if path]
    if settings.fetch and not all(path.is_file() for path in paths):
        return
    for path in paths:
        require_file(path, "correct its path in the configuration, which is relative to the current folder")
    if columns:
        from seqcnn.config.option_keys import messages_in_keys
        from seqcnn.data.prepare import check_columns

        with messages_in_keys():
            check_columns(Inputs(settings.sequences, settings.targets, settings.genome), settings.data)


def _check_biology_files(settings: PipelineConfig, jobs: Sequence[Job]) -> None:
    """Refuse a configuration whose `biology` section names a missing file that the run does not make."""
    from seqcnn.io.regular_file import require_file

    made = Path("results", settings.name)
    fetched = (settings.sequences, settings.targets) if settings.fetch else ()
    for job in jobs:
        for path in map(Path, job.files):
            if not (path.is_relative_to(made) or path in fetched or path.is_dir()):
                key = f"biology.{job.station}"
                require_file(path, f"correct its path in {key}, which is relative to the current folder")


def _program(log: str, arguments: list[str]) -> list[str]:
    """Return the module to run: Snakemake with a line per job, or alone; remove `--verbose`."""
    if _VERBOSE in arguments:
        arguments.remove(_VERBOSE)
        return ["snakemake"]
    return ["seqcnn.workflow", logging.getLevelName(logging.getLogger("seqcnn").level), log]


def _defaults() -> list[str]:
    """Return the arguments of Snakemake that later ones replace."""
    return ["--snakefile", str(SNAKEFILE), "--workflow-profile", profile(DEFAULT_PROFILE)]


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
    own = [str(folder) for folder in folders if shutil.which("seqcnn", path=str(folder))]
    path = os.pathsep.join([*own[:1], os.environ.get("PATH", os.defpath)])
    if shutil.which("seqcnn", path=path) is None:
        raise EnvironmentFault("the command seqcnn is not on PATH; activate its environment")
    return path


def _split(arguments: tuple[str, ...]) -> tuple[Path, list[str]]:
    """Return the path of the configuration, the first argument or the only YAML file, and the others."""
    for word in arguments:
        if word.split("=")[0] in ("--config", "--configfile", "--configfiles"):
            raise UsageError(f"{word.split('=')[0]}: the configuration is an argument: seqcnn run my.yaml")
    files = [word for word in arguments if word.endswith((".yaml", ".yml")) and not word.startswith("-")]
    first = [word for word in arguments[:1] if not word.startswith("-")]
    config = first[0] if first else files[0] if len(files) == 1 else None
    others = list(arguments)
    if config is not None:
        others.remove(config)
    return Path(config or DEFAULT), others
