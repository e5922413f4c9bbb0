"""Run Snakemake with one line per job on stderr; all that it and its jobs print goes to a log file.

    python -m seqcnn.workflow LEVEL LOG [ARGUMENTS OF SNAKEMAKE]...

LEVEL is the logging level of the display, and LOG the log file, or '' if nothing is to be kept.  What
Snakemake itself prints on stdout, such as a graph of the jobs, stays there.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from seqcnn.errors import EnvironmentFault, place, printable
from seqcnn.io.atomic import environment_faults
from seqcnn.io.regular_file import open_regular
from seqcnn.log import log_to_stderr, log_to_stream
from seqcnn.workflow import DRY_RUN
from seqcnn.workflow.display import JobDisplay, last_lines

logger = logging.getLogger("seqcnn.workflow")

USAGE = 2
"""Exit code of Snakemake for arguments that it does not know; the last line names them."""

MAX_LINES = 1000
"""Largest number of lines of Snakemake's own log that are shown."""


def main(arguments: list[str]) -> int:
    """Run Snakemake and return its exit code."""
    level, name, *words = arguments
    with (
        _log_file(name) as log,
        os.fdopen(os.dup(2), "w") as terminal,
        os.fdopen(os.dup(1), "w") as output,
    ):
        log_to_stream(terminal, level=logging.getLevelName(level))
        display = JobDisplay(terminal, dry_run=bool(DRY_RUN & set(words)))
        logging.getLogger("snakemake").addHandler(display)
        display.handle_signals()
        code = _snakemake(words, log, output)
        display.finish()
        if display.total is None and not display.is_told:
            lines = last_lines(log, count=1 if code == USAGE else MAX_LINES)
            terminal.writelines(f"{printable(line)}\n" for line in lines)
        if name and display.total and display.stopped_by is None:
            logger.log(logging.ERROR if code else logging.INFO, "log: %s", place(log))
    return code if display.stopped_by is None else 128 + display.stopped_by


@contextmanager
def _log_file(name: str) -> Iterator[Path]:
    """Yield the path of an empty file: that of a name, or a temporary one."""
    if not name:
        with tempfile.NamedTemporaryFile() as file:
            yield Path(file.name)
        return
    path = Path(name)
    with environment_faults(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    yield path


def _snakemake(words: list[str], log: Path, output: TextIO) -> int:
    """Run Snakemake in this process, with all that is printed in its log; return its exit code."""
    from snakemake.cli import main as snakemake

    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    if not DRY_RUN & set(words):
        sys.stdout = output  # of Snakemake itself; that of the jobs is the log, too
    sys.argv = ["snakemake", *words]
    try:
        snakemake(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:  # before Snakemake runs a job
        return 130
    finally:
        sys.stderr.flush()
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    log_to_stderr()
    try:
        sys.exit(main(sys.argv[1:]))
    except EnvironmentFault as fault:
        logger.error("%s", fault)
        sys.exit(fault.exit_code)
