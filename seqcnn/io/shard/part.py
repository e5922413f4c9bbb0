"""What a part of a result records: its shard, the command, options and inputs, and counts.

A text file has them in its first line, or in the second one of a VCF, and in its last line; `seqcnn gather`
leaves these lines out.  An attributions file has them in the attribute `part`, a folder of tracks in the file
`part.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqcnn.io.shard.shard import Shard

FIRST, LAST = "##seqcnn_part=", "##seqcnn_end="
"""Starts of the first and of the last line of a part."""

INDEX = "SHA-256 of the index"
"""Name of the value of `Part.run` of a part that reads its input by an index."""

PART_FILE = "part.json"
"""File of a folder that is a part."""


@dataclass(frozen=True)
class Part:
    """A part of a result."""

    command: str
    shard: Shard
    run: Mapping[str, str]
    """Options and inputs that all parts of the result have in common: name -> value, or SHA-256 of a file."""
    counts: dict[str, Any] = field(default_factory=dict)
    """What was found in the shard, for the messages on the whole; filled while it is computed."""

    @property
    def has_index(self) -> bool:
        """Whether the shard of the input is found by an index, and no other record is read."""
        return INDEX in self.run

    def record(self, *, counts: bool) -> str:
        """Return the part as JSON, with or without its counts."""
        values = {"command": self.command, "number": self.shard.number, "of": self.shard.count}
        added = {"counts": self.counts} if counts else {}
        return json.dumps({**values, "run": self.run, **added}, sort_keys=True)


def first_line(part: Part | None) -> str:
    """Return the line at the start of a part; nothing for a whole result."""
    return "" if part is None else f"{FIRST}{part.record(counts=False)}\n"


def last_line(part: Part | None) -> str:
    """Return the line at the end of a part; nothing for a whole result."""
    return "" if part is None else f"{LAST}{json.dumps(part.counts, sort_keys=True)}\n"
