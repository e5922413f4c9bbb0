"""Can it get better?  What could raise the score: each lever with its model, its evidence and its option.

A row says no more than the tables of the report: where an interval does not decide, it says so.  Levers of
training are about the best network, which need not be the selected model: such a row names both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from seqcnn.config.model import TrainingPlan
from seqcnn.config.recipes import recipe
from seqcnn.data.assay.noise_ceiling import no_ceiling_reason, scored_replicates
from seqcnn.data.assay.target_notes import diagnose
from seqcnn.errors import plural
from seqcnn.evaluation.learning_curve import max_r, more_data_verdict
from seqcnn.plotting.formatting import percent
from seqcnn.report.content.comparison import against_best, differences, seed_variation
from seqcnn.report.content.score_text import r_text, scale_note, score_text
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.run.advice import MORE_MODELS, closer_fit, less_fit, search
from seqcnn.report.run.members import Run

MAX_P = 0.05
"""Adjusted p-value below which another model is called better."""

LAST_EPOCHS = 0.9
"""Share of the epochs after which a lowest validation loss may have been followed by lower ones."""

_TRANSFORM = re.compile(r"transform ([a-z0-9-]+)")
_RERUN = "then seqcnn report . -o report.html --overwrite"


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that could raise the score."""

    name: str
    answer: str
    """Such as `Yes`, `No`, `Perhaps` or `Not known`."""
    evidence: str
    option: str = ""
    """What does it; '' if nothing is recommended."""
    model: str = ""
    """Network that it is about; '' for the selected model, or all of them."""


def improvement_tables(run: Run) -> list[Table]:
    """Return the levers, one table per target."""
    columns = [Column(x, "text") for x in ("Lever", "Does it help?", "Evidence", "To try", "About")]
    tables = []
    for t, target in enumerate(run.targets):
        rows = [
            [Cell(x.name), Cell(x.answer), Cell(x.evidence), Cell(x.option), Cell(_subject(run, x))]
            for x in levers(run, t)
        ]
        tables.append(Table(f"improvement-{t}", f"{target}: what could raise the score", columns, rows))
    return tables


def levers(run: Run, t: int) -> list[Lever]:
    """Return the levers of target number `t`."""
    every = (_fit, _epochs, _data, _noise, _seeds, _models, _configuration, _transform)
    tried = [find(run, t) for find in every]
    return [replace(lever, option=run.advice(lever.option)) for lever in tried if lever]


def _subject(run: Run, lever: Lever) -> str:
    """Return which model a lever is about, if that is another one than the selected model."""
    if not lever.model or lever.model == run.best.model:
        return ""
    return f"{lever.model}, which is not the selected model"


def _fit(run: Run, t: int) -> Lever:
    """Return whether the best model overfits or underfits."""
    name, best, target = "Regularisation, or a larger model", run.best, run.targets[t]
    train, test = (best.score(part, target, "pearson") for part in ("train", "test"))
    limit = max_r(best.ceiling("train", target))
    scores = f"{best.label}: r = {score_text(train, 'pearson')} on training rows, "
    scores += f"{score_text(test, 'pearson')} on test rows"
    bounds = (train.low, train.high, test.high)
    if None in bounds:
        return Lever(name, "Not known", f"{scores}; without both intervals this is not judged.")
    low, high, test_high = (float(bound) for bound in bounds if bound is not None)
    if low > test_high:
        return Lever(name, "Regularisation may", f"Overfit: {scores}.", less_fit(run))
    if test.value is not None and test.value < low:
        gap = "higher on training rows, but the intervals overlap"
        return Lever(name, "Not clearly", f"{scores}: {gap}; neither overfit nor underfit is shown.")
    if best.ceiling("train", target) and high < limit:
        below = f"; the noise ceiling of the training rows is {limit:.2f}"
        return Lever(name, "A larger model may", f"Underfit: {scores}{below}.", closer_fit(run))
    return Lever(name, "Not clearly", f"{scores}: neither overfit nor clearly underfit.")


