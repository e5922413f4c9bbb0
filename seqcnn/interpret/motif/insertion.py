"""In-silico experiments with motifs: insert them into backgrounds, and see what the prediction does.

Backgrounds are sequences of the lab with their dinucleotides shuffled.  Each is its own control: the effect
is the prediction with the motif minus that without it, and intervals are those of its mean (Student's t).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from seqcnn.errors import SequenceError, UsageError, show
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.onehot import PACKED_BASES, pack, reverse_complement
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.window import Rows

LEVEL = 0.95
"""Of the intervals."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an insertion adds to the prediction, over n backgrounds, in the units of the target."""

    n: int
    mean: float
    sd: float
    low: float
    high: float

    @classmethod
    def of(cls, changes: np.ndarray) -> Effect:
        """Summarise changes (n,); NaN where one background cannot tell."""
        n, mean = len(changes), float(changes.mean())
        sd = float(changes.std(ddof=1)) if n > 1 else np.nan
        half = float(student.ppf((1 + LEVEL) / 2, n - 1)) * sd / n**0.5 if n > 1 else np.nan
        return cls(n, mean, sd, mean - half, mean + half)


@dataclass(frozen=True, slots=True)
class Placed:
    """Motifs as inserted, and their effect."""

    motif: str
    strand: str
    """`+`, `-`; of two motifs from 5' to 3', such as `+-`."""
    start: int
    """0-based position of the first base in the sequence."""
    gap: int | None
    """bp between two motifs."""
    effect: Effect
    interaction: Effect | None = None
    """Of two motifs: the effect beyond the sum of each alone, at the same places."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Backgrounds and a model."""

    model: Model
    rows: Rows
    target: int
    before: np.ndarray
    """float64 (n,), predictions of the backgrounds."""

    @property
    def length(self) -> int:
        """Length in bp of the shortest background."""
        return int(self.rows.insert_length.min())

    def change(self, *placed: tuple[bytes, int]) -> np.ndarray:
        """Return what packed motifs at 0-based starts add to each prediction, float64 (n,)."""
        rows = self.rows
        for motif, start in placed:
            rows = insert(rows, motif, start)
        changes: np.ndarray = predicted(self.model, rows, self.target) - self.before
        return changes


def backgrounds(model: Model, sample: Sample, *, target: int = 0, seed: int = 1) -> Experiment:
    """Shuffle the dinucleotides of a sample's sequences, and predict them."""
    rows = shuffle_rows(sample.rows, shuffle_dinucleotides, seed=seed)
    return Experiment(model, rows, target, predicted(model, rows, target))


def insert(rows: Rows, motif: bytes, start: int) -> Rows:
    """Write a packed motif over every insert, from the same 0-based position of each on.

    Where a letter stands for several bases (N, R, ...), a base that is one of them stays, and any other
    becomes one of them at random, the same for the same letter of a motif.
    """
    bases, number = rows.bases.copy(), np.arange(len(rows))
    for i, letter in enumerate(motif):
        there = bases[number, rows.start + start + i]
        meant = PACKED_BASES[PACKED_BASES & letter > 0]
        drawn = np.random.default_rng(i).choice(meant, len(rows))
        bases[number, rows.start + start + i] = np.where(there & (15 - letter), drawn, there)
    return replace(rows, bases=bases)


def predicted(model: Model, rows: Rows, target: int) -> np.ndarray:
    """Predict one target of rows, float64 (n,)."""
    found: np.ndarray = model.predict_members(rows, flag_ood=False).mean[:, target]
    return found


def motif_of(letters: str, length: int) -> bytes:
    """Pack a motif of IUPAC letters that fits into `length` bp.

    Raises
    ------
    SequenceError
        If it holds another letter.
    UsageError
        If it is too long.
    """
    try:
        packed = pack(letters)
    except SequenceError as error:
        raise SequenceError(f"motif {show(letters)}: {error}") from error
    if len(packed) > length:
        raise UsageError(f"motif {show(letters)}: {len(packed)} bp; the shortest background has {length} bp")
    return packed


def positions(experiment: Experiment, letters: str, *, places: int = 40) -> list[Placed]:
    """Insert a motif at up to `places` positions, evenly from end to end, on both strands."""
    motif = motif_of(letters, experiment.length)
    last = experiment.length - len(motif)
    starts = np.unique(np.linspace(0, last, min(places, last + 1)).round().astype(int)).tolist()
    return [
        Placed(letters, strand, start, None, Effect.of(experiment.change((turned, start))))
        for strand, turned in _strands(motif)
        for start in starts
    ]


def centred(experiment: Experiment, letters: str) -> list[Placed]:
    """Insert a motif in the middle of the backgrounds, on both strands."""
    motif = motif_of(letters, experiment.length)
    start = (experiment.length - len(motif)) // 2
    return [
        Placed(letters, strand, start, None, Effect.of(experiment.change((turned, start))))
        for strand, turned in _strands(motif)
    ]


def pairs(experiment: Experiment, first: str, second: str, *, widest: int = 20) -> list[Placed]:
    """Insert two motifs around the middle: both orders, all orientations, gaps of 0 to `widest` bp.

    Raises
    ------
    UsageError
        If both and the widest gap do not fit.
    """
    motif_of("N" * (len(first) + len(second) + widest), experiment.length)
    found = []
    for a, b in dict.fromkeys([(first, second), (second, first)]):
        for strand, turned in _strands(motif_of(a, experiment.length)):
            for other, after in _strands(motif_of(b, experiment.length)):
                found += [
                    _pair(experiment, f"{a}+{b}", strand + other, (turned, after), gap)
                    for gap in range(widest + 1)
                ]
    return found


def _pair(experiment: Experiment, name: str, strands: str, motifs: tuple[bytes, bytes], gap: int) -> Placed:
    """Insert two motifs, and each alone at its place."""
    first, second = motifs
    start = (experiment.length - len(first) - gap - len(second)) // 2
    both = [(first, start), (second, start + len(first) + gap)]
    changes = experiment.change(*both)
    alone = sum(experiment.change(one) for one in both)
    return Placed(name, strands, start, gap, Effect.of(changes), Effect.of(changes - alone))


def _strands(motif: bytes) -> list[tuple[str, bytes]]:
    """Return a motif and, if it is another, its reverse complement."""
    turned = reverse_complement(motif)
    return [("+", motif), *([("-", turned)] if turned != motif else [])]
