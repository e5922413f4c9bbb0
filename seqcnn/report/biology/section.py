"""What a section of the biology part is: a function from a station's folder to its `Content`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.errors import TableError, place
from seqcnn.io.atomic import environment_faults
from seqcnn.io.regular_file import has_file
from seqcnn.io.tsv import Row, read_rows
from seqcnn.plotting.formatting import UNDEFINED, decimal
from seqcnn.plotting.panel import Panel, named
from seqcnn.plotting.style import styled
from seqcnn.report.content.tables import Cell, Table

RENAMED_COLUMNS = {"unlike_training": "out_of_distribution"}
"""Columns that an earlier version wrote under another name."""


@dataclass(frozen=True, slots=True)
class Content:
    """Sentences, panels and tables of a section."""

    sentences: list[str]
    panels: list[Panel] = field(default_factory=list)
    wide: list[Panel] = field(default_factory=list)
    """Panels as wide as the page."""
    tables: list[Table] = field(default_factory=list)
    sheet: tuple[str, list[str]] | None = None
    """Heading and lines to copy."""


@dataclass(frozen=True, slots=True)
class Section:
    """The section of one station."""

    station: str
    title: str
    function: Callable[[Path, Dataset], Content]
    explanation: str
    """How to read the section."""

    def read(self, folder: Path, dataset: Dataset) -> Content:
        """Read a station's folder.

        Raises
        ------
        TableError
            If a file in it is missing or damaged.
        """
        with styled(), _damaged(folder, self.station):
            content = self.function(folder, dataset)
        panels, count = named([*content.panels, *content.wide], self.station), len(content.panels)
        return replace(content, panels=panels[:count], wide=panels[count:])


def section(
    title: str, station: str, explanation: str | None = None
) -> Callable[[Callable[[Path, Dataset], Content]], Section]:
    """Return a decorator: a function that reads a station's folder becomes a section.

    The explanation on the page is the docstring of the function if none is given.
    """

    def decorate(function: Callable[[Path, Dataset], Content]) -> Section:
        """Return the section of a function."""
        return Section(station, title, function, explanation or " ".join((function.__doc__ or "").split()))

    return decorate


def file_of(folder: Path, name: str) -> Path:
    """Return the path of a station's file.

    Raises
    ------
    TableError
        If there is none, or it is a pipe, a folder, or a link that leads out of the folder.
    """
    if not has_file(folder / name, folder):
        raise TableError(f"{place(folder / name)}: No such file")
    return folder / name


def station_rows(folder: Path, name: str, *columns: str) -> Iterator[Row]:
    """Yield the rows of a station's table, one at a time, as `read_rows`."""
    for row in read_rows(file_of(folder, name), *columns):
        if renamed := next((column for column in RENAMED_COLUMNS if column in row), None):
            new = RENAMED_COLUMNS[renamed]
            raise TableError(f"{place(row.path)}: column {renamed} is now called {new}")
        yield row


def value_cell(value: float | None, *, signed: bool = False, digits: int = 3) -> Cell:
    """Return the cell of a number."""
    if value is None:
        return Cell(UNDEFINED)
    return Cell(decimal(value, digits, signed=signed), value)


@contextmanager
def _damaged(folder: Path, station: str) -> Iterator[None]:
    """Turn errors from damaged files into a `TableError` that names the station to run again."""
    again = f"run `seqcnn {station}` again, or remove the folder"
    try:
        with environment_faults(folder):
            yield
    except TableError as error:
        raise TableError(f"{error}; {again}") from error
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        raise TableError(f"{place(folder)}: damaged ({type(error).__name__}); {again}") from error
