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

import yaml

from seqcnn.config.model import ModelConfig, Tuning
from seqcnn.config.recipes import network_configs
from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, UsageError, place, plural, show
from seqcnn.io.atomic import atomic_path, refuse_file
from seqcnn.io.tsv import write_table
from seqcnn.model.training.timing import training_seconds
from seqcnn.model.training.trainer import Machine
from seqcnn.model.tuning.folds import scoring_datasets
from seqcnn.model.tuning.study import STUDY, Study
from seqcnn.model.tuning.trial import TrialReporter, TrialStopped, untrainable, validation_score
from seqcnn.plotting.formatting import duration

logger = logging.getLogger(__name__)

SKIPPED = "not trained"
"""Begin of the note of a trial that would take too long."""

BEST, TABLE = "tuned.yaml", "trials.tsv"
"""Names of the best configuration, and of the table of trials."""

COLUMNS = ("trial", "model", "state", "validation_pearson", "seconds", "parameters", "note", "configuration")

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
        If the folder holds the study of other data or other models, or such results without a study.
    TableError
        If no trial has a validation score.
    """
    starts, machine = dict(configs or network_configs()), machine or Machine()
    _refuse_unusable(starts)
    _refuse_other_files(output)
    output.mkdir(parents=True, exist_ok=True)
    folds = scoring_datasets(dataset)
    starts = _cheapest_first(starts, folds[0], machine)
    study = Study(output, starts, dataset.digest() + dataset.digest("val"), seed=seed)
    clock = Clock(hours * 3600, time.monotonic() - study.seconds)
    logger.info("tuning: up to %s, from %s; %s", duration(clock.limit), ", ".join(starts), _progress(study))
    if len(folds) > 1:
        few = plural(len(dataset.part("selection")), "validation row")
        logger.info("trials are scored in %d folds of the training rows and %s", len(folds), few)
    while len(study.ended) < (trials or math.inf) and (clock.left > 0 or not study.ended):
        run_trial(study, folds, clock, seed=seed, machine=machine)
        _write_table(study, output)
    return _best(study, output, len(folds))


def _refuse_other_files(folder: Path) -> None:
    """Raise `UsageError` for a file in the place of a folder, and for results in it that are of no study."""
    refuse_file(folder)
    for path in (folder / BEST, folder / TABLE):
        if path.is_file() and not (folder / STUDY).is_file():
            raise UsageError(f"{place(path)}: file exists; name another folder, or remove it")


def _cheapest_first(
    starts: Mapping[str, ModelConfig], rows: Dataset, machine: Machine
) -> dict[str, ModelConfig]:
    """Return the configurations by estimated time of a training; the first one stays the first."""
    first, *others = starts
    seconds = {name: training_seconds(rows, starts[name], machine, rows=FEW_ROWS) for name in others}
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
        with suppress(OSError):
            study.lose(trial)
        raise
    study.end(trial, r, note, time.monotonic() - begin)
    score = f"validation r {r:.3f}" if r is not None else note
    name = trial.params["model"]
    left = duration(max(clock.left, 0.0))
    logger.info("trial %d, %s: %s; %s; %s left", len(study.ended), name, score, _progress(study), left)


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


def _progress(study: Study) -> str:
    """Return the number of trials and the best score in words."""
    if not study.scored:
        return f"{plural(len(study.ended), 'trial')}"
    best = study.scored[0]
    name = best.params["model"]
    return f"best of {plural(len(_tried(study)), 'trial')}: {best.value:.3f} ({name})"


def _tried(study: Study) -> list[Any]:
    """Return the trials that were trained, at least in part."""
    return [trial for trial in study.ended if not trial.user_attrs.get("note", "").startswith(SKIPPED)]


def _write_table(study: Study, output: Path) -> None:
    """Write the table of the trials that ended."""
    write_table(
        output / TABLE,
        [COLUMNS, *(_cells(number, trial) for number, trial in enumerate(study.ended, start=1))],
    )


def _cells(number: int, trial: Any) -> tuple[str, ...]:
    """Return the cells of a trial."""
    facts = trial.user_attrs
    score = f"{trial.value:.6g}" if trial.state.name == "COMPLETE" else "NA"
    config = yaml.safe_dump(facts.get("config", {}), default_flow_style=True, width=math.inf, sort_keys=False)
    state, size = "stopped" if score == "NA" else "trained", str(facts.get("parameters", "NA"))
    return (
        str(number),
        trial.params["model"],
        state,
        score,
        f"{facts['seconds']:.1f}",
        size,
        facts.get("note", ""),
        config.strip(),
    )


def _best(study: Study, output: Path, folds: int) -> ModelConfig:
    """Write the table of trials and the best configuration, and return it."""
    _write_table(study, output)
    if not study.scored:
        reasons = {trial.user_attrs.get("note", "") for trial in study.ended}
        raise TableError(f"tune: no trial has a validation score: {'; '.join(sorted(reasons))}")
    best, count = study.scored[0], len(_tried(study))
    config = ModelConfig.model_validate(best.user_attrs["config"])
    config = config.model_copy(
        update={"tuning": Tuning(trials=count, pearson=round(best.value, 4), folds=folds)}
    )
    text = yaml.safe_dump(config.model_dump(mode="json", exclude_none=True), sort_keys=False)
    start = f"# From {best.params['model']}: the best of {plural(count, 'trial')} of `seqcnn tune`.\n"
    with atomic_path(output / BEST) as temporary:
        temporary.write_text(start + text)
    logger.info(
        "best of %s: validation r %.3f, from %s; the best of many tends to be too high: judge by test rows. "
        "For `fit --configs` and `train --config`: %s",
        plural(count, "trial"), best.value, best.params["model"], place(output / BEST),
    )  # fmt: skip
    return config
