"""Display of a pipeline: one line per job and a progress bar, from the events that Snakemake logs.

The handler belongs to the logger `snakemake`, above that of Snakemake, which adds the attribute `event` and
others to its records.
"""

from __future__ import annotations

import logging
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from seqcnn.errors import plural, printable
from seqcnn.log import shows_progress
from seqcnn.plotting.formatting import duration
from seqcnn.progress import MESSAGE_SECONDS, Progress
from seqcnn.stop_signals import available

logger = logging.getLogger(__name__)

STEPS = {
    "fetch": "download the dataset",
    "prepare": "join, check and split the data",
    "train": "train {model}{member}",
    "baseline": "fit {model}",
    "ensemble": "join the seeds of {model}",
    "predict": "predict with {model}{member}",
    "predict_shard": "predict part {shard} with {model}{member}",
    "evaluate": "score {model}{member}",
    "learning_curve": "learning curve",
    "controls": "negative controls",
    "cross_validate": "cross-validate {model}",
    "attribute": "attributions",
    "motifs": "motifs of the model",
    "marginalize": "effects of inserted motifs",
    "dependencies": "effects of pairs of single-base changes",
    "variants": "effects of variants",
    "saturate": "effects of all single-base changes",
    "variants_shard": "effects of variants, part {shard}",
    "scan": "predictions along the genome",
    "scan_shard": "predictions along the genome, part {shard}",
    "design": "designs",
    "next": "sequences to measure next",
    "report": "write the report",
}
"""Rule of the Snakefile -> what it does, with the wildcards `model`, `member` and `shard`."""

TARGETS = {"all", "default"}
"""Rules without a job of their own."""

SHOWN_LINES = 10
"""Lines of the log of a failed job that are shown."""

NOTHING = "Nothing to be done"
"""Begin of Snakemake's message about a finished pipeline."""

INCOMPLETE = "At least one job did not complete successfully"
"""Snakemake's message after an interruption, and after a failed job, which is named before it."""

STOPPED = "stopped; the same command continues the run"

