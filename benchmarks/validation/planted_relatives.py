"""Whether relatives of library members cross an automatic split, and whether the audit sees them if they do.

They are planted in libraries of four kinds: random sequences, designed families, constructs with constant
flanks and a barcode, and sequences of many lengths.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.validation.population import design
from benchmarks.validation.study import Row, Study, percent
from seqcnn.data.audit import leakage_mask
from seqcnn.data.dataset import Dataset
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.split.leakage import leakage
from seqcnn.data.split.splits import SplitInput, SplitPlan, split_rows
from seqcnn.sequence.onehot import pack

LENGTH = 150
"""Of the oligos, in bp; where it varies, the mean."""

_FLANKS = "GTCGAACTTGCAGTCTCTAG", "CTAGCCGTTGACGATCAGTC"
_BARCODE = 10  # bp
_SEEDS = 5  # of automatic splits of each library

RECALL = 0.99
"""Part of the relatives with many substitutions that are found, at least."""


def letters(draw: random.Random, n: int) -> str:
    """Draw random bases."""
    return "".join(draw.choices("ACGT", k=n))


def turned(sequence: str) -> str:
    """Return the reverse complement."""
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def tile(draw: random.Random, parent: str) -> str:
    """Shift a window by up to half of it, to either side; other bases come into view."""
    shift = draw.randint(1, len(parent) // 2)
    new = letters(draw, shift)
    return parent[shift:] + new if draw.random() < 0.5 else new + parent[:-shift]


def substituted(draw: random.Random, parent: str, count: int) -> str:
    """Replace bases at random places by others."""
    bases = list(parent)
    for at in draw.sample(range(len(parent)), count):
        bases[at] = draw.choice([base for base in "ACGT" if base != bases[at]])
    return "".join(bases)


Relative = Callable[[random.Random, str], str]
"""Makes a relative of a parent."""

KINDS: dict[str, Relative] = {
    "exact copy": lambda draw, parent: parent,
    "reverse complement": lambda draw, parent: turned(parent),
    "shifted tile": tile,
    "one mismatch": lambda draw, parent: substituted(draw, parent, 1),
}
"""Relatives that no automatic split may tear from their parent."""


def copies(low: float, high: float) -> Relative:
    """Return what makes copies of an identity from `low` to `high`, on either strand."""

    def make(draw: random.Random, parent: str) -> str:
        """Make one."""
        most, least = (int((1 - identity) * len(parent) + 1e-9) for identity in (low, high))
        copy = substituted(draw, parent, draw.randint(least, most))
        return copy if draw.random() < 0.5 else turned(copy)

    return make


COPIES: dict[str, Relative] = {
    f"copy on either strand, {low} to {low + 5} % identical": copies(low / 100, low / 100 + 0.05)
    for low in (95, 90, 85, 80)
}
"""Relatives that the rule of 80 % promises to find, up to a few."""


def library(kind: str, n: int, draw: random.Random) -> list[str]:
    """Make the inserts of a library of one kind of `BACKGROUNDS`."""
    if kind == "designed families":
        oligos = design(draw.randrange(10**6), n, LENGTH)
        return [oligo.sequence for oligo in oligos]
    if kind == "many lengths":
        return [letters(draw, draw.randint(LENGTH * 2 // 3, LENGTH * 4 // 3)) for _ in range(n)]
    return [letters(draw, LENGTH) for _ in range(n)]


def construct(kind: str, inserts: list[str], draw: random.Random) -> list[str]:
    """Put flanks and a barcode of its own around every insert, where the kind of library has them."""
    if kind != "flanks and barcodes":
        return inserts
    five, three = _FLANKS
    return [five + insert + letters(draw, _BARCODE) + three for insert in inserts]


BACKGROUNDS = ("random sequences", "designed families", "flanks and barcodes", "many lengths")
"""Kinds of library."""


_WORDS = (
    f"Relatives of library members are planted in four libraries: {', '.join(BACKGROUNDS)}.  Each is "
    f"split automatically {_SEEDS} times.  A relative is *apart* if it is in another cluster than its "
    "parent, *crossing* if a split puts the two on different sides, and *unseen* if the audit of a bad "
    "split, which has its parent in training, does not find it.  A tile shares at least half of its "
    "bases with its parent.  Barcodes are found, and left out of the comparison, where a library has "
    "near-identical inserts with different barcodes; elsewhere they count as sequence, and a copy with "
    "another barcode is less identical than its insert."
)


@dataclass(frozen=True, slots=True)
class Plants:
    """Relatives of one kind, and what became of them."""

    planted: int
    apart: int
    """Not in the cluster of their parent."""
    crossed: int
    """On another side than their parent in at least one of the automatic splits."""
    unseen: int
    """Not seen by the audit of a bad split, which has their parents in training."""

    def __add__(self, other: Plants) -> Plants:
        """Add up what became of the plants of two libraries."""
        return Plants(
            self.planted + other.planted,
            self.apart + other.apart,
            self.crossed + other.crossed,
            self.unseen + other.unseen,
        )


def plant(
    background: str, plants: int, kinds: Mapping[str, Relative] = KINDS, *, seed: int = 0
) -> dict[str, Plants]:
    """Plant relatives of every kind in a library, split it automatically, and audit a bad split of it.

    Parameters
    ----------
    background
        One of `BACKGROUNDS`.
    plants
        How many are planted; the kinds take turns.
    kinds
        Name -> what makes a relative of a parent.
    seed
        Of library and plants.
    """
    draw = random.Random(f"{background} {seed}")
    inserts = library(background, plants, draw)
    parents = [draw.randrange(len(inserts)) for _ in range(plants)]
    names = np.array([list(kinds)[k % len(kinds)] for k in range(plants)])
    relatives = [kinds[name](draw, inserts[parent]) for name, parent in zip(names, parents, strict=True)]
    sequences = construct(background, inserts + relatives, draw)
    data = dataset_from_arrays(sequences, np.arange(float(len(sequences))))
    child = len(inserts) + np.arange(plants)
    apart = data.groups[parents] != data.groups[child]
    crossed = np.any([split[parents] != split[child] for split in _splits(data)], axis=0)
    unseen = ~leakage_mask(_badly_split(data, sequences, len(inserts)))
    return {
        name: Plants(*(int(flags[names == name].sum()) for flags in (names == name, apart, crossed, unseen)))
        for name in kinds
    }


def planted_in_all(plants: int, kinds: Mapping[str, Relative] = KINDS) -> dict[str, Plants]:
    """Plant relatives in libraries of all kinds, so many in each; as `plant`."""
    found = [plant(background, plants, kinds) for background in BACKGROUNDS]
    return {name: sum((each[name] for each in found[1:]), found[0][name]) for name in kinds}


def study(plants: int = 2500) -> Study:
    """Plant relatives, so many in each library."""
    rows = []
    for name, found in planted_in_all(plants).items():
        kept = not (found.apart or found.crossed or found.unseen)
        rows.append(Row(name, "none apart, crossing or unseen", _say(found), found.planted, kept))
    for name, found in planted_in_all(plants, COPIES).items():
        recall = 1 - found.apart / found.planted
        promise = f"at least {100 * RECALL:.0f} % in one cluster"
        measured = f"{percent(recall)} in one cluster: {_say(found)}"
        rows.append(Row(name, promise, measured, found.planted, recall >= RECALL))
    name = list(COPIES)[-1]
    found = plant("flanks and barcodes", plants // 4, {name: COPIES[name]})[name]
    rows.append(Row(f"{name}, barcodes not recognised", "", _say(found), found.planted))
    return Study("No relative crosses an automatic split", _WORDS, rows)


def _splits(data: Dataset) -> list[np.ndarray]:
    """Split the clusters of a dataset automatically from several seeds."""
    keys = [str(group) for group in data.groups]
    rows = SplitInput(keys, [""] * len(keys))
    return [data.split, *(split_rows(SplitPlan(seed=seed), rows) for seed in range(2, _SEEDS + 1))]


def _badly_split(data: Dataset, sequences: list[str], inserts: int) -> Dataset:
    """Return the dataset with all parents in training and all planted relatives in test."""
    split = np.where(np.arange(len(data)) < inserts, "train", "test")
    return replace(data, split=split, **leakage([pack(sequence) for sequence in sequences], split))


def _say(found: Plants) -> str:
    """Say what became of plants."""
    return f"{found.apart} apart, {found.crossed} crossing, {found.unseen} unseen"
