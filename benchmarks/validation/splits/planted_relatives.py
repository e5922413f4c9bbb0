"""Study of planted relatives in automatic splits and in the audit.

Libraries are of four kinds: random sequences, designed families, constructs with constant
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
"""Length of the oligos, bp; the mean where it varies."""

_FLANKS = "GTCGAACTTGCAGTCTCTAG", "CTAGCCGTTGACGATCAGTC"
_BARCODE = 10  # bp
_SEEDS = 5  # automatic splits per library

RECALL = 0.99
"""Minimum fraction of relatives with many substitutions in the cluster of their parent."""


def random_bases(rng: random.Random, n: int) -> str:
    """Return random bases."""
    return "".join(rng.choices("ACGT", k=n))


def reverse_complement(sequence: str) -> str:
    """Return the reverse complement."""
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def tile(rng: random.Random, parent: str) -> str:
    """Shift a window by up to half of its length, to either side; new positions get random bases."""
    shift = rng.randint(1, len(parent) // 2)
    new = random_bases(rng, shift)
    return parent[shift:] + new if rng.random() < 0.5 else new + parent[:-shift]


def substitute(rng: random.Random, parent: str, count: int) -> str:
    """Replace bases at random positions by other bases."""
    bases = list(parent)
    for position in rng.sample(range(len(parent)), count):
        bases[position] = rng.choice([base for base in "ACGT" if base != bases[position]])
    return "".join(bases)


def chimera(rng: random.Random, parent: str) -> str:
    """Join one half of the parent, at its place, to random bases."""
    half = (len(parent) + 1) // 2
    new = random_bases(rng, len(parent) - half)
    return parent[:half] + new if rng.random() < 0.5 else new + parent[-half:]


def long_insertion(rng: random.Random, parent: str) -> str:
    """Insert 5 to 40 random bases anywhere, and cut the sequence to its old length."""
    at = rng.randint(0, len(parent))
    return (parent[:at] + random_bases(rng, rng.randint(5, 40)) + parent[at:])[: len(parent)]


def long_deletion(rng: random.Random, parent: str) -> str:
    """Delete 5 to 40 bases anywhere."""
    size = rng.randint(5, 40)
    at = rng.randint(0, len(parent) - size)
    return parent[:at] + parent[at + size :]


Relative = Callable[[random.Random, str], str]
"""Function that makes a relative of a parent."""

RELATIVES: dict[str, Relative] = {
    "exact copy": lambda rng, parent: parent,
    "reverse complement": lambda rng, parent: reverse_complement(parent),
    "shifted tile": tile,
    "one mismatch": lambda rng, parent: substitute(rng, parent, 1),
    "chimera of one half": chimera,
    "insertion of 5 to 40 bp": long_insertion,
    "deletion of 5 to 40 bp": long_deletion,
}
"""Relatives that must stay in the part of their parent."""


def mutated_copies(low: float, high: float) -> Relative:
    """Return a function that makes copies of identity `low` to `high`, on either strand."""

    def make(rng: random.Random, parent: str) -> str:
        """Return one copy."""
        most, least = (int((1 - identity) * len(parent) + 1e-9) for identity in (low, high))
        copy = substitute(rng, parent, rng.randint(least, most))
        return copy if rng.random() < 0.5 else reverse_complement(copy)

    return make


COPIES: dict[str, Relative] = {
    f"copy on either strand, {low} to {low + 5} % identical": mutated_copies(low / 100, low / 100 + 0.05)
    for low in (95, 90, 85, 80)
}
"""Relatives above the 80 % threshold; nearly all must be found."""


def library(kind: str, n: int, rng: random.Random) -> list[str]:
    """Make the inserts of a library of one kind of `BACKGROUNDS`."""
    if kind == "designed families":
        oligos = design(rng.randrange(10**6), n, LENGTH)
        return [oligo.sequence for oligo in oligos]
    if kind == "many lengths":
        return [random_bases(rng, rng.randint(LENGTH * 2 // 3, LENGTH * 4 // 3)) for _ in range(n)]
    return [random_bases(rng, LENGTH) for _ in range(n)]


def construct(kind: str, inserts: list[str], rng: random.Random) -> list[str]:
    """Put flanks and a barcode of its own around every insert, where the kind of library has them."""
    if kind != "flanks and barcodes":
        return inserts
    five, three = _FLANKS
    return [five + insert + random_bases(rng, _BARCODE) + three for insert in inserts]


BACKGROUNDS = ("random sequences", "designed families", "flanks and barcodes", "many lengths")
"""Kinds of library."""


_DESCRIPTION = (
    f"Relatives of library members are planted in four libraries: {', '.join(BACKGROUNDS)}.  Each is "
    f"split automatically {_SEEDS} times.  A relative is *separated* if it is in another cluster than its "
    "parent, *crossing* if a split puts the two into different parts, and *missed* if the audit of a "
    "split with all parents in training does not report it.  A tile shares at least half of its bases "
    "with its parent.  Barcodes are detected and masked where a library has near-identical inserts with "
    "different barcodes; elsewhere they are part of the sequence, and a copy with another barcode is less "
    "identical than its insert."
)


@dataclass(frozen=True, slots=True)
class PlantedRelatives:
    """Counts of relatives of one kind."""

    planted: int
    separated: int
    """Not in the cluster of their parent."""
    crossing: int
    """In another part than their parent in at least one automatic split."""
    missed: int
    """Not reported by the audit of a split with all parents in training."""

    def __add__(self, other: PlantedRelatives) -> PlantedRelatives:
        """Add the counts of two libraries."""
        return PlantedRelatives(
            self.planted + other.planted,
            self.separated + other.separated,
            self.crossing + other.crossing,
            self.missed + other.missed,
        )


def plant_relatives(
    background: str, number: int, kinds: Mapping[str, Relative] = RELATIVES, *, seed: int = 0
) -> dict[str, PlantedRelatives]:
    """Plant relatives of every kind in a library, split it automatically, and audit a leaky split of it.

    Parameters
    ----------
    background
        One of `BACKGROUNDS`.
    plants
        Number of relatives; the kinds alternate.
    kinds
        Name -> function that makes a relative of a parent.
    seed
        Random seed.
    """
    rng = random.Random(f"{background} {seed}")
    inserts = library(background, number, rng)
    parents = [rng.randrange(len(inserts)) for _ in range(number)]
    names = np.array([list(kinds)[k % len(kinds)] for k in range(number)])
    relatives = [kinds[name](rng, inserts[parent]) for name, parent in zip(names, parents, strict=True)]
    sequences = construct(background, inserts + relatives, rng)
    data = dataset_from_arrays(sequences, np.arange(float(len(sequences))))
    child = len(inserts) + np.arange(number)
    separated = data.groups[parents] != data.groups[child]
    crossing = np.any([split[parents] != split[child] for split in _splits(data)], axis=0)
    missed = ~leakage_mask(_badly_split(data, sequences, len(inserts)))
    return {
        name: PlantedRelatives(
            *(int(flags[names == name].sum()) for flags in (names == name, separated, crossing, missed))
        )
        for name in kinds
    }


def plant_in_all_libraries(
    number: int, kinds: Mapping[str, Relative] = RELATIVES
) -> dict[str, PlantedRelatives]:
    """Plant `number` relatives in a library of each kind; see `plant_relatives`."""
    found = [plant_relatives(background, number, kinds) for background in BACKGROUNDS]
    return {name: sum((each[name] for each in found[1:]), found[0][name]) for name in kinds}


def study(number: int = 2500) -> Study:
    """Plant `number` relatives in each library."""
    rows = []
    for name, found in plant_in_all_libraries(number).items():
        holds = not (found.separated or found.crossing or found.missed)
        rows.append(Row(name, "none separated, crossing or missed", _describe(found), found.planted, holds))
    for name, found in plant_in_all_libraries(number, COPIES).items():
        recall = 1 - found.separated / found.planted
        guarantee = f"at least {100 * RECALL:.0f} % in one cluster"
        measured = f"{percent(recall)} in one cluster: {_describe(found)}"
        rows.append(Row(name, guarantee, measured, found.planted, recall >= RECALL))
    name = list(COPIES)[-1]
    found = plant_relatives("flanks and barcodes", number // 4, {name: COPIES[name]})[name]
    rows.append(Row(f"{name}, barcodes not recognised", "", _describe(found), found.planted))
    return Study("Relatives in automatic splits", _DESCRIPTION, rows)


def _splits(data: Dataset) -> list[np.ndarray]:
    """Split the clusters of a dataset automatically from several seeds."""
    keys = [str(group) for group in data.groups]
    rows = SplitInput(keys, [""] * len(keys))
    return [data.split, *(split_rows(SplitPlan(seed=seed), rows) for seed in range(2, _SEEDS + 1))]


def _badly_split(data: Dataset, sequences: list[str], inserts: int) -> Dataset:
    """Return the dataset with all parents in training and all planted relatives in test."""
    split = np.where(np.arange(len(data)) < inserts, "train", "test")
    return replace(data, split=split, **leakage([pack(sequence) for sequence in sequences], split))


def _describe(found: PlantedRelatives) -> str:
    """Format the counts."""
    return f"{found.separated} separated, {found.crossing} crossing, {found.missed} missed"
