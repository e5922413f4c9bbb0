"""Ground truth of the simulated library: activity of a sequence from its motifs and GC content.

Activity, in log2 units, is `BASELINE` plus one term per motif, `synergy` and `gc`.  A motif's term
is `effect * (1 - exp(-load))`, where the load sums the relative affinities of *every* match in the
sequence, planted or by chance, weighted by the distance to the 3' end.  Log-odds are whole
millibits, so that the better strand and the threshold are exact on every machine.
The PWMs follow known consensus sequences with made-up frequencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqcnn.errors import SequenceError
from seqcnn.sequence.complement import COMPLEMENTS
from seqcnn.sequence.meme_format import meme_text
from seqcnn.sequence.onehot import ALPHABET, pack

Packed = NDArray[np.uint8]
Affinity = NDArray[np.float64]

BASELINE = -0.5
"""Activity, log2, of a sequence with a GC fraction of `NEUTRAL_GC` and no match."""

GC_SLOPE = 1.2
NEUTRAL_GC = 0.45
"""The GC term is `GC_SLOPE` log2 units times the GC fraction above `NEUTRAL_GC`."""

STRONG = 0.94
WEAK = 0.61
"""Shares of the consensus base in a PWM, at its upper-case and lower-case positions."""

MATCH_FRACTION = 0.5
"""Fraction of the motif's best log-odds at which the affinity of a site is 0; sites above it are matches."""

SYNERGY = 1.6
SYNERGY_PAIR = ("GATA", "ETS")
SYNERGY_GAPS = {gap: 1 - abs(gap - 6) / 6 for gap in range(1, 12)}
"""GATA, a gap of about 6 bp, ETS on one strand gives `SYNERGY` times both affinities times this weight."""

PROXIMAL_SHARE = 0.7
"""Fraction of the weight that a distance-dependent motif loses far from the 3' end."""

_BLOCK = 1024
"""Sequences per scoring step."""

_GC_SHARE = np.array([(base & 0b0110).bit_count() / max(base.bit_count(), 1) for base in range(16)])
"""The share of C and G in each packed base."""


@dataclass(frozen=True)
class Motif:
    """A binding site as a PWM, and its effect on activity.

    `consensus` spells the PWM: the share of an upper-case letter is `STRONG`, of a lower-case one
    `WEAK`, and the other bases share the rest.  `effect` is the log2 change at full occupancy;
    `decay_bp` is the distance from the 3' end over which a site loses weight, None where it does not.
    """

    name: str
    consensus: str
    effect: float
    decay_bp: float | None = None

    @property
    def width(self) -> int:
        """Width of a site in bp."""
        return len(self.consensus)

    @cached_property
    def pwm(self) -> NDArray[np.float64]:
        """Shares of the bases at each position, (4, width), rows in the order of `ALPHABET`."""
        best = np.array([STRONG if letter.isupper() else WEAK for letter in self.consensus])
        is_best = np.array(list(ALPHABET))[:, None] == np.array(list(self.consensus.upper()))
        return np.where(is_best, best, (1 - best) / 3)

    @cached_property
    def log_odds(self) -> NDArray[np.int64]:
        """Millibits of log-odds against equal base frequencies (16, width), rows are packed bases; N is 0."""
        bits = np.arange(16)[:, None] >> np.arange(4) & 1  # (16, 4)
        share = bits @ self.pwm / np.maximum(bits.sum(axis=1, keepdims=True), 1)
        millibits = np.rint(1000 * np.log2(4 * np.where(share > 0, share, 0.25)))
        return millibits.astype(np.int64)

    @cached_property
    def best(self) -> int:
        """Log-odds of the consensus site, in millibits."""
        return int(self.log_odds.max(axis=0).sum())


MOTIFS = {
    motif.name: motif
    for motif in (
        Motif("AP1", "gaTGACTCAtc", effect=2.2, decay_bp=50),
        Motif("ETS", "cACCGGAAGTg", effect=1.0),
        Motif("GATA", "cAGATAAGga", effect=1.0),
        Motif("NFY", "agCCAATCAGcg", effect=1.8, decay_bp=70),
        Motif("REST", "tTCAGCACCacg", effect=-1.6),
    )
}
"""The planted motifs by name; REST represses."""

TERMS = (*MOTIFS, "synergy", "gc")
"""The terms that add to `BASELINE`, in the order of every table."""


