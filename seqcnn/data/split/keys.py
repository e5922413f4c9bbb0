"""Keys of the groups of rows, without a text for each row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqcnn.columns.byte_strings import Items

_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True, eq=False)
class Keys(Items[str]):
    """One key per row, equal for rows of one group.

    Examples
    --------
    >>> keys = Keys.of(["b", "a", "b"])
    >>> list(keys), keys.number.tolist(), keys.take([0, 2]).number.tolist()
    (['b', 'a', 'b'], [1, 0, 1], [0, 0])
    """

    distinct: Sequence[str]
    """The different keys, sorted."""
    number: np.ndarray
    """int32 (N,), index of the key of each row."""

    @classmethod
    def of(cls, keys: Sequence[str]) -> Keys:
        """Return keys that are texts.

        As `np.unique` with `return_inverse`, which would copy the keys to an array of fixed-width strings.
        """
        if isinstance(keys, Keys):
            return keys
        distinct = sorted(set(keys))
        number = {key: k for k, key in enumerate(distinct)}
        return cls(distinct, np.fromiter((number[key] for key in keys), np.int32, len(keys)))

    def take(self, index: np.ndarray | Sequence[int] | slice) -> Keys:
        """Return the keys of some rows."""
        used, number = np.unique(self.number[index], return_inverse=True)
        some = self.distinct.values[used] if isinstance(self.distinct, Digests) else None
        distinct = [self.distinct[i] for i in used.tolist()] if some is None else Digests(some)
        return Keys(distinct, number.astype(np.int32))

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.distinct[i] for i in self.number[index]]
        return self.distinct[self.number[index]]


class Digests(Items[str]):
    """SHA-256 digests, as hexadecimal texts; `values` holds their bytes, S32 (N,)."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @classmethod
    def of(cls, strings: Iterable[bytes]) -> Digests:
        """Return the digests of strings."""
        content = bytearray()
        for string in strings:
            content += hashlib.sha256(string).digest()
        return cls(np.frombuffer(content, f"S{_BYTES}"))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return list(Digests(self.values[index]))
        return self.values[index].ljust(_BYTES, b"\0").hex()  # NumPy removes zeros at the end
