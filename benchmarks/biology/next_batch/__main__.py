"""Compare batches of `seqcnn next` with random batches; write benchmarks/biology/next_batch.md.

`python -m benchmarks.biology.next_batch` fills every section (45 minutes on one core).  With `simulated` or
`public` only its sections are filled; numbers, such as `1 2`, are other seeds, whose curves are only printed,
as JSON lines.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.biology.next_batch import public, simulated
from benchmarks.biology.next_batch.rounds import MEMBERS, Curve, section
from benchmarks.biology.page import update_page

PAGE = Path("benchmarks/biology/next_batch.md")

SEEDS = (1, 2, 3)
"""Seeds that are reported; the method was chosen with others on simulated pools, 101 and 102."""

HEADER = f"""# Chosen against random batches

Made by `python -m benchmarks.biology.next_batch` (`simulated` or `public`: only these pools).  A first random
measurement, then batches of the same size, chosen by `seqcnn next` or at random.  After each, an ensemble of
{MEMBERS} networks is trained on all measurements; a sixth of them is for validation.  Pearson r, mean over
{len(SEEDS)} seeds.  `saved`: new measurements that the chosen batches save against random ones with the same
r, interpolated; `none`: as many random ones, or fewer, have the same r.  The method was chosen with other
seeds of the simulated pools, and without the public data.
"""


class Pools(NamedTuple):
    """Pools of one kind."""

    names: list[str]
    curves: Callable[[str, int], dict[str, Curve]]
    """Name of a pool and seed -> method -> curve."""
    note: Callable[[str], str]


KINDS = {
    "simulated": Pools(list(simulated.POOLS), simulated.simulated_curves, lambda _: simulated.NOTE),
    "public": Pools(list(public.POOLS), public.public_curves, public.note),
}


def title(kind: str, pool: str) -> str:
    """Return the title of a section."""
    return f"{kind.capitalize()}: {pool}"


def write(kinds: list[str]) -> None:
    """Fill the sections of some kinds of pools."""
    sections = {}
    for kind in kinds:
        for pool in KINDS[kind].names:
            curves = {seed: _printed(kind, pool, seed) for seed in SEEDS}
            sections[title(kind, pool)] = section(curves, KINDS[kind].note(pool))
    update_page(
        PAGE, HEADER, [title(k, pool) for k, pools in KINDS.items() for pool in pools.names], sections
    )


def _printed(kind: str, pool: str, seed: int) -> dict[str, Curve]:
    """Return the curves of a pool and seed, and print them."""
    curves = KINDS[kind].curves(pool, seed)
    print(json.dumps({"pool": pool, "seed": seed} | curves), flush=True)
    return curves


def main() -> None:
    """Write the page, or print the curves of other seeds."""
    logging.disable(logging.WARNING)
    kinds = [word for word in sys.argv[1:] if not word.isdigit()] or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        sys.exit(f"unknown pools: {', '.join(sorted(unknown))}; known: {', '.join(KINDS)}")
    if not (seeds := [int(word) for word in sys.argv[1:] if word.isdigit()]):
        write(kinds)
    for seed in seeds:
        for kind in kinds:
            for pool in KINDS[kind].names:
                _printed(kind, pool, seed)


if __name__ == "__main__":
    main()
