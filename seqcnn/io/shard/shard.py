"""One of n shards of an input, by position: `i/n`, counted from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seqcnn.errors import UsageError, show

MAX_SHARDS = 100_000
"""Maximum number of shards."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Shard `number` of `count`."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def bounds(self, total: int, *, block: int = 1) -> tuple[int, int]:
        """Return the first item of the shard and the one after its last, of `total` items.

        Shards are consecutive; their sizes differ by at most one block of items, which stay together.  Some
        are empty if there are more shards than blocks.

        Examples
        --------
        >>> [Shard(number, 3).bounds(10) for number in (1, 2, 3)]
        [(0, 3), (3, 6), (6, 10)]
        >>> [Shard(number, 3).bounds(10, block=4) for number in (1, 2, 3)]
        [(0, 4), (4, 8), (8, 10)]
        """
        n_blocks = -(-total // block)
        starts = [number * n_blocks // self.count * block for number in (self.number - 1, self.number)]
        return min(starts[0], total), min(starts[1], total)


def parse_shard(text: str) -> Shard:
    """Return the shard that a text such as `2/4` names.

    Raises
    ------
    UsageError
        If it names none.
    """
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text, re.ASCII)
    shard = Shard(*map(int, match.groups())) if match else Shard(0, 0)
    if not 1 <= shard.number <= shard.count <= MAX_SHARDS:
        expected = f"expected NUMBER/COUNT, such as 2/4, from 1/4 to 4/4; at most {MAX_SHARDS:,} shards"
        raise UsageError(f"--shard {show(text, 40)}: {expected}")
    return shard
