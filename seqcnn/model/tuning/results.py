"""Results of a search: the table of its trials, and the configuration of the best one."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import yaml

from seqcnn.config.model import MAX_TRIALS, ModelConfig, Tuning
from seqcnn.errors import TableError, place, plural
from seqcnn.io.atomic import atomic_path
from seqcnn.io.tsv import write_table
from seqcnn.model.tuning.study import Study

logger = logging.getLogger(__name__)

BEST, TABLE = "tuned.yaml", "trials.tsv"
"""Names of the best configuration, and of the table of trials."""

COLUMNS = ("trial", "model", "state", "validation_pearson", "seconds", "parameters", "note", "configuration")


def progress(study: Study) -> str:
    """Return the number of trials and the best score in words."""
    if not study.scored:
        return f"{plural(len(study.ended), 'trial')}"
    best = study.scored[0]
    name = best.params["model"]
    return f"best of {plural(len(study.tried), 'trial')}: {best.value:.3f} ({name})"


def write_trials(study: Study, path: Path) -> None:
    """Write the table of the trials that ended."""
    cells = (_cells(number, trial) for number, trial in enumerate(study.ended, start=1))
    write_table(path, [COLUMNS, *cells])


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


def write_best(study: Study, path: Path, folds: int) -> ModelConfig:
    """Write the best configuration, and return it; trials that chose what the search starts from count.

    Raises
    ------
    TableError
        If no trial has a score.
    """
    if not study.scored:
        reasons = {trial.user_attrs.get("note", "") for trial in study.ended}
        raise TableError(f"tune: no trial has a validation score: {'; '.join(sorted(reasons))}")
    best, count = study.scored[0], len(study.tried)
    earlier = sum(config.tuning.trials for config in study.starts.values() if config.tuning)
    name, trials = best.params["model"], plural(count, "trial")
    trials += f" after {earlier:,} of earlier searches" if earlier else ""
    tuning = Tuning(trials=min(count + earlier, MAX_TRIALS), pearson=round(best.value, 4), folds=folds)
    config = ModelConfig.model_validate(best.user_attrs["config"]).model_copy(update={"tuning": tuning})
    text = yaml.safe_dump(config.model_dump(mode="json", exclude_none=True), sort_keys=False)
    with atomic_path(path) as temporary:
        temporary.write_text(
            f"# From {name}: the best of {trials} of `seqcnn tune`.\n{text}", encoding="utf-8", newline="\n"
        )
    logger.info(
        "best of %s: validation r %.3f, from %s; the best of many tends to be too high: judge by test rows. "
        "For `fit --configs` and `train --config`: %s", trials, best.value, name, place(path),
    )  # fmt: skip
    return config
