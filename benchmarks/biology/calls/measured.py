"""Calls of the measured mutants of `mutants.py` by networks that saw neither mutant nor parent."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.biology.calls.mutants import Mutant, Row, splicing_mutants, terminator_mutants
from benchmarks.biology.ensembles import fit_ensemble
from seqcnn.config.recipes import named_config
from seqcnn.data.fetch import fetch
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.readers.fasta import read_fasta
from seqcnn.genome.variant.effects import calls, score_pairs
from seqcnn.genome.variant.null_distribution import NullDistributions, threshold
from seqcnn.genome.variant.windows import AlleleWindows, RecordWindows, record_windows
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import pack, unpack

ALPHAS = (0.01, 0.05, 0.2)

MODEL, MEMBERS = "cnn", 5
"""Configuration of the networks, the default, and their number."""

NULL = 1000
"""Number of random changes of each kind."""

K = 30
"""A sequence that shares so many bp with a held-out parent is not trained on."""

N_TERMINATORS = 5000
"""Number of terminators, drawn at random, among which those for training are."""


@dataclass(frozen=True)
class Library:
    """A public library with mutants."""

    sequences: list[str]
    y: np.ndarray
    families: np.ndarray
    """Family of each sequence, str (N,)."""
    mutants: list[Mutant]
    folds: int
    """Number of parts of the families; each is held out once."""


@dataclass
class Called:
    """Mutants with predicted effects and calls, and predictions of held-out sequences."""

    mutants: list[Mutant] = field(default_factory=list)
    predicted: list[float] = field(default_factory=list)
    calls: dict[float, list[str]] = field(default_factory=lambda: {alpha: [] for alpha in ALPHAS})
    """alpha -> call of each mutant."""
    y: list[float] = field(default_factory=list)
    y_hat: list[float] = field(default_factory=list)


def splicing_library(name: str) -> Library:
    """Return a splicing library; genes are held out in two parts."""
    rows = public_rows(name)
    y = np.array([row["splicing_ratio"] for row in rows], float)
    families = np.array([row["gene"] for row in rows])
    return Library([row["sequence"] for row in rows], y, families, splicing_mutants(rows), 2)


def terminator_library() -> Library:
    """Return random genes of the plant terminators, and all designs, which are held out."""
    rows = public_rows("plant_terminators")
    designs = [row for row in rows if row["class"].startswith("G4-")]
    genes = [row for row in rows if row["class"] == "Gene"]
    rng = np.random.default_rng(1)
    kept = [*(genes[i] for i in rng.permutation(len(genes))[:N_TERMINATORS]), *designs]
    y = np.array([row["enrichment_tobacco"] for row in kept], float)
    families = [row["id"].rsplit("-", 1)[0] if row["class"] != "Gene" else row["id"] for row in kept]
    return Library([row["sequence"] for row in kept], y, np.array(families), terminator_mutants(rows), 1)


def public_rows(name: str) -> list[Row]:
    """Return the rows of a public dataset with their sequences in upper case."""
    with tempfile.TemporaryDirectory() as folder:
        files = fetch(name, Path(folder))
        sequences = [unpack(record.bases) for record in read_fasta(files.sequences, changes=Counter())]
        with files.targets.open(encoding="utf-8", newline="") as lines:
            table = list(csv.DictReader(lines, delimiter="\t"))
    return [row | {"sequence": letters} for row, letters in zip(table, sequences, strict=True)]


def call_mutants(library: Library) -> Called:
    """Hold out each part of the families once; return the calls of its mutants."""
    sizes = Counter(mutant.family for mutant in library.mutants)
    families, result = [name for name, _ in sizes.most_common()], Called()
    for fold in range(library.folds):
        held = set(families[fold :: library.folds])
        mutants = [mutant for mutant in library.mutants if mutant.family in held]
        model = _trained(library, held, mutants, fold)
        rows = np.flatnonzero(np.isin(library.families, list(held)))
        result.y += library.y[rows].tolist()
        windows = model.header.layout.rows([pack(library.sequences[i]) for i in rows])
        result.y_hat += model.predict_rows(windows)[:, 0].tolist()
        _call(model, mutants, result)
    return result


def training_rows(sequences: Sequence[str], parents: Sequence[str]) -> np.ndarray:
    """Return which sequences share no `K` bp with a parent, bool (N,)."""
    known = {parent[i : i + K] for parent in parents for i in range(len(parent) - K + 1)}
    return np.array([known.isdisjoint(s[i : i + K] for i in range(len(s) - K + 1)) for s in sequences])


def _trained(library: Library, held: set[str], mutants: Sequence[Mutant], fold: int) -> LoadedModel:
    """Train an ensemble without the held-out families; a tenth of the other families is for validation."""
    others = training_rows(library.sequences, [unpack(m.ref) for m in mutants])
    others &= ~np.isin(library.families, list(held))
    names = np.unique(library.families[others])
    chosen = np.random.default_rng(fold).permutation(names)[: max(len(names) // 10, 2)]
    parts = np.where(np.isin(library.families, chosen), "val", "train")[others].tolist()
    test = np.flatnonzero(np.isin(library.families, list(held)))[:2]  # a dataset has test rows
    rows = np.concatenate([np.flatnonzero(others), test])
    sequences = [library.sequences[i] for i in rows]
    dataset = dataset_from_arrays(sequences, library.y[rows], split=[*parts, "test", "test"])
    return fit_ensemble(dataset, named_config(MODEL), seed=fold + 1, members=MEMBERS)


def _call(model: LoadedModel, mutants: Sequence[Mutant], result: Called) -> None:
    """Call mutants as `seqcnn variants` does, by the random changes of their sequences."""
    records = {unpack(bases): bases for mutant in mutants for bases in (mutant.ref, mutant.alt)}
    null = NullDistributions(model, RecordWindows(records, model.header), target=0, n=NULL, seed=1)
    windows = [record_windows(mutant.ref, mutant.alt, model.header) for mutant in mutants]
    pairs = [pair for pair in windows if isinstance(pair, AlleleWindows)]
    if len(pairs) < len(mutants):
        raise ValueError(f"{len(mutants) - len(pairs)} mutants cannot be scored")
    effects = score_pairs(model, pairs)
    result.mutants += mutants
    result.predicted += effects.effect.tolist()
    for alpha in ALPHAS:
        limits = np.array([threshold(null.effects(pair.kind), alpha) for pair in pairs])
        result.calls[alpha] += calls(effects, limits)
