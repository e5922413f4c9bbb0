"""Windows of one length L from inserts of any length: aligned, and filled with the real flanks.

The construct is `flank5` + insert + `flank3`; the model sees a window of L bp of it.  The insert is
aligned to one side of the window, the rest of the window shows the flanks and, where these are too
short, padding (0).  Longer inserts are refused unless `crop` is on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen

from seqcnn.columns.byte_strings import ByteStrings
from seqcnn.errors import ConfigError, SequenceError
from seqcnn.sequence.complement import COMPLEMENT
from seqcnn.sequence.onehot import Ambiguity, expand, pack

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Align = Literal["left", "right", "center"]
"""Side of the window to which a shorter insert is aligned."""

MAX_LENGTH = 1_000_000
"""Longest window, and longest record of a file that is read, in bp."""

_STEP = 1 << 12  # rows per step

Length = Annotated[int, Ge(1), Le(MAX_LENGTH)]
Flank = Annotated[str, MaxLen(100_000)]


@dataclass(frozen=True, slots=True)
class Layout:
    """The length policy of a dataset and of the models trained on it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    length: Length
    """L, length of the window in bp."""
    align: Align = "left"
    """`right` suits a 5' UTR, whose 3' end is the start codon."""
    flank5: Flank = ""
    """Bases of the construct before the insert, 5' to 3'."""
    flank3: Flank = ""
    """Bases of the construct after the insert, 5' to 3'."""
    crop: bool = False
    """Cut longer inserts to L on the side opposite to `align`; otherwise they are refused."""
    ambiguity: Ambiguity = "share"
    """One-hot encoding of N and other ambiguous bases, see `seqcnn.sequence.onehot.Ambiguity`."""

    @property
    def max_input_length(self) -> int:
        """Return the longest record to read, in bp: the window, or `MAX_LENGTH` where longer ones are cut."""
        return MAX_LENGTH if self.crop else self.length

    def place(self, bases: bytes) -> tuple[bytes, int, int]:
        """Place one packed insert in its window.

        Returns
        -------
        The window, L packed bases; the position of the insert's first base in it; the insert's length.

        Raises
        ------
        SequenceError
            If the insert is longer than the window and `crop` is off.
        ConfigError
            If a flank is not DNA.
        """
        return self._place(bases, *self._packed_flanks())

    def rows(self, inserts: Sequence[bytes]) -> Rows:
        """Place many packed inserts in windows; as `place`."""
        strings, n = ByteStrings.of(inserts), len(inserts)
        self._packed_flanks()  # refuses other letters
        if n and (strings.sizes == self.length).all():  # without a copy
            place = np.zeros(n, np.int32), np.full(n, self.length, np.int32)
            return Rows(strings.data.reshape(n, self.length), *place)
        return self.rows_of_slices(strings.data, strings.offset[:-1], strings.sizes)

    def rows_of_slices(self, bases: np.ndarray, begin: np.ndarray, insert_length: np.ndarray) -> Rows:
        """Place inserts that are slices of one array in windows; as `place`.

        Inserts of one length have the same flanks in their windows, and are copied together.

        Parameters
        ----------
        bases
            uint8, packed.
        begin, insert_length
            int64 (n,): insert i is `bases[begin[i] : begin[i] + insert_length[i]]`.
        """
        flanks = self._packed_flanks()
        n = len(insert_length)
        rows = Rows(np.empty((n, self.length), np.uint8), *np.empty((2, n), np.int32))
        for length in dict.fromkeys(insert_length.tolist()):
            window, start, shown = self._place(bytes(length), *flanks)  # flanks around a blank insert
            index = np.flatnonzero(insert_length == length)
            inserts = np.lib.stride_tricks.sliding_window_view(bases, shown)
            for some in np.split(index, range(_STEP, len(index), _STEP)):
                rows.bases[some] = np.frombuffer(window, np.uint8)
                rows.bases[some, start : start + shown] = inserts[begin[some] + self._offset(length - shown)]
            rows.start[index], rows.insert_length[index] = start, shown
        return rows

    def _place(self, bases: bytes, before: bytes, after: bytes) -> tuple[bytes, int, int]:
        """Place one insert between packed flanks; as `place`."""
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
        """Return the part of `room` that lies before the insert (or is cut from its 5' end)."""
        return {"left": 0, "right": room, "center": room // 2}[self.align]


@dataclass(frozen=True, slots=True)
class Rows:
    """Inserts placed in windows of one length."""

    bases: np.ndarray
    """uint8 (N, L), packed; a `StoredArray`, which reads rows on demand, for a large dataset."""
    start: np.ndarray
    """int32 (N,), position of the insert's first base in its row."""
    insert_length: np.ndarray
    """int32 (N,), length of the insert in bp."""
    features: np.ndarray | None = None
    """float32 (N, P, D), features of each sequence at P positions, such as embeddings; None without any."""

    def __len__(self) -> int:
        return len(self.bases)

    def take(self, index: np.ndarray | slice) -> Rows:
        """Return some of the rows."""
        return Rows(self.bases[index], *self._columns(index))

    def inserts(self) -> ByteStrings:
        """Return the packed inserts, without flanks and padding; stored rows are read in blocks."""
        parts = (self.take(slice(start, start + _STEP)) for start in range(0, len(self), _STEP))
        spans = (zip(p.bases, p.start.tolist(), p.insert_length.tolist(), strict=True) for p in parts)
        return ByteStrings.of(row[i : i + n].tobytes() for span in spans for row, i, n in span)

    def one_hot(self, ambiguity: Ambiguity, device: torch.device | str = "cpu") -> Tensor:
        """Return the windows one-hot encoded on a device, float32 (N, 4, L); see `expand`."""
        import torch

        return expand(torch.from_numpy(np.array(self.bases)).to(device), ambiguity)

    def select(self, index: np.ndarray) -> Rows:
        """Return some of the rows without reading those that are stored in a file."""
        if isinstance(self.bases, np.ndarray):
            return self.take(index)
        return Rows(self.bases.select(index), *self._columns(index))

    def _columns(self, index: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return all but the bases of some of the rows."""
        features = None if self.features is None else self.features[index]
        return self.start[index], self.insert_length[index], features


def slide(
    bases: Tensor,
    start: Tensor,
    insert_length: Tensor,
    *,
    shift: Tensor,
    reverse: Tensor,
    flanks: tuple[str, str],
) -> Tensor:
    """Shift windows along their constructs, and reverse-complement inserts.

    Parameters
    ----------
    bases, start, insert_length
        As of `Rows`: uint8 (N, L), and (N,) positions and lengths in bp.
    shift
        int64 (N,), shift of the window towards the 3' end in bp; negative towards the 5' end.
        New bases come from the real flanks or, beyond these, are padding.
    reverse
        bool (N,), whether the insert, and only the insert, is reverse-complemented.
    flanks
        The construct's `flank5` and `flank3`.

    Returns
    -------
    uint8 (N, L).
    """
    import torch

    _, length = bases.shape
    five, three = (_on_device(pack(f) if f else bytes(1), bases.device) for f in flanks)
    start, insert_length = start.long().unsqueeze(1), insert_length.long().unsqueeze(1)  # (N, 1)
    # (N, L), position of each base of the new window relative to the insert's first base
    offset = torch.arange(length, device=bases.device) + shift.unsqueeze(1) - start
    inside = (offset >= 0) & (offset < insert_length)
    source = torch.where(reverse.unsqueeze(1), insert_length - 1 - offset, offset) + start
    insert = bases.gather(1, source.clamp(0, length - 1))
    complement = _on_device(COMPLEMENT, bases.device)
    insert = torch.where(reverse.unsqueeze(1), complement[insert.long()], insert)
    left, right = offset + len(five), offset - insert_length  # positions in the 5' and in the 3' flank
    before = torch.where(left >= 0, five[left.clamp(0, len(five) - 1)], 0)
    after = torch.where(right < len(three), three[right.clamp(0, len(three) - 1)], 0)
    return torch.where(inside, insert, torch.where(offset < 0, before, after)).to(torch.uint8)


@cache
def _on_device(packed: bytes, device: torch.device) -> Tensor:
    """Return packed bases on a device; copied once, since a CUDA graph must not copy from the host."""
    import torch

    with torch.inference_mode(False):
        return torch.frombuffer(bytearray(packed), dtype=torch.uint8).to(device)
