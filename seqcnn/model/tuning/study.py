"""The study of a tuning: its trials in one file, which several processes share and which outlives a kill."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from seqcnn.config.model import ModelConfig
from seqcnn.errors import UsageError, place
from seqcnn.extras import extra
from seqcnn.io.lock import is_running
from seqcnn.model.tuning.journal import STUDY_NAME, Journal
from seqcnn.model.tuning.space import changed, search_space

STUDY = "study.log"
"""Name of the file of a study, a journal in the format of Optuna."""

MODEL = "model"
"""Parameter with the name of the configuration that a trial starts from."""

WARMUP_TENTHS = 4
"""Tenths of its training that a trial has before it can be pruned."""

SKIPPED = "not trained"
"""Begin of the note of a trial that would take too long."""

BEST_TRIALS = 3
"""Best trials of which a new one changes some values."""

CHANGES = 2
"""Values of a good trial that a new one changes."""

_LOCAL = 0.7  # share of the trials that change a good one; the sampler proposes the others


class Study:
    """Trials that start from some configurations; the first ones are the configurations themselves.

    Later trials change a few values of one of the best trials, or are proposed by Optuna's TPE sampler.  A
    study belongs to the data of which `data` is a digest, to the configurations and to the seed: its name
    tells them.

    Raises
    ------
    UsageError
        If the folder holds the study of others, or a file that is no study.
    """

    def __init__(self, folder: Path, starts: Mapping[str, ModelConfig], data: str, *, seed: int) -> None:
        optuna = extra("optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.starts, self.seed, self.random = starts, seed, Random()
        self.spaces = {name: search_space(config) for name, config in starts.items()}
        self.states = optuna.trial.TrialState
        self.new_sampler = optuna.samplers.TPESampler
        pruner = optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=WARMUP_TENTHS)
        name = f"{STUDY_NAME} {json.dumps(_mark(starts, data, seed), sort_keys=True)}"
        journal = Journal(folder / STUDY)
        with _undamaged(journal):
            storage = optuna.storages.JournalStorage(journal)
            if not storage.get_all_studies():
                optuna.create_study(
                    storage=storage, study_name=name, direction="maximize", load_if_exists=True
                )
            _refuse_other(storage.get_all_studies()[0].study_name, name, folder)
            self.study = optuna.load_study(study_name=name, storage=storage, pruner=pruner)
            self._check_trials()
            self._end_lost_trials()

    @property
    def trials(self) -> list[Any]:
        """All trials, as Optuna's frozen trials."""
        return self.study.get_trials(deepcopy=False)

    @property
    def ended(self) -> list[Any]:
        """Trials that were trained or stopped, not those that were lost."""
        ended = (self.states.COMPLETE, self.states.PRUNED)
        return [trial for trial in self.trials if trial.state in ended]

    @property
    def tried(self) -> list[Any]:
        """Trials that were trained, at least in part."""
        return [trial for trial in self.ended if not trial.user_attrs["note"].startswith(SKIPPED)]

    @property
    def scored(self) -> list[Any]:
        """Trials with a score, the best one first."""
        done = [trial for trial in self.trials if trial.state == self.states.COMPLETE]
        return sorted(done, key=lambda trial: (-trial.value, trial.number))

    @property
    def seconds(self) -> float:
        """Time that all ended trials took."""
        return sum(trial.user_attrs["seconds"] for trial in self.ended)

    @property
    def is_hopeless(self) -> bool:
        """Whether all configurations that the search starts from were tried, and no trial has a score."""
        begun = {trial.user_attrs.get("start") for trial in self.ended}
        return not self.scored and begun >= self.starts.keys()

    def ask(self) -> Any:
        """Return the next trial: a configuration as it is, changes of a good trial, or the sampler's."""
        self.random.seed(f"{self.seed} {len(self.trials)}")  # processes that share a study differ
        self.study.sampler = self.new_sampler(seed=self.random.randrange(2**31))
        begun = {trial.user_attrs.get("start") for trial in self.trials if not _is_lost(trial)}
        if untried := [name for name in self.starts if name not in begun]:
            name = untried[0]
            values = {key: dimension.start for key, dimension in self.spaces[name].items()}
            self._enqueue(name, values, start=name)
        elif self.scored and self.random.random() < _LOCAL:
            self._enqueue(*self._neighbour())
        trial = self.study.ask()
        trial.set_user_attr("process", _this_process())
        return trial

    def configuration(self, trial: Any) -> ModelConfig:
        """Return the configuration of a trial that was asked for."""
        name = trial.suggest_categorical(MODEL, list(self.starts))
        values = {
            key: dimension.suggest(trial, f"{name}.{key}") for key, dimension in self.spaces[name].items()
        }
        config = changed(self.starts[name], values)
        trial.set_user_attr("config", config.model_dump(mode="json", exclude_none=True))
        return config

    def end(self, trial: Any, r: float | None, note: str, seconds: float) -> None:
        """Store the score of a trial, or why it has none, and its time."""
        trial.set_user_attr("note", note)
        trial.set_user_attr("seconds", seconds)
        self.study.tell(trial, r, state=None if r is not None else self.states.PRUNED)

    def lose(self, trial: Any) -> None:
        """Store that a trial came to no end, so that it is begun again."""
        self.study.tell(trial, state=self.states.FAIL)

    def _neighbour(self) -> tuple[str, dict[str, Any]]:
        """Return the model and the values of one of the best trials, with some values redrawn."""
        good = self.random.choice(self.scored[:BEST_TRIALS])
        name = good.params[MODEL]
        values = {key: good.params[f"{name}.{key}"] for key in self.spaces[name]}
        for key in self.random.sample(sorted(values), CHANGES):
            values[key] = self.spaces[name][key].redraw(self.random)
        return name, values

    def _enqueue(self, name: str, values: Mapping[str, Any], **attributes: str) -> None:
        """Set the model and the values of the next trial."""
        parameters = {MODEL: name} | {f"{name}.{key}": value for key, value in values.items()}
        self.study.enqueue_trial(parameters, user_attrs={**attributes, "process": _this_process()})

    def _check_trials(self) -> None:
        """Raise one of `_DAMAGES` if a trial that ended lacks what a trial has."""
        for trial in self.ended:
            name, facts = trial.params[MODEL], trial.user_attrs
            if not {f"{name}.{key}" for key in self.spaces[name]} <= trial.params.keys():
                raise KeyError(name)
            is_scored = trial.state == self.states.COMPLETE
            if not facts["seconds"] >= 0 or (is_scored and not -1 <= round(trial.value, 4) <= 1):
                raise ValueError(trial.value)
            ModelConfig.model_validate(facts["config"])
            str.strip(facts["note"])

    def _end_lost_trials(self) -> None:
        """End the trials whose process on this machine was killed, and those that this one left behind."""
        for trial in self.trials:
            own = trial.user_attrs.get("process") == _this_process()
            if trial.state == self.states.RUNNING and (own or _is_lost(trial)):
                with suppress(RuntimeError):  # another process ends it as well
                    self.study.tell(trial.number, state=self.states.FAIL, skip_if_finished=True)


