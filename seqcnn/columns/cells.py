"""Rows of a table: the cells of all rows one after the other, without an object of Python for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from seqcnn.columns.byte_strings import Builder, ByteStrings, Items, Texts

Row = tuple[int, list[str]]
"""Line, 1-based, and cells."""

_STEP = 1 << 12  # rows per step


class Cells(Items[list[str]]):
    """The cells of some rows; a slice is no copy.

    Parameters
    ----------
    texts
        All cells, row after row.
    start
        int64 (N + 1,), number of the first cell of each row, and of the cell after the last row.
    """

    def __init__(self, texts: ByteStrings, start: np.ndarray) -> None:
        self.texts, self.start = texts, start

    def column(self, index: int) -> Texts:
        """Return one cell of each row."""
        return Texts(self.texts.take(self.start[:-1] + index))

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, index: Any) -> Any:
        """Return the cells of one row, or some of the rows."""
        if isinstance(index, slice):
            begin, end, _ = index.indices(len(self))
            return Cells(self.texts, self.start[begin : max(begin, end) + 1])
        row = range(len(self))[index]
        return Texts(self.texts)[self.start[row] : self.start[row + 1]]

    def __iter__(self) -> Iterator[list[str]]:
        for step in range(0, len(self), _STEP):
            start = self.start[step : step + _STEP + 1]
            cells = iter(Texts(self.texts)[start[0] : start[-1]])
            for width in np.diff(start).tolist():
                yield list(islice(cells, width))


class Rows(Items[Row]):
    """Rows of a table with their lines: a few as they are, and cells below them.

    Examples
    --------
    >>> rows = [(1, ["id", "y"])] + Rows.of([(2, ["a", "1"]), (3, ["b", "2"])])
    >>> rows[-1], list(rows[:2]), list(rows[1:].cells.column(0))
    ((3, ['b', '2']), [(1, ['id', 'y']), (2, ['a', '1'])], ['a', 'b'])
    """

    def __init__(self, first: Sequence[Row], lines: array[int], cells: Cells) -> None:
        self.first, self.lines, self.cells = list(first), lines, cells

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        """Return rows as columns."""
        source, builder, lines, widths = iter(rows), Builder(), array("q"), array("q", [0])
        while part := list(islice(source, _STEP)):
            lines.extend(line for line, _ in part)
            widths.extend(len(cells) for _, cells in part)
            builder.add([cell.encode("utf-8", "surrogateescape") for _, cells in part for cell in cells])
        return cls([], lines, Cells(builder.strings(), np.cumsum(np.frombuffer(widths, np.int64))))

    def __radd__(self, first: list[Row]) -> Rows:
        return Rows([*first, *self.first], self.lines, self.cells)

    def __len__(self) -> int:
        return len(self.first) + len(self.lines)

    def __getitem__(self, index: Any) -> Any:
        """Return one row, or the rows of a slice."""
        count = len(self.first)
        if isinstance(index, slice):
            begin, end, _ = index.indices(len(self))
            below = slice(max(begin - count, 0), max(end - count, 0))
            return Rows(self.first[index], self.lines[below], self.cells[below])
        row = range(len(self))[index]
        return self.first[row] if row < count else (self.lines[row - count], self.cells[row - count])

    def __iter__(self) -> Iterator[Row]:
        yield from self.first
        yield from zip(self.lines, self.cells, strict=True)
