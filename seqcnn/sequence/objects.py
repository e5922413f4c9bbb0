"""DNA sequences given as Python objects: `str`, `bytes`, or Biopython's `Seq` and `SeqRecord`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from seqcnn.errors import SequenceError, show
from seqcnn.sequence.onehot import INVALID, PACK, is_missing, pack

SEQUENCE_COLUMNS = ("sequence", "seq", "dna", "oligo", "oligo_sequence", "insert", "construct")
"""Names of columns that hold sequences, in lower case."""

BLANKS = "[ \u00a0\u2009\u202f]"
"""Pattern of a blank, also one at which no line breaks or a thin one, as spreadsheets and web pages write."""

_COMPARED = 1000  # cells that decide whether a column holds DNA

_EXPECTED = "expected DNA as str, or Biopython's Seq or SeqRecord"


def is_mostly_dna(cells: Iterable[Any], letters: int = 1) -> bool:
    """Return whether most cells of a column that are not missing are DNA of some letters, by the first ones.

    Examples
    --------
    >>> is_mostly_dna(["ACGT", "NA", "AC", "x1"]), is_mostly_dna(["o1", "o2"]), is_mostly_dna(["A", "C"], 8)
    (True, False, False)
    """
    letters_of = (re.sub(BLANKS, "", str(getattr(cell, "seq", cell))) for cell in islice(cells, _COMPARED))
    texts = [text.encode("utf-8", "replace") for text in letters_of]
    given = [text for text in texts if text.strip() and not is_missing(text)]
    dna = [text for text in given if len(text) >= letters and INVALID not in text.translate(PACK)]
    return 2 * len(dna) > len(given)


def pack_all(sequences: Iterable[Any]) -> list[bytes]:
    """Pack the sequences of a list, an array or a Series.

    Parameters
    ----------
    sequences
        One-dimensional and ordered.

    Raises
    ------
    SequenceError
        If this is no collection of single sequences, such as a DataFrame or a dict, or if an item is missing
        (None, NaN, NA) or not DNA; the message gives its number, 1-based.
    """
    refuse_other_collections(sequences)
    return [_packed(item, number) for number, item in enumerate(sequences, start=1)]


def refuse_other_collections(sequences: Any) -> None:
    """Raise `SequenceError` for a collection whose items are not single sequences in a fixed order."""
    kind = type(sequences).__name__
    if hasattr(sequences, "columns") or getattr(sequences, "ndim", 1) != 1:
        raise SequenceError(
            f"sequences: {kind} of several dimensions found; pass the column of sequences, "
            "such as table['sequence']"
        )
    if isinstance(sequences, Mapping):
        raise SequenceError(
            f"sequences: {kind} found, whose items are its keys; pass the sequences, list(d.values())"
        )
    if isinstance(sequences, str | bytes | bytearray) or hasattr(sequences, "reverse_complement"):
        raise SequenceError(f"sequences: one {kind} found; put it into a list")
    if isinstance(sequences, set | frozenset | Iterator) or not isinstance(sequences, Iterable):
        raise SequenceError(f"sequences: {kind} found; pass a list, an array or a Series")


def _packed(item: Any, number: int) -> bytes:
    """Pack one sequence; an error gives its number."""
    letters = getattr(item, "seq", item)
    if not isinstance(letters, str | bytes | bytearray) and not _is_biopython(letters):
        raise SequenceError(
            f"sequence {number}: {show(letters, 40)} ({type(letters).__name__}) found; {_EXPECTED}; "
            "remove missing ones first, such as with table.dropna(subset=['sequence'])"
        )
    try:
        return pack(bytes(letters) if isinstance(letters, bytes | bytearray) else str(letters))
    except (SequenceError, ValueError) as error:  # ValueError: a Seq of Biopython with a length only
        raise SequenceError(f"sequence {number}: {error}") from error


def _is_biopython(item: Any) -> bool:
    """Return whether an object is a Biopython sequence, without importing Biopython."""
    return any(kind.__module__.startswith("Bio.") for kind in type(item).__mro__)