def _epochs(run: Run, t: int) -> Lever | None:
    """Return whether the validation loss of the best network was lowest in the last tenth of its epochs.

    If it did not, but fewer epochs than the default were set, the answer is not known: the learning rate
    falls to its lowest value within any number of epochs.
    """
    network = run.best_of(baseline=False)
    members = [m for m in run.members if network and m.model == network.model]
    fits = [m.run for m in members if m.run.get("epochs") and m.run.get("best_epoch")]
    if network is None or not fits:
        return None
    default = _default_epochs(network.model)
    planned = max((m.header.training.get("epochs", default) for m in members if m.header), default=default)
    last = sum(fit["best_epoch"] > LAST_EPOCHS * fit["epochs"] for fit in fits)
    pairs = ", ".join(f"{fit['best_epoch']:g} of {fit['epochs']:g}" for fit in fits)
    evidence = f"{network.model}: the validation loss was lowest in epoch {pairs}."
    if last:
        more = max(2 * max(fit["epochs"] for fit in fits), default if planned < default else 0)
        return Lever("More epochs", "Perhaps", evidence, f"--epochs {more:g}", network.model)
    if planned < default:
        fewer = f"{evidence[:-1]}, and {planned} epochs are fewer than the default of {default}."
        return Lever("More epochs", "Not known", fewer, f"--epochs {default}", network.model)
    return Lever("More epochs", "No", evidence, model=network.model)


def _default_epochs(model: str) -> int:
    """Return the number of epochs of a shipped model configuration, or of all others."""
    return int(recipe(model).get("epochs", TrainingPlan().epochs))


def _data(run: Run, t: int) -> Lever:
    """Return what the learning curve predicts for more training sequences."""
    name, target = "More training sequences", run.targets[t]
    if run.curve:
        verdict = more_data_verdict(run.curve, target, limit=max_r(run.best.ceiling("test", target)))
        answer, _, evidence = verdict.partition(": ")
        option = "measure more sequences" if answer in ("Yes", "Slightly") else ""
        return Lever(name, answer, f"{run.curve['model']}: {evidence}", option, run.curve["model"])
    network = run.best_of(baseline=False)
    config = network.model if network else "cnn"
    if run.config:
        return Lever(name, "Not known", "No learning curve was run.", f"learning_curve: {config}")
    command = f"seqcnn learning-curve dataset.h5 --config {config} -o learning_curve.json"
    where = f"in the folder of the run: {command}; {_RERUN}"
    return Lever(name, "Not known", "No learning curve was run.", where)


def _noise(run: Run, t: int) -> Lever:
    """Return whether the noise of the measurements limits the score."""
    name, target = "Less noisy measurements", run.targets[t]
    ceiling, score = run.best.ceiling("test", target), run.best.score("test", target, "pearson")
    if not ceiling:
        replicates = scored_replicates(run.dataset, run.dataset.part("test"), t)
        if np.isfinite(replicates).any():
            return Lever(name, "Not known", f"No noise ceiling: {no_ceiling_reason(replicates)}.")
        return Lever(name, "Not known", "The dataset has no replicates.", "--replicates rep1,rep2")
    limit = ceiling["attainable_r"]
    evidence = f"r = {score_text(score, 'pearson')}; noise ceiling {limit:.2f}"
    if score.value is None or score.low is None or score.high is None:
        return Lever(name, "Not known", f"{evidence}.")
    if score.low > limit:
        return Lever(name, "No", f"{evidence}: the score exceeds it; check the leakage between the parts.")
    if score.high >= limit:
        evidence += ": the interval includes it, so no room for a better model is shown"
        return Lever(name, "Perhaps", f"{evidence}.", "more replicates or barcodes per sequence")
    share = percent((max(score.value, 0) / limit) ** 2)
    note = scale_note(score, run.best.score("test", target, "r2"))
    evidence += f": the model explains {share} of what can be explained{note}"
    return Lever(name, "Not the limit", f"{evidence}.")


