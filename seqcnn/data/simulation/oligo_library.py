"""Sequences of a simulated designed library: oligos in families.

A *family* is a parent with planted sites and its near-identical designed variants: deleted, flipped
and inserted sites, scrambled blocks, a scan of point mutations.  The other oligos, `nat...`, are
unrelated.  Every background is a first-order Markov chain with few CpG, GC content changing along it.
The only random method is `Generator.random`, the part of numpy's generator that is least likely to change.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqcnn.data.simulation.ground_truth import MOTIFS, SYNERGY_PAIR, Motif
from seqcnn.sequence.onehot import ALPHABET

Codes = NDArray[np.int64]
"""Bases of one oligo as indices into `ALPHABET`, (L,)."""

MIN_LENGTH = 50
"""Shortest oligo in bp that leaves room for sites and scrambled blocks."""

_NATIVE_FRACTION = 0.6  # of the oligos; they are unrelated
_REGION_BP = 50  # of one GC content within a background
_SLOT_BP = 34  # holds two sites
_PAIR_FRACTION = 0.3  # of the planted slots, with GATA and ETS in their synergistic arrangement
_MUTATIONS = 6  # point mutations per family
_BLOCK_BP = 12  # of a scrambled block
_BIAS = ((1.2, 1.0, 1.0, 0.9), (1.1, 1.1, 0.4, 1.1), (1.0, 1.0, 1.1, 1.0), (0.8, 1.0, 1.1, 1.2))
"""How often a base follows another relative to its share: few CpG and TpA, as in genomes."""


@dataclass(frozen=True)
class Oligo:
    """One designed sequence; oligos of one `family` are near-identical."""

    id: str
    family: str
    sequence: str


@dataclass(frozen=True)
class Site:
    """A planted site: 0-based start, and strand 0 (+) or 1 (-)."""

    motif: Motif
    start: int
    strand: int


def design_library(rng: np.random.Generator, n: int, length: int) -> list[Oligo]:
    """Design oligos: families, of which the last may be incomplete, then unrelated ones.

    Parameters
    ----------
    rng
        The random generator.
    n
        Number of oligos, at least 1.
    length
        Length of every oligo in bp, at least `MIN_LENGTH`.

    Returns
    -------
    `n` oligos with ids such as fam0012_wt, fam0012_mut034 (1-based position of the substituted
    base), _scr034 (first base of the scrambled block), _del2 and _flip2 (the second planted site,
    replaced and reversed), _ins1 (an added site) and nat0017.
    """
    natives = int(n * _NATIVE_FRACTION)
    oligos: list[Oligo] = []
    number = 0
    while len(oligos) < n - natives:
        number += 1
        oligos += _family(rng, f"fam{number:04d}", length)
    del oligos[n - natives :]
    for number in range(1, natives + 1):
        name = f"nat{number:04d}"
        oligos.append(Oligo(name, name, _letters(_parent(rng, length, fewest=0)[0])))
    return oligos


def _family(rng: np.random.Generator, family: str, length: int) -> list[Oligo]:
    """Return a parent and its variants, each sequence once."""
    parent, sites = _parent(rng, length, fewest=1)
    unique: dict[str, str] = {}
    for suffix, codes in _variants(rng, parent, sites):
        unique.setdefault(_letters(codes), f"{family}_{suffix}")
    return [Oligo(name, family, sequence) for sequence, name in unique.items()]


def _background(rng: np.random.Generator, length: int) -> Codes:
    """Return a first-order Markov sequence whose GC content differs between regions."""
    overall = 0.36 + 0.2 * rng.random()
    region_gc = overall + 0.2 * (rng.random(-(-length // _REGION_BP)) - 0.5)
    tables = [_transitions(float(gc)) for gc in region_gc]
    codes: list[int] = []
    for position, draw in enumerate(rng.random(length)):
        row = tables[position // _REGION_BP][codes[-1] if codes else 0]
        codes.append(bisect(row, draw))
    return np.array(codes)


def _transitions(gc: float) -> list[list[float]]:
    """Return, for each base, the cumulative probabilities of the first three next bases."""
    chance = np.array(_BIAS) * np.array([1 - gc, gc, gc, 1 - gc])
    return np.cumsum(chance / chance.sum(1, keepdims=True), axis=1)[:, :3].tolist()


def _parent(rng: np.random.Generator, length: int, *, fewest: int) -> tuple[Codes, list[Site]]:
    """Return a background with sites in some of its slots, and these sites from 5' to 3'."""
    codes = _background(rng, length)
    slots = np.argsort(rng.random(length // _SLOT_BP))[: fewest + _below(rng, 6 - fewest)]
    sites: list[Site] = []
    for slot in np.sort(slots).tolist():
        planned = _pair(rng)
        shift = slot * _SLOT_BP + _below(rng, _SLOT_BP - planned[-1].start - planned[-1].motif.width + 1)
        sites += [Site(site.motif, site.start + shift, site.strand) for site in planned]
    for site in sites:
        codes = _plant(rng, codes, site)
    return codes, sites


def _pair(rng: np.random.Generator) -> list[Site]:
    """Return two sites with a gap of 1 to 10 bp: GATA and ETS in synergistic arrangement, or any two."""
    strands = [_below(rng, 2), _below(rng, 2)]
    motifs = [_any_motif(rng), _any_motif(rng)]
    if rng.random() < _PAIR_FRACTION:
        strands[1] = strands[0]
        motifs = [MOTIFS[name] for name in (SYNERGY_PAIR if strands[0] == 0 else SYNERGY_PAIR[::-1])]
    starts = [0, motifs[0].width + 1 + _below(rng, 10)]
    return [Site(*site) for site in zip(motifs, starts, strands, strict=True)]


def _variants(rng: np.random.Generator, parent: Codes, sites: list[Site]) -> Iterator[tuple[str, Codes]]:
    """Yield the parent and its designed variants, each with the suffix of its id."""
    length = len(parent)
    yield "wt", parent
    for number, site in enumerate(sites, start=1):
        width = site.motif.width
        yield f"del{number}", _put(parent, site.start, (rng.random(width) * 4).astype(np.int64))
    flipped = _below(rng, len(sites))
    start, width = sites[flipped].start, sites[flipped].motif.width
    yield f"flip{flipped + 1}", _put(parent, start, 3 - parent[start : start + width][::-1])
    for number in (1, 2):
        motif = _any_motif(rng)
        site = Site(motif, _below(rng, length - motif.width + 1), _below(rng, 2))
        yield f"ins{number}", _plant(rng, parent, site)
    for start in sorted({_below(rng, length - _BLOCK_BP + 1) for _ in range(2)}):
        block = parent[start : start + _BLOCK_BP]
        yield f"scr{start + 1:03d}", _put(parent, start, block[np.argsort(rng.random(_BLOCK_BP))])
    yield from _scan(rng, parent, sites)


def _scan(rng: np.random.Generator, parent: Codes, sites: list[Site]) -> Iterator[tuple[str, Codes]]:
    """Yield point mutations, three times as likely within a site as elsewhere."""
    favour = np.ones(len(parent))
    for site in sites:
        favour[site.start : site.start + site.motif.width] = 3
    for position in np.sort(np.argsort(-favour * rng.random(len(parent)))[:_MUTATIONS]).tolist():
        changed = (parent[position : position + 1] + 1 + _below(rng, 3)) % 4
        yield f"mut{position + 1:03d}", _put(parent, position, changed)


def _plant(rng: np.random.Generator, codes: Codes, site: Site) -> Codes:
    """Return a copy with a site that is sampled from its PWM."""
    chance = np.cumsum(site.motif.pwm, axis=0)  # (4, width)
    sampled = (rng.random(site.motif.width) >= chance[:3]).sum(axis=0)
    return _put(codes, site.start, sampled if site.strand == 0 else 3 - sampled[::-1])


def _put(codes: Codes, start: int, part: Codes) -> Codes:
    """Return a copy with `part` written at `start`; the length is unchanged."""
    changed = codes.copy()
    changed[start : start + len(part)] = part
    return changed


def _below(rng: np.random.Generator, count: int) -> int:
    """Return a random integer from 0 to count - 1."""
    return int(rng.random() * count)


def _any_motif(rng: np.random.Generator) -> Motif:
    """Return a random motif."""
    return list(MOTIFS.values())[_below(rng, len(MOTIFS))]


def _letters(codes: Codes) -> str:
    """Return the letters of an oligo."""
    return "".join(ALPHABET[code] for code in codes.tolist())
