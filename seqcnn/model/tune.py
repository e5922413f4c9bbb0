"""Dataset -> the model configuration with the best validation score, within a time limit, on Optuna.

Test rows are removed before anything is trained.  The study is a file, so that a killed run resumes, and
several processes that are given the same folder share the trials.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqcnn.config.model import ModelConfig
from seqcnn.config.recipes import network_configs
from seqcnn.data.dataset import Dataset
from seqcnn.errors import ConfigError, EnvironmentFault, UsageError, listed, place, plural, show
from seqcnn.io.atomic import refuse_file
from seqcnn.io.regular_file import refuse_irregular
from seqcnn.model.training.setup import config_args
from seqcnn.model.training.timing import training_seconds
from seqcnn.model.training.trainer import Machine
from seqcnn.model.tuning.folds import scoring_datasets
from seqcnn.model.tuning.results import BEST, TABLE, progress, write_best, write_trials
from seqcnn.model.tuning.study import SKIPPED, STUDY, Study
from seqcnn.model.tuning.trial import TrialReporter, TrialStopped, untrainable, validation_score
from seqcnn.plotting.formatting import duration

logger = logging.getLogger(__name__)

FEW_ROWS = 8
"""Sequences per step in a first, fast estimate of the time of a training."""

MAX_OVERESTIMATE = 8
"""How many times too long that estimate may be."""

MAX_SHARE = 0.25
"""Share of the time limit that a trial may take by its estimated time; the first one may take any."""


def tune(
    dataset: Dataset,
    output: Path,
    *,
    configs: Mapping[str, ModelConfig] | None = None,
    hours: float = 1.0,
    trials: int | None = None,
    seed: int = 1,
    machine: Machine | None = None,
) -> ModelConfig:
    """Search for the configuration with the best validation score.

    Writes `tuned.yaml`, the table `trials.tsv` and the study into the folder `output`.  The same call resumes
    an interrupted study; time that its trials took counts.

    Parameters
    ----------
    dataset
        Training and validation rows are used, test rows are not looked at.  Of fewer than 500 validation rows
        the score would be mostly chance: then five folds of training and validation rows score a trial.
    output
        A folder.
    configs
        Name -> configuration that the search starts from; by default all shipped networks.
    hours
        Time limit.
    trials
        Number of trials after which the search ends, those of other processes included.
    seed
        Random seed of the search; all trials are trained from the same seed.
    machine
        Device, threads and memory.

    Returns
    -------
    The configuration of the best trial, which tells the number of trials and its validation score.

    Raises
    ------
    UsageError
        If the folder holds the study of other data, configurations or another seed, no study of this
        program, or such results without a study.
    ConfigError
        If no configuration can be trained on the dataset.
    TableError
        If no trial has a validation score.
    """
    starts, machine = dict(configs or network_configs()), machine or Machine()
    _refuse_unusable(starts)
    _refuse_other_files(output)
    folds = scoring_datasets(dataset)
    starts = {name: resolved_config(config, dataset) for name, config in starts.items()}
    starts = _cheapest_first(starts, folds[0], machine)
    output.mkdir(parents=True, exist_ok=True)
    study = Study(output, starts, dataset.digest() + dataset.digest("val"), seed=seed)
    clock = Clock(hours * 3600, time.monotonic() - study.seconds)
    logger.info("tuning: up to %s, from %s; %s", duration(clock.limit), ", ".join(starts), progress(study))
    if len(folds) > 1:
        few = plural(len(dataset.part("selection")), "validation row")
        logger.info("trials are scored in %d folds of the training rows and %s", len(folds), few)
    while not _is_over(study, clock, trials or math.inf):
        run_trial(study, folds, clock, seed=seed, machine=machine)
        write_trials(study, output / TABLE)
    write_trials(study, output / TABLE)  # an earlier run may have ended before
    return write_best(study, output / BEST, len(folds))


def resolved_config(config: ModelConfig, dataset: Dataset) -> ModelConfig:
    """Return a configuration with all arguments of its encoder; `dim` is that of the dataset's features."""
    config = config.sized(len(dataset.part("train")))
    return config.model_copy(update={"args": config_args(config, dataset)})


def _is_over(study: Study, clock: Clock, trials: float) -> bool:
    """Return whether a search has enough trials, no time, or only configurations that have no score."""
    ended = len(study.ended)
    return ended >= trials or (ended > 0 and clock.left <= 0) or study.is_hopeless


