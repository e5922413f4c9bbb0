"""Leaks that an audit must report and a split must avoid, planted in large numbers.

Chimeras and indels: each of many random parents has one relative; all parents are in training and all
relatives in test.  Combinatorial libraries: random rows are tested, and which parts a row shares with which
training row is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.validation.splits.recall import chimera, deletion, insertion, moved_blocks, random_codes
from benchmarks.validation.study import Row, Study
from seqcnn.data.audit import leakage_mask, segment_mask, verdict
from seqcnn.data.dataset import Dataset
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.split.leakage import leakage

LENGTH = 200
"""Length of the parents and of the sequences of combinatorial libraries, bp."""

RELATIVES: dict[str, Callable[[np.random.Generator, np.ndarray, float], np.ndarray]] = {
    "chimera of one half": chimera,
    "exchanged halves": moved_blocks,
    "insertion of 5 to 40 bp": insertion,
    "deletion of 5 to 40 bp": deletion,
}
"""Kinds of relatives; the shared bases are 90 to 100 % identical."""

LIBRARIES = {
    "2 parts of 100 bp": (2, 100, 10_000),
    "3 parts of 66 bp": (3, 22, 10_000),
    "5 parts of 40 bp": (5, 8, 10_000),
}
"""Name -> number of parts in a sequence, of variants of each part, and of sequences."""

_LETTERS = np.frombuffer(b"ACGT", np.uint8)
_TEST = 0.55  # fraction of test rows of a random split


@dataclass(frozen=True, slots=True)
class Leaks:
    """Counts of planted leaks of one kind."""

    planted: int
    """Test rows with a relative in training."""
    clean: int
    """Of these, rows that the audit reports neither as relative nor for a recurring segment."""
    unreported: int
    """Of these, rows that the audit does not report as relative."""
    verdict: str
    """Verdict of the audit of the leaky split."""
    crossing: int
    """Rows that are in another part than a relative in the automatic split."""


def plant_relatives(kind: str, number: int, *, seed: int = 0) -> Leaks:
    """Plant one relative of each of `number` parents."""
    rng = np.random.default_rng(seed)
    parents = list(random_codes(rng, number * LENGTH).reshape(number, LENGTH))
    relatives = [RELATIVES[kind](rng, parent, rng.uniform(0.9, 1)) for parent in parents]
    relatives = [3 - codes[::-1] if k % 2 else codes for k, codes in enumerate(relatives)]
    sequences = [_letters(codes) for codes in parents + relatives]
    data = dataset_from_arrays(sequences, np.arange(2.0 * number))
    leaky = audited(data, np.repeat(["train", "test"], number))
    crossing = int((data.split[:number] != data.split[number:]).sum())
    return _leaks(leaky, np.ones(number, bool), crossing)


def combine_parts(library: str, number: int, *, seed: int = 0) -> Leaks:
    """Make `number` combinations of parts; a relative shares neighbouring parts of half of the sequence."""
    rng = np.random.default_rng(seed)
    count, variants, _ = LIBRARIES[library]
    parts = random_codes(rng, count * variants * (LENGTH // count)).reshape(count, variants, -1)
    numbers = rng.choice(variants**count, number, replace=False)
    picks = np.stack(np.unravel_index(numbers, (variants,) * count), axis=1)  # (number, count)
    codes = np.concatenate([parts[k][picks[:, k]] for k in range(count)], axis=1)
    sequences = [_letters(row) for row in codes]
    split = np.where(rng.random(number) < _TEST, "test", "train")
    data = dataset_from_arrays(sequences, np.arange(float(number)))
    everything = dataset_from_arrays(sequences, np.arange(float(number)), split=_with_validation(split))
    related = _related(picks, split == "train")
    kept = np.array([int(name) - 1 for name in data.ids])
    crossing = _related(picks[kept], data.split == "train")[data.split != "train"]
    return _leaks(everything, related[everything.split == "test"], int(crossing.sum()))


def audited(data: Dataset, split: np.ndarray) -> Dataset:
    """Return the dataset with another split and its audit."""
    return replace(data, split=split, **leakage(data.rows.inserts(), split))


def _with_validation(split: np.ndarray) -> np.ndarray:
    """Assign two training rows to validation, as every part of a split needs rows."""
    split = split.copy()
    split[np.flatnonzero(split == "train")[:2]] = "val"
    return split


def _leaks(leaky: Dataset, related: np.ndarray, crossing: int) -> Leaks:
    """Count the test rows of a leaky split that the audit does not report; `related` are those that leak."""
    leaked, segment = leakage_mask(leaky)[related], segment_mask(leaky)[related]
    clean = int((~(leaked | segment)).sum())
    return Leaks(int(related.sum()), clean, int((~leaked).sum()), verdict(leaky), crossing)


def _related(picks: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return which combinations share neighbouring parts of half of the length with training, bool (N,)."""
    count = picks.shape[1]
    run, related = -(-count // 2), np.zeros(len(picks), bool)
    for begin in range(count - run + 1):
        key = np.unique(picks[:, begin : begin + run], axis=0, return_inverse=True)[1].ravel()
        related |= np.bincount(key, weights=train)[key] > train
    return related


def _letters(codes: np.ndarray) -> str:
    """Return the text of codes 0..3."""
    return _LETTERS[codes].tobytes().decode()


_DESCRIPTION = (
    f"Each of many random parents of {LENGTH} bp has one relative on either strand, with shared bases that "
    "are 90 to 100 % identical; parents are in training and relatives in test.  Combinatorial libraries are "
    "split by random rows; a leak is a test row that shares neighbouring parts of at least half of the "
    "sequence with a training row.  A leak is *called clean* if the audit reports neither a relative nor a "
    "recurring segment; the verdict on these splits must not be clean.  A row is *crossing* if the automatic "
    "split, by clusters or by parts, has a relative of it in training."
)


def study(number: int = 10_000) -> Study:
    """Plant `number` relatives of every kind, and more leaky test rows of combined parts."""
    rows = [_row(kind, plant_relatives(kind, number)) for kind in RELATIVES]
    rows += [_row(library, combine_parts(library, size)) for library, (_, _, size) in LIBRARIES.items()]
    return Study("Leaks in large libraries", _DESCRIPTION, rows)


def _row(setting: str, leaks: Leaks) -> Row:
    """Return the row of one kind."""
    holds = not leaks.clean and not leaks.crossing and not leaks.verdict.startswith("This split is clean")
    measured = (
        f"{leaks.clean} called clean, {leaks.unreported} not reported as relative, {leaks.crossing} "
        f"crossing; verdict: {leaks.verdict.split(':')[0]}"
    )
    return Row(setting, "none called clean, none crossing", measured, leaks.planted, holds)
