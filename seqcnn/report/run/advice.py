"""What a report recommends: options of `fit`, or commands for a run of the pipeline."""

from __future__ import annotations

from seqcnn.config.arguments import BASELINE_ARGS, KmerArgs
from seqcnn.report.run.members import Run

OWN_CONFIGURATION = "a configuration of your own (--configs my.yaml)"

MORE_MODELS = "--configs cnn,rnn,transformer"


def less_fit(run: Run) -> str:
    """Return how the best model could fit the training rows less closely."""
    if run.best.is_baseline:
        return _other_baseline(run, "smaller k")
    keys = "augmentation, larger weight_decay, mutation_rate or dropout, or fewer filters"
    return f"{search(run)}; or {OWN_CONFIGURATION} with {keys}"


def closer_fit(run: Run) -> str:
    """Return how the best model could fit the training rows more closely."""
    if run.best.is_baseline:
        return _other_baseline(run, "larger k")
    return f"{search(run)}; or {OWN_CONFIGURATION} with larger filters and hidden"


def _other_baseline(run: Run, change: str) -> str:
    """Return the change of a baseline on k-mers, and the option that trains a network if the run has none."""
    has_k = BASELINE_ARGS.get(run.best.model, KmerArgs) is KmerArgs
    option = f"{OWN_CONFIGURATION} with {change}" if has_k else "another baseline (--configs ridge,boosting)"
    return option if run.best_of(baseline=False) else f"{option}; or a network ({MORE_MODELS})"


def search(run: Run) -> str:
    """Return what searches for a configuration: a command if the pipeline made the run."""
    if run.config:
        command = f"seqcnn tune results/{run.name}/dataset.h5 -o tuning/"
        return f"{command}, which searches for one (tuned.yaml, for configs/models and models)"
    return "--preset best, which searches for one"
