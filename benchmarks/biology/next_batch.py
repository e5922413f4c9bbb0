"""Compare batches of `seqcnn next` with random batches on simulated libraries with known truth.

`python -m benchmarks.biology.next_batch` writes benchmarks/biology/next_batch.md.  With numbers, such as
`1 2`, these seeds of both pools are run, and printed as JSON lines.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.simulation.ground_truth import true_activity
from seqcnn.data.simulation.oligo_library import design_library
from seqcnn.model.ensemble import join_networks
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.train import Machine, train
from seqcnn.selection.choice import choose_batch
from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.shuffle import shuffle_dinucleotides
from seqcnn.sequence.window import Layout

PAGE = Path("benchmarks/biology/next_batch.md")

LENGTH, POOL, TEST = 80, 4000, 1500
"""Length of sequences in bp, number of candidates, and of test sequences."""

BATCH, ROUNDS, RANDOM_ROUNDS = 150, 3, 6
"""Size of the first measurement and of every batch; rounds of chosen and of random batches."""

POOLS = {"sites in a sixth": 0.8, "sites in most": 0.0}
"""Name of a pool -> fraction of the sequences whose dinucleotides are shuffled: they have no sites."""

SEEDS = (1, 2, 3)
"""Seeds that are reported; the method was chosen with others, 101 and 102."""

MEMBERS, STEPS = 3, 300
"""Networks per ensemble, and steps of their training."""

RELIABILITY = 0.9
"""Pearson r of two replicates, whose mean is measured."""

_INTRODUCTION = f"""# Chosen against random batches

Made by `python -m benchmarks.biology.next_batch`.  A first random measurement of {BATCH} sequences of
{LENGTH} bp, then batches of {BATCH} of a pool of {POOL:,} sequences, chosen by `seqcnn next` or at random.
Pearson r of an ensemble of {MEMBERS} small networks with the true activity of {TEST:,} other sequences of the
same kind, mean over {len(SEEDS)} seeds; replicates correlate with r = {RELIABILITY}.  The second table of
each pool has, by seed, the new measurements that the batches save against random ones with the same r,
interpolated.  The method was chosen with other seeds.
"""

MACHINE = Machine("cpu", threads=1)

CONFIG = {
    "encoder": "cnn",
    "args": {"filters": [16, 16], "kernel_sizes": [11, 7], "hidden": 16, "filter_dropout": 0, "dropout": 0.1},
    "training": {"batch_size": 48, "lr": 0.01, "weight_decay": 0.05},
}


class Library:
    """Sequences of one kind with their true activity and a measurement."""

    def __init__(self, rng: np.random.Generator, number: int, shuffled: float) -> None:
        self.sequences = [_shuffled(s, rng) if rng.random() < shuffled else s for s in _natives(rng, number)]
        self.truth = true_activity(self.sequences)
        noise = self.truth.std() * ((1 - RELIABILITY) / RELIABILITY / 2) ** 0.5
        self.measured = self.truth + noise * rng.standard_normal(number)


def _natives(rng: np.random.Generator, number: int) -> list[str]:
    """Return unrelated sequences of the simulated library, with up to five pairs of planted sites."""
    oligos = design_library(rng, 2 * number, LENGTH)
    return [oligo.sequence for oligo in oligos if oligo.id.startswith("nat")][:number]


def _shuffled(sequence: str, rng: np.random.Generator) -> str:
    """Return a sequence with its dinucleotides in random order."""
    return unpack(shuffle_dinucleotides(np.frombuffer(pack(sequence), np.uint8), rng).tobytes())


def fit(library: Library, chosen: Sequence[int], test: Library, *, seed: int) -> tuple[LoadedModel, float]:
    """Train an ensemble on some sequences of a library; return it with r of the truth of the test."""
    parts = ["val" if i % 6 == 5 else "train" for i in range(len(chosen))] + ["test"] * TEST
    sequences = [library.sequences[i] for i in chosen] + test.sequences
    y = np.concatenate([library.measured[chosen], test.truth])
    dataset = dataset_from_arrays(sequences, y, split=parts)
    epochs = round(STEPS * CONFIG["training"]["batch_size"] / parts.count("train"))
    config = ModelConfig.model_validate(CONFIG | {"training": CONFIG["training"] | {"epochs": epochs}})
    with tempfile.TemporaryDirectory() as folder:
        models = [
            train(dataset, config, Path(folder, f"{m}.safetensors"), seed=10 * seed + m, machine=MACHINE)
            for m in range(MEMBERS)
        ]
    network, header = join_networks([m.regressor for m in models], [m.header for m in models])
    model = LoadedModel(network, header).eval()
    y_hat = model.predict_rows(dataset.rows.take(dataset.part("test")))[:, 0]
    return model, float(np.corrcoef(y_hat, test.truth)[0, 1])


def curve(seed: int, pool: str, method: str) -> list[tuple[int, float]]:
    """Return number of measurements and r after the first measurement and every batch."""
    rng = np.random.default_rng([seed, list(POOLS).index(pool)])
    library, test = (Library(rng, n, POOLS[pool]) for n in (POOL, TEST))
    rows = Layout(LENGTH).rows([pack(s) for s in library.sequences])
    chosen = rng.permutation(POOL)[:BATCH].tolist()
    model, r = fit(library, chosen, test, seed=seed)
    points = [(len(chosen), r)]
    for number in range(RANDOM_ROUNDS if method == "random" else ROUNDS):
        free = np.setdiff1d(np.arange(POOL), chosen)
        if method == "random":
            picked = rng.permutation(len(free))[:BATCH]
        else:
            picked = choose_batch(model, rows.take(free), rows.take(np.array(chosen)), BATCH).rows
        chosen += free[picked].tolist()
        model, r = fit(library, chosen, test, seed=seed + 100 * (number + 1))
        points.append((len(chosen), r))
    return points


def results(seeds: Sequence[int]) -> Iterator[dict]:
    """Yield the curve of every pool, seed and method."""
    for seed in seeds:
        for pool in POOLS:
            for method in ("random", "next"):
                yield {"pool": pool, "seed": seed, "method": method, "points": curve(seed, pool, method)}


def mean_curve(found: Sequence[dict], pool: str, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return number of measurements and mean r over the seeds of a pool and a method."""
    curves = [np.array(r["points"]) for r in found if (r["pool"], r["method"]) == (pool, method)]
    return curves[0][:, 0], np.mean([points[:, 1] for points in curves], axis=0)