def _seeds(run: Run, t: int) -> Lever | None:
    """Return whether the ensemble of the best network is better than its seeds."""
    network, name, target = run.best_of(baseline=False), "More seeds, as an ensemble", run.targets[t]
    if network is None:
        return None
    fits = [m for m in run.members if m.model == network.model and m.name.startswith("seed")]
    ensemble = run.member(network.model, "ensemble")
    if len(fits) < 2 or ensemble is None:
        evidence = f"{plural(len(fits), 'seed')} of {network.model} and no ensemble."
        return Lever(name, "Not known", evidence, "--seeds 1,2,3", network.model)
    compared = differences(run, t, fits, ensemble)
    better = sum(difference.high is not None and difference.high < 0 for difference in compared)
    spread = "".join(
        f", of its seeds {variation.mean:.2f} on average (SD {variation.sd:.3f})"
        for variation in seed_variation(run, target)
        if variation.model == network.model
    )
    r = r_text(ensemble.score("test", target, "pearson"))
    above = f"the 95% interval of its difference is above 0 for {better} of {plural(len(fits), 'seed')}"
    evidence = f"r of {ensemble.label} {r}{spread}; {above}."
    answer = "Yes" if better == len(fits) else "Perhaps" if better else "Not clearly"
    seeds = ",".join(str(seed) for seed in range(1, len(fits) + 3))
    return Lever(name, answer, evidence, f"--seeds {seeds}" if better else "", network.model)


def _models(run: Run, t: int) -> Lever:
    """Return whether another model of the run is better, and which were not tried."""
    name, target = "Another model", run.targets[t]
    networks = [member for member in run.per_model() if not member.is_baseline]
    untried = MORE_MODELS if len(networks) < 2 else ""
    if len(run.members) < 2:
        return Lever(name, "Not known", f"{run.best.label} is the only scored fit.", untried)
    better = [
        member.label for member, difference, p in against_best(run, t)
        if difference.value is not None and difference.value > 0 and p is not None and p < MAX_P
    ]  # fmt: skip
    best = run.best.score("test", target, "pearson")
    evidence = f"{run.best.label}, selected on validation rows: r = {score_text(best, 'pearson')}"
    if better:
        evidence += f"; higher on test rows, with adjusted p < {MAX_P}: {', '.join(better)}."
        return Lever(name, "Perhaps", evidence, untried)
    others = f"of {plural(len(run.members) - 1, 'other fit')} none is higher with adjusted p < {MAX_P}"
    return Lever(name, "Not clearly", f"{evidence}; {others}.", untried)


def _configuration(run: Run, t: int) -> Lever:
    """Return whether the configuration of the best network was searched for."""
    name, network = "Another configuration", run.best_of(baseline=False)
    tuning = network.header.tuning if network and network.header else None
    if network is None or tuning is None:
        compared = Lever(name, "Not known", "No configurations were compared.", search(run))
        return replace(compared, model=network.model if network else "")
    test = network.score("test", run.targets[t], "pearson")
    evidence = (
        f"{network.label}: {tuning} (the best of many scores tends to be too high); on test rows "
        f"r = {score_text(test, 'pearson')}."
    )
    return Lever(name, "Tried", evidence, "a longer search (--hours)", network.model)


def _transform(run: Run, t: int) -> Lever:
    """Return whether the distribution of the training measurements calls for a transform."""
    name, target = "A transform of the measurements", run.targets[t]
    y = run.dataset.targets[run.measured("train", t), t].astype(np.float64)
    scale = f" on the scale {run.dataset.units[t]}" if target in run.dataset.transforms else ""
    if len(np.unique(y)) < 2:
        return Lever(name, "Not known", "Fewer than two different measurements of training rows.")
    notes = [(note, match[1]) for note in diagnose(y) if (match := _TRANSFORM.search(note))]
    if not notes:
        return Lever(name, "No", f"No long tail of the training measurements{scale} that a transform mends.")
    note, transform = notes[0]
    return Lever(name, "Perhaps", f"Training measurements{scale}: {note}.", f"--transform {transform}")