def affinities(packed: Packed, motif: Motif) -> Affinity:
    """Score every match of one motif.

    Parameters
    ----------
    packed
        uint8 (N, L), packed bases 1..15.
    motif
        The motif.

    Returns
    -------
    float64 (N, 2, S), strand + then -, one column per start (S = L - width + 1, or 0 if the motif does
    not fit): 0 below the threshold, 1 for the consensus.  At one start only the better strand is counted,
    + on a tie.
    """
    tables = (motif.log_odds, motif.log_odds[COMPLEMENTS[:16], ::-1])
    starts = max(packed.shape[1] - motif.width + 1, 0)
    score = np.zeros((len(packed), 2, starts), dtype=np.int64)
    for strand, table in enumerate(tables):
        for column in range(motif.width if starts else 0):
            score[:, strand] += table[packed[:, column : column + starts], column]
    threshold = MATCH_FRACTION * motif.best
    affinity = np.maximum((score - threshold) / (motif.best - threshold), 0)
    forward = score[:, 0] >= score[:, 1]
    affinity[:, 0] *= forward
    affinity[:, 1] *= ~forward
    return affinity


def true_terms(packed: Packed) -> dict[str, NDArray[np.float64]]:
    """Return the contribution of each of `TERMS` to activity, log2, (N,) each, for packed bases (N, L)."""
    affinity = {name: affinities(packed, motif) for name, motif in MOTIFS.items()}
    terms = {name: _motif_term(affinity[name], motif, packed.shape[1]) for name, motif in MOTIFS.items()}
    terms["synergy"] = SYNERGY * _synergy(*(affinity[name] for name in SYNERGY_PAIR))
    terms["gc"] = GC_SLOPE * (_GC_SHARE[packed].mean(axis=1) - NEUTRAL_GC)
    return terms


def true_activity(sequences: Sequence[str]) -> NDArray[np.float64]:
    """Return the noiseless activity of any sequences under the truth of the simulated library.

    Parameters
    ----------
    sequences
        IUPAC DNA letters, 5' to 3', without the construct's flanks; lengths may differ.

    Returns
    -------
    float64 (N,), log2 units.

    Raises
    ------
    SequenceError
        If a sequence is empty or holds another character; the message counts sequences from 1.

    Examples
    --------
    >>> true_activity(["ACGTNNNNNN"]).round(4).tolist()
    [-0.44]
    """
    activity = np.empty(len(sequences))
    for rows, packed in packed_blocks(sequences):
        activity[rows] = BASELINE + np.sum(list(true_terms(packed).values()), axis=0)
    return activity


def packed_blocks(sequences: Sequence[str]) -> Iterator[tuple[list[int], Packed]]:
    """Yield row numbers and packed bases (N, L) of up to 1,024 sequences of one length at a time."""
    by_length: dict[int, list[int]] = {}
    packed = []
    for row, sequence in enumerate(sequences):
        try:
            packed.append(pack(sequence))
        except SequenceError as error:
            raise SequenceError(f"sequence {row + 1}: {error}") from error
        by_length.setdefault(len(packed[-1]), []).append(row)
    for length, rows in sorted(by_length.items()):
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            joined = b"".join(packed[row] for row in block)
            yield block, np.frombuffer(joined, np.uint8).reshape(len(block), length)


def _motif_term(affinity: Affinity, motif: Motif, length: int) -> NDArray[np.float64]:
    """Return the occupancy of one motif times its effect, (N,)."""
    weight = np.ones(affinity.shape[2])
    if motif.decay_bp is not None:
        to_end = length - motif.width - np.arange(affinity.shape[2])  # bp between the site and the 3' end
        weight = 1 - PROXIMAL_SHARE * (1 - np.exp(-to_end / motif.decay_bp))
    load = (affinity.sum(axis=1) * weight).sum(axis=1)
    return motif.effect * (1 - np.exp(-load))


def _synergy(first: Affinity, second: Affinity) -> NDArray[np.float64]:
    """Return the sum over pairs with the right order, orientation and spacing on either strand, (N,)."""
    width = [MOTIFS[name].width for name in SYNERGY_PAIR]
    total = np.zeros(len(first))
    for gap, weight in SYNERGY_GAPS.items():
        total += weight * _pairs(first[:, 0], second[:, 0], width[0] + gap)
        total += weight * _pairs(second[:, 1], first[:, 1], width[1] + gap)
    return total


def _pairs(left: Affinity, right: Affinity, offset: int) -> NDArray[np.float64]:
    """Return the sum of left[s] * right[s + offset] over the starts s, (N,)."""
    count = max(min(left.shape[1], right.shape[1] - offset), 0)
    product = left[:, :count] * right[:, offset : offset + count]
    return product.sum(axis=1)


def meme(motifs: Iterable[Motif]) -> str:
    """Return PWMs as text in the minimal MEME format, version 4."""
    return meme_text({motif.name: (motif.pwm, 100) for motif in motifs}, decimals=4)
