"""Packed bases and one-hot encoding of DNA.

A *packed* base is one byte of four bits, A=1 C=2 G=4 T=8 (the nt16 convention of BAM): the
byte is the one-hot column.  IUPAC codes are unions (R = A|G = 5), N = 15, padding = 0.
A one-hot batch is float32 (N, 4, L): sequence, base in the order of `ALPHABET`, position in
bp from the 5' end.  `ALPHABET` reads backwards as its own complement, so the reverse
complement of a one-hot batch is a flip of its last two axes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from seqcnn.errors import SequenceError, show, show_ascii

if TYPE_CHECKING:
    from torch import Tensor

ALPHABET = "ACGT"
"""The bases, in the order of the one-hot rows."""

IUPAC = "=ACMGRSVTWYHKDBN"
"""The letter of each packed value 0..15; 0 is padding and has no letter in a file."""

Ambiguity = Literal["share", "zero"]
"""Encoding of an ambiguous base: equal `share`s (R = 0.5 A + 0.5 G), or `zero` in all rows."""

INVALID = 255
"""Value of `PACK` for a byte that is not a DNA letter."""


def _pack_table() -> bytes:
    table = bytearray([INVALID]) * 256
    for value, letter in enumerate(IUPAC[1:], start=1):
        table[ord(letter)] = table[ord(letter.lower())] = value
    table[ord("U")] = table[ord("u")] = table[ord("T")]
    return bytes(table)


PACK = _pack_table()
"""`bytes.translate` table from letters, upper or lower case, U as T, to packed bases."""

UNPACK = bytes(ord(letter) for letter in IUPAC.replace("=", "-")).ljust(256, b"?")
"""`bytes.translate` table from packed bases to upper-case letters; padding becomes '-'."""

UNAMBIGUOUS = bytes(PACK[ord(base)] for base in ALPHABET)
"""The packed bases of A, C, G and T, in the order of `ALPHABET`."""

PACKED_BASES = np.frombuffer(UNAMBIGUOUS, np.uint8)
"""`UNAMBIGUOUS` as an array, uint8 (4,)."""

NO_INDEX = len(ALPHABET)
"""Value of `BASE_INDEX` for an ambiguous base or padding."""

BASE_INDEX = bytes(UNAMBIGUOUS.find(value) if value in UNAMBIGUOUS else NO_INDEX for value in range(256))
"""`bytes.translate` table from packed bases to their index in `ALPHABET`, or `NO_INDEX`."""

MISSING_WORDS = frozenset(
    {"", "na", "n/a", "#n/a", "<na>", "nan", "none", "null", "nil", "-", ".", "?", "missing"}
)
"""What other programs write for a missing value, in lower case."""

_MISSING = {word.encode() for word in MISSING_WORDS if len(word) > 1}

PACKED_MISSING = {word.translate(PACK) for word in (b"NA", b"NAN")}
"""Words for a missing value whose letters are those of DNA, packed."""


def is_missing(letters: bytes) -> bool:
    """Return whether the letters of a whole sequence are a word for a missing value, such as NA or nan."""
    return len(letters) < 10 and letters.strip().lower() in _MISSING


def pack(sequence: str | bytes) -> bytes:
    """Pack one sequence, one byte per base.

    Parameters
    ----------
    sequence
        IUPAC DNA or RNA letters in either case, 5' to 3'.

    Returns
    -------
    As many bytes as there are letters, each 1..15.

    Raises
    ------
    SequenceError
        If `sequence` is empty, holds another character, or is a word for a missing value, such as NA.
    """
    letters = sequence if isinstance(sequence, bytes) else sequence.encode("ascii", "replace")
    packed = letters.translate(PACK)
    if not packed:
        raise SequenceError("empty sequence; at least one base is expected")
    if is_missing(letters):
        raise SequenceError(f"{show(letters.decode())} is a missing value; expected a sequence")
    if (position := packed.find(INVALID)) >= 0:
        letter = sequence[position] if isinstance(sequence, str) else chr(sequence[position])
        expected = "expected an IUPAC DNA letter (ACGTU, RYSWKMBDHVN)"
        raise SequenceError(f"{show_ascii(letter)} at position {position + 1}; {expected}")
    return packed


def unpack(packed: bytes) -> str:
    """Return the upper-case letters of packed bases; padding is '-'."""
    return packed.translate(UNPACK).decode("ascii")


def expand(packed: Tensor, ambiguity: Ambiguity = "share") -> Tensor:
    """One-hot encode packed bases on the device that holds them.

    Parameters
    ----------
    packed
        uint8 (N, L), values 0..15; 0 is padding and becomes a column of zeros.
    ambiguity
        Encoding of a base of several bits: `share` divides 1 among them, `zero` gives zeros.

    Returns
    -------
    float32 (N, 4, L), rows in the order of `ALPHABET`; the four numbers of a base are adjacent in memory.
    """
    import torch

    if packed.device.type != "cpu":
        return _columns(packed, ambiguity).transpose(1, 2)
    table = _table(ambiguity).view(torch.complex128).flatten()  # (16,), a column of four floats as one number
    columns = table.index_select(0, packed.flatten().int())  # (N * L,)
    return columns.unsqueeze(1).view(torch.float32).view(*packed.shape, 4).transpose(1, 2)


@cache
def _table(ambiguity: Ambiguity) -> Tensor:
    """Return the column of each packed value, float32 (16, 4)."""
    import torch

    with torch.inference_mode(False):
        return _columns(torch.arange(16, dtype=torch.uint8), ambiguity)


def _columns(packed: Tensor, ambiguity: Ambiguity) -> Tensor:
    """Compute the columns of packed bases (...), float32 (..., 4)."""
    import torch

    bits = torch.stack([packed & bit for bit in UNAMBIGUOUS], -1).ne(0).float()
    count = bits.sum(-1, keepdim=True)
    return bits / count.clamp(min=1) if ambiguity == "share" else bits * count.le(1)


def one_hot(sequence: str | bytes, ambiguity: Ambiguity = "share") -> Tensor:
    """One-hot encode one sequence.

    Parameters
    ----------
    sequence
        IUPAC DNA or RNA letters in either case, 5' to 3'.
    ambiguity
        As for `expand`: N becomes a column of 0.25 (`share`) or of zeros (`zero`).

    Returns
    -------
    float32 (4, L), L in bp, one row for each base of `ALPHABET`.

    Raises
    ------
    SequenceError
        If `sequence` is empty or holds another character.

    Examples
    --------
    >>> import seqcnn
    >>> seqcnn.one_hot("ACGT").tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    True
    """
    import torch

    if not isinstance(sequence, str | bytes):
        kind = type(sequence).__name__
        raise SequenceError(f"{kind} found; expected one sequence; for several, `torch.stack` the results")
    packed = torch.from_numpy(np.frombuffer(pack(sequence), np.uint8).copy())
    return expand(packed.unsqueeze(0), ambiguity)[0].contiguous()
