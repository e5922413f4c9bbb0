"""Compare batches of `seqcnn next` with random batches; write benchmarks/biology/next_batch.md.

`python -m benchmarks.biology.next_batch` fills every section (40 minutes on one core).  With names of pools,
such as `yeast`, only these are filled; numbers, such as `1 2`, are other seeds, whose curves are only
printed, as JSON lines.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.biology.next_batch import public, simulated
from benchmarks.biology.next_batch.rounds import MEMBERS, Curve, section
from benchmarks.biology.page import update_page

PAGE = Path("benchmarks/biology/next_batch.md")

SEEDS = (1, 2, 3)
"""Seeds that are reported; the method was chosen with others on simulated pools, 101 and 102."""

HEADER = f"""# Chosen against random batches

Made by `python -m benchmarks.biology.next_batch` (with names of pools, {{names}}:
only these).  A first random measurement, then batches of the same size, chosen by `seqcnn next` or at random.
After each, an ensemble of {MEMBERS} networks is trained on all measurements; a sixth of them is for
validation.  Pearson r, mean over {len(SEEDS)} seeds.  `saved`: new measurements that the chosen batches save
against random ones with the same r, interpolated; `none`: as many random ones, or fewer, have the same r.
The method was chosen with other seeds of the simulated pools, and without the public data.
"""


class Pool(NamedTuple):
    """A section of the page."""

    title: str
    curves: Callable[[int], dict[str, Curve]]
    """Seed -> method -> curve."""
    note: Callable[[], str]


def _simulated(pool: str) -> Pool:
    """Return the section of a simulated pool."""
    return Pool(f"Simulated: {pool}", partial(simulated.simulated_curves, pool), partial(str, simulated.NOTE))


def _public(pool: str) -> Pool:
    """Return the section of a public dataset."""
    return Pool(f"Public: {pool}", partial(public.public_curves, pool), partial(public.note, pool))


POOLS = {
    "sixth": _simulated("sites in a sixth"),
    "most": _simulated("sites in most"),
    "yeast": _public("yeast 5' UTRs"),
    "terminators": _public("plant terminators"),
}
"""Name on the command line -> section, in the order of the page."""


def write(names: Sequence[str]) -> None:
    """Fill some sections."""
    titles = [pool.title for pool in POOLS.values()]
    header = HEADER.format(names=", ".join(f"`{name}`" for name in POOLS))
    for name in names:
        text = section({seed: _printed(name, seed) for seed in SEEDS}, POOLS[name].note())
        update_page(PAGE, header, titles, {POOLS[name].title: text})


def _printed(name: str, seed: int) -> dict[str, Curve]:
    """Return the curves of a pool and seed, and print them."""
    curves = POOLS[name].curves(seed)
    print(json.dumps({"pool": name, "seed": seed} | curves), flush=True)
    return curves


def main() -> None:
    """Write the page, or print the curves of other seeds."""
    logging.disable(logging.WARNING)
    names = [word for word in sys.argv[1:] if not word.isdigit()] or list(POOLS)
    if unknown := set(names) - set(POOLS):
        sys.exit(f"unknown pool: {', '.join(sorted(unknown))}; known: {', '.join(POOLS)}")
    if not (seeds := [int(word) for word in sys.argv[1:] if word.isdigit()]):
        write(names)
    for seed in seeds:
        for name in names:
            _printed(name, seed)


if __name__ == "__main__":
    main()
