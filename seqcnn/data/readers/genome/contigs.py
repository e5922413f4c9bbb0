"""Names of contigs: the prefix `chr` added or removed on request, and messages on names that do not match."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Literal

from seqcnn.errors import show

ChromosomePrefix = Literal["add", "remove"]
"""What is done with the prefix `chr` of a name that a genome does not have."""

PREFIX = "chr"

MAX_NAMES = 3
"""Maximum number of names of contigs in a message, of each file."""


def contig_name(name: str, known: Collection[str], prefix: ChromosomePrefix | None) -> str:
    """Return the name of a contig in a genome, or `name` if the genome does not have it.

    Parameters
    ----------
    name
        The contig of an interval or variant.
    known
        The contigs of the genome.
    prefix
        Whether `chr` is added or removed if the genome does not have the name as it is.

    Examples
    --------
    >>> contig_name("1", ["chr1"], "add"), contig_name("chr1", ["1"], "remove")
    ('chr1', '1')
    """
    if name in known or prefix is None:
        return name
    changed = _changed(name, prefix)
    return changed if changed in known else name


def common_name(name: str, prefix: ChromosomePrefix | None) -> str:
    """Return the name that notations of a contig with and without the prefix share, if it may be changed."""
    return name if prefix is None else name.removeprefix(PREFIX)


def renamed_contigs(prefix: ChromosomePrefix, what: str) -> str:
    """Return the sentence on intervals or sites whose contig has another name in the genome."""
    return f"{what} whose contig the genome has under another name (--chromosome-prefix {prefix})"


def unknown_contigs(unknown: Collection[str], known: Collection[str], source: str) -> str:
    """Return a text on contigs that a genome, or library, does not have: names on both sides, and a remedy.

    Examples
    --------
    >>> unknown_contigs(["1"], ["chr1", "chr2"], "g.fa")
    "'1' is not in g.fa ('chr1', 'chr2'); pass --chromosome-prefix add"
    """
    verb = "is" if len(unknown) == 1 else "are"
    remedies = {
        f"pass --chromosome-prefix {prefix}": any(_changed(name, prefix) in known for name in unknown)
        for prefix in ("add", "remove")
    }
    remedy = next((text for text, helps in remedies.items() if helps), "check its names")
    return f"{_examples(unknown)} {verb} not in {source} ({_examples(known)}); {remedy}"


def _changed(name: str, prefix: str) -> str:
    """Return a name with the prefix added or removed."""
    return PREFIX + name if prefix == "add" else name.removeprefix(PREFIX)


def _examples(names: Collection[str]) -> str:
    """Return the first names, and the number of all if there are more."""
    shown = ", ".join(show(name, 40) for name in islice(names, MAX_NAMES))
    return f"{shown}, ...; {len(names):,} in all" if len(names) > MAX_NAMES else shown