STOP_SIGNALS = available("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that stop a run: Ctrl-C, `kill`, a closed terminal."""

_PLACE = re.compile(r'^WorkflowError in file "[^"]*", line \d+:')
"""Begin of the message about an error that the Snakefile raises; the rest is ours."""


@dataclass(frozen=True, slots=True)
class Job:
    """One running job."""

    words: str
    begin: float
    """Time at which it began, s."""


def words_of(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return what a job does, in plain words."""
    seed = f"seed{wildcards['seed']}" if "seed" in wildcards else wildcards.get("member", "fit")
    member = "" if seed == "fit" else ", " + re.sub(r"^seed(\d+)$", r"seed \1", seed)
    return STEPS.get(rule, rule).format_map({"model": "", **wildcards, "member": member})


class JobDisplay(logging.Handler):
    """Shows one line per finished job, a bar of all jobs, and the end of the log of a failed one.

    Parameters
    ----------
    stream
        The terminal, or the file or pipe in its place.
    dry_run
        Show the jobs that would run.
    """

    def __init__(self, stream: TextIO, *, dry_run: bool) -> None:
        super().__init__(logging.INFO)
        self.stream, self.dry_run = stream, dry_run
        self.total: int | None = None
        """Number of jobs; None before Snakemake has planned them."""
        self.is_told = False
        """Whether the end of the run has been explained: by an error, or because nothing is to be done."""
        self.stopped_by: int | None = None
        """Signal by which the user has stopped the run; its jobs then fail, too."""
        self._errors: list[str] = []
        self._jobs: dict[int, Job] = {}
        self._progress: Progress | None = None
        self._ended = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one event."""
        events = {"run_info": self._plan, "job_info": self._start, "job_finished": self._finish}
        event = str(getattr(record, "event", ""))
        if event in events:
            events[event](record)
        elif event == "job_error":
            self._fail(record)
        elif record.levelno >= logging.ERROR:
            self._errors.append(" ".join(_PLACE.sub("", str(record.msg)).split()))
        elif record.levelno == logging.WARNING and record.filename == "Snakefile":
            logger.warning("%s", record.msg)
        elif str(record.msg).startswith(NOTHING):
            self.is_told = True
            logger.info("nothing to be done: all results are up to date")

    def handle_signals(self) -> None:
        """Stop the run on `STOP_SIGNALS`, unless they are ignored; in the main thread only."""
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Note that the user stops the run, and stop it; its jobs get the Ctrl-C of a terminal themselves."""
        if self.stopped_by is None:
            self.stopped_by = number
            if number != signal.SIGINT:
                _terminate_jobs()
        raise KeyboardInterrupt

    def finish(self) -> None:
        """Remove the bar, and show the first error if no job failed."""
        self._ended.set()
        if self._progress:
            self._progress.close()
        stopped = self.stopped_by is not None or any(INCOMPLETE in error for error in self._errors[:1])
        if (self._errors or stopped) and not self.is_told:
            self.is_told = True
            logger.error("%s", STOPPED if stopped else self._errors[0])
        if self.dry_run and self.total:
            logger.info("%s would run", plural(self.total, "job"))

    def _plan(self, record: Any) -> None:
        """Show the bar of all jobs."""
        if self.total is not None:
            return
        self.total = sum(n for rule, n in record.stats.items() if rule not in {*TARGETS, "total"})
        if not self.dry_run:
            self._progress = Progress("running", self.total, "jobs", stream=self.stream)
            threading.Thread(target=self._watch, daemon=True).start()

    def _start(self, record: Any) -> None:
        """Name a job in the bar, or among those that would run."""
        self.handle_signals()  # Snakemake has its own handler of SIGTERM, which waits for the running jobs
        if record.rule_name in TARGETS:
            return
        words = words_of(record.rule_name, record.wildcards)
        if self.dry_run:
            logger.info("%s", words)
            return
        self._jobs[record.jobid] = Job(words, time.monotonic())
        self._name_jobs()

    def _finish(self, record: Any) -> None:
        """Write the line of a finished job."""
        if (job := self._jobs.pop(record.job_id, None)) and self._progress:
            self._progress.advance()
            seconds = duration(time.monotonic() - job.begin)
            logger.info("%d/%d %s (%s)", self._progress.done, self.total, job.words, seconds)
            self._name_jobs()

    def _fail(self, record: Any) -> None:
        """Write the name of a failed job and the last lines of its log."""
        job = self._jobs.pop(record.jobid, None)
        if job is None or self.stopped_by is not None:
            return
        self.is_told = True
        logger.error("failed: %s", job.words)
        for path in map(Path, record.log):
            lines = last_lines(path)
            logger.error("%s", f"the last lines of {path}:" if lines else f"{path} is empty")
            self.stream.writelines(f"  {printable(line)}\n" for line in lines)
            self.stream.flush()

    def _name_jobs(self) -> None:
        """Show the running jobs in the bar."""
        if self._progress and self._jobs:
            self._progress.rename("; ".join(job.words for job in self._jobs.values()))

    def _watch(self) -> None:
        """Refresh the time in the bar until the run ends; without a bar, log the running jobs at times."""
        shows_bar = shows_progress(self.stream)
        while self._progress and not self._ended.wait(1.0 if shows_bar else MESSAGE_SECONDS):
            self._progress.refresh()
            for job in () if shows_bar else list(self._jobs.values()):
                if (seconds := time.monotonic() - job.begin) >= MESSAGE_SECONDS:
                    logger.info("still running: %s (%s)", job.words, duration(seconds))


def _terminate_jobs() -> None:
    """Send SIGTERM to the processes that this one has started."""
    psutil = import_module("psutil")  # of Snakemake

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            process.terminate()


def last_lines(path: Path, count: int = SHOWN_LINES) -> list[str]:
    """Return the last lines of a text file that are not blank; [] if it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in deque((line for line in file if line.strip()), count)]
    except OSError:
        return []
