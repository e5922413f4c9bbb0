"""One finding about a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]
"""`note` costs time or features, `problem` keeps something that is there from working."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a machine, and the command to run next.

    >>> print(Finding("GPU", "problem", "the driver is missing", "sudo apt install nvidia-driver-580"))
    problem  GPU: the driver is missing
             next: sudo apt install nvidia-driver-580
    """

    topic: str
    level: Level
    text: str
    next: str = ""
    """Command, or option, that helps; '' if nothing has to be done."""

    def __str__(self) -> str:
        """Return the finding in one or two lines."""
        lines = [f"{self.level:9}{self.topic}: {self.text}"]
        return "\n".join([*lines, f"{'':9}next: {self.next}"] if self.next else lines)