def saved(found: Sequence[dict], pool: str, seed: int) -> list[str]:
    """Return the percentage of new measurements that each batch saves against random ones of the same r."""
    one = [r for r in found if r["seed"] == seed]
    (n, r), (chosen_n, chosen_r) = (mean_curve(one, pool, method) for method in ("random", "next"))
    best = np.maximum.accumulate(r)
    texts = []
    for count, score in zip(chosen_n[1:], chosen_r[1:], strict=True):
        if score > best[-1]:
            texts.append(f"> {100 * (1 - (count - n[0]) / (n[-1] - n[0])):.0f} %")
            continue
        needed = np.interp(score, best, n) if score > best[0] else n[0]
        texts.append("none" if needed <= count else f"{100 * (1 - (count - n[0]) / (needed - n[0])):.0f} %")
    return texts


def page(found: Sequence[dict]) -> str:
    """Return the text of the page."""
    lines = [_INTRODUCTION]
    seeds = list(dict.fromkeys(r["seed"] for r in found))
    for pool in POOLS:
        (n, r), (chosen_n, chosen_r) = (mean_curve(found, pool, method) for method in ("random", "next"))
        by_count = dict(zip(chosen_n, chosen_r, strict=True))
        lines += [f"## {pool.capitalize()}\n", "| measured | random | chosen |", "|---|---|---|"]
        lines += [
            f"| {count:,.0f} | {score:.3f} | {f'{by_count[count]:.3f}' if count in by_count else '-'} |"
            for count, score in zip(n, r, strict=True)
        ]
        batches = " | ".join(f"batch {number + 1}" for number in range(ROUNDS))
        lines += ["", f"| seed | {batches} |", "|---" * (ROUNDS + 1) + "|"]
        lines += [f"| {seed} | {' | '.join(saved(found, pool, seed))} |" for seed in seeds]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Print the curves of some seeds, or write the page."""
    logging.disable(logging.WARNING)
    seeds = [int(word) for word in sys.argv[1:]]
    found = []
    for result in results(seeds or SEEDS):
        found.append(result)
        print(json.dumps(result), flush=True)
    if not seeds:
        PAGE.write_text(page(found), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
