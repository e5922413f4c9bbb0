"""Sequences and texts as columns: all of them in one array, without an object of Python for each.

Texts are stored as UTF-8; bytes that are none are surrogate escapes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import eq
from typing import Any, TypeVar

import numpy as np

from seqcnn.memory import ScratchBuffer

_STEP = 1 << 12  # strings per step


T = TypeVar("T", covariant=True)


class Items(Sequence[T]):
    """A sequence that is equal to any other one with equal items."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))


@dataclass(frozen=True, slots=True, eq=False)
class ByteStrings(Items[bytes]):
    """Strings of bytes of any length, such as packed sequences.

    Examples
    --------
    >>> strings = ByteStrings.of([b"ab", b"", b"c"])
    >>> strings[0], strings.sizes.tolist(), list(strings.take([2, 0]))
    (b'ab', [2, 0, 1], [b'c', b'ab'])
    """

    data: np.ndarray
    """uint8 (B,), one string after the other."""
    offset: np.ndarray
    """int64 (N + 1,), start of each string, and end of the last one."""

    @classmethod
    def of(cls, strings: Iterable[bytes], memory: int | None = None) -> ByteStrings:
        """Return strings as columns; `memory` is as for `ScratchBuffer`."""
        if isinstance(strings, ByteStrings):
            return strings
        builder, source = Builder(memory), iter(strings)
        while part := list(islice(source, _STEP)):
            builder.add(part)
        return builder.strings()

    @property
    def sizes(self) -> np.ndarray:
        """Lengths, int64 (N,)."""
        return np.diff(self.offset)

    def take(self, index: np.ndarray | Sequence[int], memory: int | None = None) -> ByteStrings:
        """Return some of the strings, in that order; all of them without a copy."""
        if len(index) == len(self) and np.array_equal(index, np.arange(len(self))):
            return self
        return ByteStrings.of((self[i] for i in index), memory)

    def parts(self) -> Iterator[tuple[bytes, Iterator[slice]]]:
        """Yield the bytes of some strings after the other, and where each is in them."""
        for start in range(0, len(self), _STEP):
            bounds = self.offset[start : start + _STEP + 1]
            ends = (bounds - bounds[0]).tolist()
            yield self.data[bounds[0] : bounds[-1]].tobytes(), map(slice, ends, ends[1:])

    def __len__(self) -> int:
        return len(self.offset) - 1

    def __getitem__(self, index: Any) -> Any:
        """Return one string, or those of a slice as a list."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        begin, end = self.offset[index % len(self) :][:2]
        return self.data[begin:end].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        for data, places in self.parts():
            yield from map(data.__getitem__, places)


class Texts(Items[str]):
    """Texts of any length, such as ids.

    Parameters
    ----------
    strings
        Their bytes.

    Examples
    --------
    >>> texts = Texts.of(["oligo_1", "\u03b1"])
    >>> texts[1], texts == ["oligo_1", "\u03b1"]
    ('\u03b1', True)
    """

    def __init__(self, strings: ByteStrings) -> None:
        self.strings = strings

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Return texts as columns."""
        if isinstance(texts, Texts):
            return texts
        return cls(ByteStrings.of(text.encode("utf-8", "surrogateescape") for text in texts))

    def take(self, index: np.ndarray | Sequence[int]) -> Texts:
        """Return some of the texts, in that order."""
        return Texts(self.strings.take(index))

    def __len__(self) -> int:
        return len(self.strings)

    def __getitem__(self, index: Any) -> Any:
        """Return one text, or those of a slice as a list."""
        if isinstance(index, slice):
            return [string.decode("utf-8", "surrogateescape") for string in self.strings[index]]
        return self.strings[index].decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        for data, places in self.strings.parts():
            if data.isascii():  # which is decoded at once
                yield from map(data.decode().__getitem__, places)
            else:
                yield from (data[place].decode("utf-8", "surrogateescape") for place in places)


class Builder:
    """Collects strings; `memory` is as for `ScratchBuffer`."""

    def __init__(self, memory: int | None = None) -> None:
        self._buffer, self._sizes = ScratchBuffer(memory), array("q", [0])

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._buffer)

    def add(self, strings: Sequence[bytes]) -> None:
        """Add some strings."""
        self.extend(b"".join(strings), np.fromiter(map(len, strings), np.int64, len(strings)))

    def extend(self, data: bytes, sizes: np.ndarray) -> None:
        """Add strings of some sizes, int64 (n,), one after the other."""
        self._buffer.write(data)
        self._sizes.frombytes(sizes.tobytes())

    def strings(self) -> ByteStrings:
        """Return the strings."""
        return ByteStrings(self._buffer.array(), np.cumsum(np.frombuffer(self._sizes, np.int64)))


def first_equal(items: Sequence[Any]) -> np.ndarray:
    """Return the number of the first item that is equal to each of some texts or bytes, int64 (N,).

    Examples
    --------
    >>> first_equal(["b", "a", "b"]).tolist()
    [0, 1, 0]
    """
    hashes = _hashes(items)
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    first, seen = np.arange(len(items)), dict[Any, int]()
    for row in np.unique(order[np.concatenate([same, same + 1])]).tolist():
        first[row] = seen.setdefault(items[row], row)
    return first


def rows_of(items: Sequence[Any], keys: Sequence[Any]) -> np.ndarray:
    """Return the number of the one of different keys that is equal to each item, int64 (N,); -1 for none.

    Examples
    --------
    >>> rows_of(["b", "x"], ["a", "b"]).tolist()
    [1, -1]
    """
    hashes, of_items = _hashes(keys), _hashes(items)
    order = np.argsort(hashes)
    low, high = (np.searchsorted(hashes, of_items, side=side, sorter=order) for side in ("left", "right"))
    rows = np.full(len(items), -1)
    for n, item in enumerate(items):  # several keys may have one hash
        for row in order[low[n] : high[n]]:
            if keys[row] == item:
                rows[n] = row
    return rows


def _hashes(items: Sequence[Any]) -> np.ndarray:
    """Return a 64-bit hash of each item, int64 (N,)."""
    return np.fromiter(map(hash, items), np.int64, len(items))
