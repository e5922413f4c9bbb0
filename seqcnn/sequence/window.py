"""How inserts of any length become rows of one length L: aligned, then filled from the real flanks.

The construct is `flank5` + insert + `flank3`; the model sees a window of L bp of it.  The insert
sits on the declared side of the window, the rest of the window shows the flanks, and where
these are too short it is padding (0).  Nothing is cut unless `crop` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen

from seqcnn.errors import ConfigError, SequenceError
from seqcnn.sequence.onehot import COMPLEMENT, Ambiguity, expand, pack

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Align = Literal["left", "right", "center"]
"""The side of the window on which a short insert sits."""

MAX_LENGTH = 1_000_000
"""Longest window, and longest record of a file that is read, in bp."""

Length = Annotated[int, Ge(1), Le(MAX_LENGTH)]
Flank = Annotated[str, MaxLen(100_000)]


@dataclass(frozen=True, slots=True)
class Layout:
    """The length policy of a dataset and of the models trained on it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    length: Length
    """L, the window in bp."""
    align: Align = "left"
    """A 5' UTR, read towards its start codon, aligns on the right."""
    flank5: Flank = ""
    """Bases of the construct before the insert, 5' to 3'."""
    flank3: Flank = ""
    """Bases of the construct after the insert, 5' to 3'."""
    crop: bool = False
    """Cut longer inserts to L on the side away from `align`; otherwise they are refused."""
    ambiguity: Ambiguity = "share"
    """What N and other ambiguous bases become in the one-hot."""

    @property
    def max_input_length(self) -> int:
        """Return the longest record to read, in bp: the window, or `MAX_LENGTH` where longer ones are cut."""
        return MAX_LENGTH if self.crop else self.length

    def place(self, bases: bytes) -> tuple[bytes, int, int]:
        """Lay one packed insert into the window.

        Returns
        -------
        The row, L packed bases; the position of the insert's first base in it; the insert's length.

        Raises
        ------
        SequenceError
            If the insert is longer than the window and `crop` is off.
        ConfigError
            If a flank is no DNA.
        """
        return self._lay(bases, *self._packed_flanks())

    def rows(self, inserts: list[bytes]) -> Rows:
        """Lay many packed inserts into windows; as `place`."""
        size = np.array([len(insert) for insert in inserts], np.int64)
        return self.cut_out(np.frombuffer(b"".join(inserts), np.uint8), np.cumsum(size) - size, size)

    def cut_out(self, bases: np.ndarray, begin: np.ndarray, size: np.ndarray) -> Rows:
        """Lay inserts into windows that are pieces of one array; as `place`.

        Inserts of one size have their flanks in common, and are copied together.

        Parameters
        ----------
        bases
            uint8, packed.
        begin, size
            int64 (n,): insert i is `bases[begin[i] : begin[i] + size[i]]`.
        """
        flanks = self._packed_flanks()
        rows = Rows(np.empty((len(size), self.length), np.uint8), *np.empty((2, len(size)), np.int32))
        for length in dict.fromkeys(size.tolist()):
            frame, start, kept = self._lay(bytes(length), *flanks)
            of = np.flatnonzero(size == length)
            inserts = np.lib.stride_tricks.sliding_window_view(bases, kept)
            rows.bases[of] = np.frombuffer(frame, np.uint8)
            rows.bases[of, start : start + kept] = inserts[begin[of] + self._offset(length - kept)]
            rows.start[of], rows.insert_length[of] = start, kept
        return rows

    def _lay(self, bases: bytes, before: bytes, after: bytes) -> tuple[bytes, int, int]:
        """Lay one insert between packed flanks; as `place`."""
        if len(bases) > self.length:
            if not self.crop:
                raise SequenceError(
                    f"{len(bases)} bp; at most {self.length} bp are expected (set `length`, or `crop: true`)"
                )
            cut = self._offset(len(bases) - self.length)
            bases = bases[cut : cut + self.length]
        room = self.length - len(bases)
        start = self._offset(room)
        left = before[len(before) - min(start, len(before)) :].rjust(start, b"\0")
        right = after[: room - start].ljust(room - start, b"\0")
        return left + bases + right, start, len(bases)

    def _packed_flanks(self) -> tuple[bytes, bytes]:
        """Return `flank5` and `flank3` as packed bases."""
        packed = []
        for name, flank in (("flank5", self.flank5), ("flank3", self.flank3)):
            try:
                packed.append(pack(flank) if flank else b"")
            except SequenceError as error:
                raise ConfigError(f"{name}: {error}") from error
        return packed[0], packed[1]

    def _offset(self, room: int) -> int:
        """Return how much of `room` lies before the insert (or is cut from its 5' end)."""
        return {"left": 0, "right": room, "center": room // 2}[self.align]


@dataclass(frozen=True, slots=True)
class Rows:
    """Inserts laid into windows of one length."""

    bases: np.ndarray
    """uint8 (N, L), packed; of a large dataset a `StoredArray`, whose rows are read when asked for."""
    start: np.ndarray
    """int32 (N,), position of the insert's first base in its row."""
    insert_length: np.ndarray
    """int32 (N,), length of the insert in bp."""

    def __len__(self) -> int:
        return len(self.bases)

    def take(self, at: np.ndarray | slice) -> Rows:
        """Return some of the rows."""
        return Rows(self.bases[at], self.start[at], self.insert_length[at])

    def one_hot(self, ambiguity: Ambiguity, device: torch.device | str = "cpu") -> Tensor:
        """Return the windows one-hot encoded on a device, float32 (N, 4, L); see `expand`."""
        import torch

        return expand(torch.from_numpy(np.array(self.bases)).to(device), ambiguity)

    def choose(self, at: np.ndarray) -> Rows:
        """Return some of the rows, which stay in their file if they are there."""
        if isinstance(self.bases, np.ndarray):
            return self.take(at)
        return Rows(self.bases.choose(at), self.start[at], self.insert_length[at])


def slide(
    bases: Tensor, start: Tensor, size: Tensor, *, shift: Tensor, reverse: Tensor, flanks: tuple[str, str]
) -> Tensor:
    """Move each window along its construct and reverse-complement the insert, where asked.

    Parameters
    ----------
    bases, start, size
        Rows of a `Layout`: uint8 (N, L), and (N,) positions and lengths in bp.
    shift
        int64 (N,), bp that the window moves towards the 3' end; negative towards the 5' end.
        Bases that come into view are the real flanks' or, beyond these, padding.
    reverse
        bool (N,), whether the insert, and only the insert, is read from the other strand.
    flanks
        The construct's `flank5` and `flank3`.

    Returns
    -------
    uint8 (N, L).
    """
    import torch

    _, length = bases.shape
    five, three = (_on_device(pack(f) if f else bytes(1), bases.device) for f in flanks)
    start, size = start.long().unsqueeze(1), size.long().unsqueeze(1)
    at = torch.arange(length, device=bases.device) + shift.unsqueeze(1) - start  # (N, L) in the insert
    inside = (at >= 0) & (at < size)
    source = torch.where(reverse.unsqueeze(1), size - 1 - at, at) + start
    insert = bases.gather(1, source.clamp(0, length - 1))
    complement = _on_device(COMPLEMENT, bases.device)
    insert = torch.where(reverse.unsqueeze(1), complement[insert.long()], insert)
    left, right = at + len(five), at - size
    before = torch.where(left >= 0, five[left.clamp(0, len(five) - 1)], 0)
    after = torch.where(right < len(three), three[right.clamp(0, len(three) - 1)], 0)
    return torch.where(inside, insert, torch.where(at < 0, before, after)).to(torch.uint8)


@cache
def _on_device(packed: bytes, device: torch.device) -> Tensor:
    """Return packed bases on a device, to which they are copied once: a CUDA graph cannot."""
    import torch

    with torch.inference_mode(False):
        return torch.frombuffer(bytearray(packed), dtype=torch.uint8).to(device)
