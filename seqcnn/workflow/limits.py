"""Memory and time limits of the rules: they grow with the inputs, and with each attempt.

Snakemake calls them with the arguments that they name; on one machine it only prints them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Limit = Callable[[Any, Any, int], int]


class Inputs(Protocol):
    """The input files of a job."""

    size_mb: float
    """Their size in MB."""


def growing(base: int, per_mb: int = 0) -> Limit:
    """Return the limit of a resource: `base`, `per_mb` more per MB of the inputs, times the attempt.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> growing(4000, 20)(None, SimpleNamespace(size_mb=100.0), 1)
    6000
    >>> growing(4000, 20)(None, SimpleNamespace(size_mb=100.0), 2)
    12000
    """

    def limit(wildcards: Any, input: Inputs, attempt: int) -> int:
        """Return the limit of one attempt of a job."""
        return attempt * int(base + per_mb * input.size_mb)

    return limit