_DAMAGES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What replaying a journal raises whose lines are JSON, but not those of a study."""


@contextmanager
def _undamaged(journal: Journal) -> Iterator[None]:
    """Raise `UsageError` where the block cannot read a journal."""
    try:
        yield
    except _DAMAGES as error:
        raise journal.damaged() from error


def _mark(starts: Mapping[str, ModelConfig], data: str, seed: int) -> dict[str, Any]:
    """Return what the scores of a study depend on: digests of its data and configurations, and its seed."""
    texts = {name: config.model_dump_json() for name, config in starts.items()}
    return {"data": data, "configurations": {n: _digest(text) for n, text in texts.items()}, "seed": seed}


def _refuse_other(name: str, expected: str, folder: Path) -> None:
    """Raise `UsageError` if the name of a study is not the expected one."""
    if name == expected:
        return
    old, new = (json.loads(text.removeprefix(STUDY_NAME)) for text in (name, expected))
    before, after = old["configurations"], new["configurations"]
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    what = f"other configurations: {', '.join(changed)}" if changed else f"the seed {old['seed']}"
    what = "other data" if old["data"] != new["data"] else what
    raise UsageError(f"{place(folder)}: holds the study of {place(what)}; choose another folder")


def _digest(text: str) -> str:
    """Return a short digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _this_process() -> list[Any]:
    """Return a digest of the name of this machine, and the number of this process."""
    return [_digest(platform.node()), os.getpid()]


def _is_lost(trial: Any) -> bool:
    """Return whether a trial failed, or its process on this machine is no more."""
    if trial.state.name != "RUNNING":
        return bool(trial.state.name == "FAIL")
    host, process = trial.user_attrs.get("process", (None, None))
    return host == _digest(platform.node()) and process != os.getpid() and not is_running(process)