def _refuse_other_files(folder: Path) -> None:
    """Raise an error for a file in the place of a folder, links and pipes in it, and results of no study."""
    refuse_file(folder)
    for name in (STUDY, BEST, TABLE):
        refuse_irregular(folder / name)
        if (folder / name).is_file() and not (folder / STUDY).is_file():
            raise UsageError(f"{place(folder / name)}: file exists; name another folder, or remove it")


def _cheapest_first(
    starts: Mapping[str, ModelConfig], rows: Dataset, machine: Machine
) -> dict[str, ModelConfig]:
    """Return the configurations by estimated time of a training; the first one stays the first.

    Raises
    ------
    ConfigError
        If none of them can be trained.
    """
    seconds, faults = {}, []
    for name, config in starts.items():
        try:
            with untrainable():
                seconds[name] = training_seconds(rows, config, machine, rows=FEW_ROWS)
        except TrialStopped as stopped:
            seconds[name] = math.inf
            faults.append(f"{name}: {stopped}")
    if len(faults) == len(starts):
        raise ConfigError(f"tune: no configuration can be trained: {listed(faults)}")
    first, *others = starts
    return {name: starts[name] for name in (first, *sorted(others, key=seconds.__getitem__))}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit in s, and when it began to run."""

    limit: float
    begin: float

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.begin + self.limit - time.monotonic()


def run_trial(study: Study, folds: Sequence[Dataset], clock: Clock, *, seed: int, machine: Machine) -> None:
    """Train the next trial of a study, and store its score; the first one ignores the time limit."""
    begin, trial, is_first, r, note = time.monotonic(), study.ask(), not study.scored, None, ""
    reporter = TrialReporter(_comparison(trial), math.inf if is_first else clock.begin + clock.limit)
    try:
        config = study.configuration(trial)
        if not is_first:
            with untrainable():
                _refuse_slow(config, folds, machine, min(clock.left, clock.limit * MAX_SHARE))
        r, size = validation_score(folds, config, reporter, seed=seed, machine=machine)
        trial.set_user_attr("parameters", size)
        note = "r is not defined" if r is None else ""
    except TrialStopped as stopped:
        note = str(stopped)
    except BaseException:
        with suppress(EnvironmentFault):
            study.lose(trial)
        raise
    study.end(trial, r, note, time.monotonic() - begin)
    score = f"validation r {r:.3f}" if r is not None else note
    name = trial.params["model"]
    left = duration(max(clock.left, 0.0))
    logger.info("trial %d, %s: %s; %s; %s left", len(study.ended), name, score, progress(study), left)


def _comparison(trial: Any) -> Callable[[float, int], bool]:
    """Return a function that reports a loss, and returns whether most other trials had lower ones."""

    def is_worse(loss: float, tenth: int) -> bool:
        """Report the loss after some tenths of a training."""
        trial.report(-loss if math.isfinite(loss) else -math.inf, tenth)
        return bool(trial.should_prune())

    return is_worse


def _refuse_slow(config: ModelConfig, folds: Sequence[Dataset], machine: Machine, longest: float) -> None:
    """Raise `TrialStopped` if training on all folds would take more than `longest` seconds."""
    seconds = training_seconds(folds[0], config, machine, rows=FEW_ROWS) * len(folds)
    if longest < seconds < MAX_OVERESTIMATE * longest:
        seconds = training_seconds(folds[0], config, machine) * len(folds)
    if seconds > longest:
        raise TrialStopped(f"{SKIPPED}: would take about {duration(seconds)}, more than {duration(longest)}")


def _refuse_unusable(starts: Mapping[str, ModelConfig]) -> None:
    """Raise `UsageError` for configurations that a search cannot start from."""
    for name, config in starts.items():
        if config.baseline or config.teacher or config.pretrained:
            kind = "distilled from teachers" if config.teacher else "pretrained"
            what = "a baseline" if config.baseline else kind
            raise UsageError(f"tune: {show(name)} is {what}; expected networks that are trained alone")
    if len(losses := {config.training.loss for config in starts.values()}) > 1:
        found = " and ".join(sorted(losses))
        raise UsageError(f"tune: configurations with the losses {found}, which cannot be compared; use one")
