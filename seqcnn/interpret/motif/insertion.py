"""Insert motifs into background sequences and measure the change of the prediction.

Backgrounds are sequences of the library with their dinucleotides shuffled.  Each is its own control: the
effect is the prediction with the motif minus the prediction without it (global importance analysis, Koo et
al. 2021, doi:10.1371/journal.pcbi.1008925).  Intervals are those of the mean effect (Student's t).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from seqcnn.errors import SequenceError, UsageError, show
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import track
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import PACKED_BASES, pack
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.window import Rows

CONFIDENCE_LEVEL = 0.95
"""Confidence level of the intervals."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The mean effect of an insertion over n backgrounds, in the units of the target."""

    n: int
    mean: float
    sd: float
    low: float
    high: float
    """SD and limits of the interval are NaN for a single background."""

    @classmethod
    def of(cls, changes: np.ndarray) -> Effect:
        """Summarize the changes of n predictions, (n,)."""
        n, mean = len(changes), float(changes.mean())
        sd = float(changes.std(ddof=1)) if n > 1 else np.nan
        half_width = np.nan
        if n > 1:
            half_width = float(student.ppf((1 + CONFIDENCE_LEVEL) / 2, n - 1)) * sd / n**0.5
        return cls(n, mean, sd, mean - half_width, mean + half_width)


@dataclass(frozen=True, slots=True)
class Insertion:
    """One motif or a pair of motifs at a position, and their effect."""

    motif: str
    strand: str
    """`+` or `-`; for a pair both strands from 5' to 3', such as `+-`."""
    start: int
    """0-based position of the first base in the sequence."""
    gap: int | None
    """Distance in bp between the motifs of a pair."""
    effect: Effect
    interaction: Effect | None = None
    """For a pair: the effect minus the sum of the effects of each motif alone at the same position."""


@dataclass(frozen=True, slots=True)
class Backgrounds:
    """Background sequences with their predictions by a model."""

    model: LoadedModel
    rows: Rows
    target: int
    reference: np.ndarray
    """float64 (n,), predictions of the backgrounds without a motif."""

    @property
    def length(self) -> int:
        """Length in bp of the shortest background."""
        return int(self.rows.insert_length.min())

    def changes(self, *motifs: tuple[bytes, int]) -> np.ndarray:
        """Return the change of each prediction by packed motifs at 0-based starts, float64 (n,)."""
        rows = self.rows
        for motif, start in motifs:
            rows = insert(rows, motif, start)
        return np.asarray(predict_target(self.model, rows, self.target) - self.reference)


def shuffled_backgrounds(
    model: LoadedModel, sample: Sample, *, target: int = 0, seed: int = 1
) -> Backgrounds:
    """Shuffle the dinucleotides of the sequences of a sample, and predict them."""
    rows = shuffle_rows(sample.rows, shuffle_dinucleotides, seed=seed)
    return Backgrounds(model, rows, target, predict_target(model, rows, target))


def insert(rows: Rows, motif: bytes, start: int) -> Rows:
    """Overwrite every insert with a packed motif, from the 0-based position `start` of the insert.

    At an ambiguous letter of the motif (N, R, ...) a base that is one of its bases is kept; any other is
    replaced by a random one of them, with a random generator that is seeded by the position in the motif.
    """
    bases, row = rows.bases.copy(), np.arange(len(rows))
    for i, letter in enumerate(motif):
        column = rows.start + start + i  # (n,), the position in each window
        present = bases[row, column]
        allowed = PACKED_BASES[PACKED_BASES & letter > 0]
        sampled = np.random.default_rng(i).choice(allowed, len(rows))
        # A base is kept if it has no bit outside the letter.
        bases[row, column] = np.where(present & (15 - letter), sampled, present)
    return replace(rows, bases=bases)


def predict_target(model: LoadedModel, rows: Rows, target: int) -> np.ndarray:
    """Predict one target of rows, float64 (n,)."""
    return np.asarray(model.predict_members(rows, flag_ood=False).mean[:, target])


def pack_motif(letters: str, length: int) -> bytes:
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


def scan_positions(backgrounds: Backgrounds, letters: str, *, n_positions: int = 40) -> list[Insertion]:
    """Insert a motif at up to `n_positions` evenly spaced positions, on both strands."""
    motif = pack_motif(letters, backgrounds.length)
    last = backgrounds.length - len(motif)
    starts = np.unique(np.linspace(0, last, min(n_positions, last + 1)).round().astype(int)).tolist()
    return [
        Insertion(letters, strand, start, None, Effect.of(backgrounds.changes((oriented, start))))
        for strand, oriented in _orientations(motif)
        for start in track(starts, f"inserting {letters}", "positions")
    ]


def insert_in_center(backgrounds: Backgrounds, letters: str) -> list[Insertion]:
    """Insert a motif in the center of the backgrounds, on both strands."""
    motif = pack_motif(letters, backgrounds.length)
    start = (backgrounds.length - len(motif)) // 2
    return [
        Insertion(letters, strand, start, None, Effect.of(backgrounds.changes((oriented, start))))
        for strand, oriented in _orientations(motif)
    ]


def scan_gaps(backgrounds: Backgrounds, first: str, second: str, *, max_gap: int = 20) -> list[Insertion]:
    """Insert two motifs around the center: in both orders, all orientations, with gaps of 0 to `max_gap` bp.

    Raises
    ------
    UsageError
        If both motifs and the largest gap do not fit.
    """
    length = backgrounds.length
    if (width := len(first) + len(second) + max_gap) > length:
        raise UsageError(
            f"motifs of {len(first)} and {len(second)} bp, gaps up to {max_gap} bp: {width} bp; expected at "
            f"most {length} bp, the length of the shortest background; lower the largest gap"
        )
    pairs = [
        (f"{a}+{b}", strand_a + strand_b, (oriented_a, oriented_b), gap)
        for a, b in dict.fromkeys([(first, second), (second, first)])
        for strand_a, oriented_a in _orientations(pack_motif(a, length))
        for strand_b, oriented_b in _orientations(pack_motif(b, length))
        for gap in range(max_gap + 1)
    ]
    return [_insert_pair(backgrounds, *pair) for pair in track(pairs, f"inserting {first}+{second}", "pairs")]


def _insert_pair(
    backgrounds: Backgrounds, name: str, strands: str, motifs: tuple[bytes, bytes], gap: int
) -> Insertion:
    """Insert two motifs together, and each alone at its position."""
    first, second = motifs
    start = (backgrounds.length - len(first) - gap - len(second)) // 2
    placements = [(first, start), (second, start + len(first) + gap)]
    joint = backgrounds.changes(*placements)
    alone = sum(backgrounds.changes(placement) for placement in placements)
    return Insertion(name, strands, start, gap, Effect.of(joint), Effect.of(joint - alone))


def _orientations(motif: bytes) -> list[tuple[str, bytes]]:
    """Return a motif and its reverse complement, with their strands; a palindrome has one."""
    reverse = reverse_complement(motif)
    return [("+", motif), *([("-", reverse)] if reverse != motif else [])]
