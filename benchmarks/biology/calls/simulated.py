"""Calls of random changes of the simulated example, whose true effects are known."""

from __future__ import annotations

import numpy as np

from benchmarks.biology.example.variants import random_changes
from benchmarks.biology.models import RECIPES, trained
from benchmarks.biology.page import table
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.simulate import true_activity
from seqcnn.genome.variant.alleles import Kind
from seqcnn.genome.variant.effects import CALLS, Effects, calls, score_pairs
from seqcnn.genome.variant.null_distribution import NullDistributions, threshold
from seqcnn.genome.variant.windows import RecordWindows
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.sequence.onehot import unpack

N_CHANGES = 3000
ALPHAS = (0.01, 0.05, 0.2)
MIN_EFFECTS = (0.1, 0.25, 0.5)
NO_EFFECT = 0.01
"""Largest true effect, in log2 units, of a change that has none."""

NOTE = """Random single-base changes of test oligos of the embedded example, whose true effects the simulator
computes.  The null consists of {n_null:,} random changes of all oligos.  {none:,} of {n:,} changes have no
true effect (at most {no_effect:g} log2 units): the fraction of them that is called an effect is the
false-positive rate.  Sensitivity is the fraction of changes with a true effect of at least the given size
that is called an effect, and `uncertain` a fraction of all changes.  The call of `variants` uses the interval
over the networks; that of the mean effect alone shows what the interval does.  {larger:.1%} of all changes
have a true effect of {least:g} or more, so calls are conservative at lower rates: the random changes
of the null include them."""


def fractions(called: np.ndarray, true: np.ndarray) -> list[float]:
    """Return false-positive rate, sensitivity for each of `MIN_EFFECTS`, and fraction of uncertain calls."""
    is_effect, size = called == CALLS[0], np.abs(true)
    groups = [size <= NO_EFFECT, *(size >= least for least in MIN_EFFECTS)]
    return [*(float(is_effect[group].mean()) for group in groups), float((called == CALLS[2]).mean())]


def calls_against_truth(model: LoadedModel, dataset: Dataset) -> str:
    """Return the text and the table of a model."""
    pairs = random_changes(dataset, N_CHANGES, seed=1)
    ref, alt = ([unpack(pair[side][0]) for pair in pairs] for side in (0, 1))
    true = true_activity(alt) - true_activity(ref)
    rows = dataset.rows
    ends = zip(dataset.ids, rows.bases, rows.start, rows.insert_length, strict=True)
    records = {key: bases[start : start + size].tobytes() for key, bases, start, size in ends}
    make = RecordWindows(records, model.header)
    null = NullDistributions(model, make, target=0, n=1000, seed=1)
    effects, null_effects = score_pairs(model, pairs), null.effects(Kind(1, 1))
    lines = []
    mean = Effects(effects.ref, effects.alt)
    for label, own in (("interval over the networks", effects), ("mean effect alone", mean)):
        for alpha in ALPHAS:
            limit = threshold(null_effects, alpha)
            called = np.array(calls(own, np.full(len(pairs), limit)))
            cells = [f"{value:.3f}" for value in fractions(called, true)]
            lines.append([label, f"{alpha:g}", f"{limit:.3f}", *cells])
    heads = ["call by", "alpha", "threshold", "false-positive rate"]
    heads += [f"sensitivity, {least:g} or more" for least in MIN_EFFECTS] + ["uncertain"]
    note = NOTE.format(
        n_null=len(null_effects), none=int((np.abs(true) <= NO_EFFECT).sum()), n=len(pairs),
        no_effect=NO_EFFECT,
        larger=float((np.abs(true) >= MIN_EFFECTS[0]).mean()), least=MIN_EFFECTS[0],
    )  # fmt: skip
    return f"{note}\n\n{table(heads, lines)}"


def section() -> str:
    """Return the section of the page; the model is trained if it is missing."""
    bundle, dataset = trained("calls")
    model = load_model(bundle)
    r = model.header.metrics["test"][model.header.targets[0]]["pearson"]
    name = (
        f"{model.header.encoder}, {model.header.members} networks, Pearson r {r:.3f} on test rows, of\n"
        f"{RECIPES['calls'].text}."
    )
    return f"{name}\n\n{calls_against_truth(model, load_dataset(dataset))}"
