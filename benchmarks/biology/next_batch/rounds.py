"""Rounds of measurements: after each, a model is trained and the next batch is chosen, or drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.biology.page import table
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.selection.choice import choose_batch
from seqcnn.sequence.window import Rows

MEMBERS = 3
"""Networks per ensemble."""

METHODS = ("random", "next")

Curve = Sequence[tuple[int, float]]
"""Number of measurements and r of the test sequences, after the first measurement and every batch."""

Fit = Callable[[Sequence[int], int], tuple[LoadedModel, float]]
"""Measured candidates and number of the round -> a model trained on them, and its r of test sequences."""


@dataclass(frozen=True)
class Plan:
    """Size of the first measurement and of every batch, and numbers of rounds."""

    batch: int
    rounds: int
    random_rounds: int
    """More than `rounds`, to find the number of random measurements that reaches the same r."""


def parts(measured: int, test: int) -> list[str]:
    """Return the part of each row: a sixth of the measured ones is for validation, then test rows follow."""
    return ["val" if i % 6 == 5 else "train" for i in range(measured)] + ["test"] * test


def curves(fit: Fit, candidates: Rows, plan: Plan, rng: np.random.Generator) -> dict[str, Curve]:
    """Measure a first random batch, then batches of each method; return method -> score after each batch."""
    first = rng.permutation(len(candidates))[: plan.batch].tolist()
    start, state = fit(first, 0), rng.bit_generator.state
    result = {}
    for method in METHODS:
        rng.bit_generator.state = state
        chosen, (model, r) = list(first), start
        points = [(len(chosen), r)]
        for number in range(1, (plan.random_rounds if method == "random" else plan.rounds) + 1):
            chosen += _batch(model, candidates, chosen, plan.batch, None if method == "next" else rng)
            model, r = fit(chosen, number)
            points.append((len(chosen), r))
        result[method] = points
    return result


def _batch(
    model: LoadedModel, candidates: Rows, chosen: list[int], number: int, rng: np.random.Generator | None
) -> list[int]:
    """Return the next candidates: those of `seqcnn next`, or random ones if there is a generator."""
    free = np.setdiff1d(np.arange(len(candidates)), chosen)
    if rng is not None:
        return free[rng.permutation(len(free))[:number]].tolist()
    known = candidates.take(np.array(chosen))
    return free[choose_batch(model, candidates.take(free), known, number).rows].tolist()


def saved(random: Curve, chosen: Curve) -> list[str]:
    """Return the percentage of new measurements that each batch saves against random ones of the same r.

    The number of random measurements is interpolated; the random curve is made monotone before.  `none` if
    as many random ones, or fewer, reach the same r, and `> P %` if all random ones do not.

    Examples
    --------
    >>> saved([(100, 0.5), (200, 0.6), (300, 0.7)], [(100, 0.5), (200, 0.7), (250, 0.6), (280, 0.8)])
    ['50 %', 'none', '> 10 %']
    """
    n, r = np.array(random, float).T
    best, texts = np.maximum.accumulate(r), []
    for count, score in chosen[1:]:
        needed = float(np.interp(score, best, n)) if score > best[0] else n[0]
        share = f"{100 * (1 - (count - n[0]) / (needed - n[0])):.0f} %" if needed > count else "none"
        texts.append(f"> {share}" if score > best[-1] and needed > count else share)
    return texts


def difference(random: Curve, chosen: Curve) -> np.ndarray:
    """Return r of the chosen batches minus that of as many random measurements, float64 (batches,)."""
    by_count = dict(random)
    return np.array([r - by_count[count] for count, r in chosen[1:]])


def section(curves: Mapping[int, Mapping[str, Curve]], note: str = "") -> str:
    """Return the tables of a pool: mean r by number of measurements, and what is saved by seed.

    Parameters
    ----------
    curves
        Seed -> method -> curve.
    note
        Text before the tables.
    """
    mean = {m: np.mean([np.array(curves[seed][m]) for seed in curves], axis=0) for m in METHODS}
    by_count = {int(n): f"{r:.3f}" for n, r in mean["next"]}
    scores = [[f"{n:,.0f}", f"{r:.3f}", by_count.get(int(n), "-")] for n, r in mean["random"]]
    texts = {seed: saved(pair["random"], pair["next"]) for seed, pair in curves.items()}
    gains = np.array([difference(pair["random"], pair["next"]) for pair in curves.values()])
    spread = [f"{g.mean():+.3f} ({g.min():+.3f} to {g.max():+.3f})" for g in gains.T]
    batches = [f"batch {number + 1}" for number in range(gains.shape[1])]
    rows = [[f"saved, seed {seed}", *cells] for seed, cells in texts.items()]
    rows.append(["r, chosen minus random: mean (smallest to largest)", *spread])
    tables = [table(["measured", "random", "chosen"], scores), table(["", *batches], rows)]
    return "\n\n".join([*([note] if note else []), *tables])
