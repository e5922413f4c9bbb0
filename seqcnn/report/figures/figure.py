"""What a figure of the report is: a decorated function that yields its panels.

Its docstring is the text below its title.  Names from the user (targets, sequences, models) go into captions,
which the page escapes.  Drawings hold numbers and fixed words, and units and names of targets and columns as
`drawn_name` returns them; matplotlib escapes the markup of all text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from seqcnn.errors import printable
from seqcnn.plotting.panel import Panel, named
from seqcnn.plotting.style import styled
from seqcnn.report.run.members import Run

MAX_NAME = 28
"""Characters of a name in a drawing."""

MAX_LINE = 30
"""Characters of a line of the label of an axis, for which the smallest drawing has room."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A titled section of the report that consists of drawings."""

    name: str
    title: str
    function: Callable[[Run], Iterator[Panel]]

    @property
    def explanation(self) -> str:
        """The text below the title."""
        return " ".join((self.function.__doc__ or "").split())

    def draw(self, run: Run) -> list[Panel]:
        """Draw the panels; the same input gives the same bytes."""
        with styled():
            return named(list(self.function(run)), self.name)


def figure(title: str) -> Callable[[Callable[[Run], Iterator[Panel]]], Figure]:
    """Return a decorator: a function that yields panels becomes a figure under its own name."""

    def decorate(function: Callable[[Run], Iterator[Panel]]) -> Figure:
        """Return the figure of a function."""
        return Figure(function.__name__.replace("_", "-"), title, function)

    return decorate


def drawn_name(name: str) -> str:
    """Return a name for a drawing: control characters escaped, a long one cut."""
    text = printable(name)
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 3]}..."


def of_target(text: str, run: Run, t: int) -> str:
    """Return the label of an axis of target number `t`: a text, the target and its unit, in lines."""
    unit = run.dataset.units[t]
    lines = [text]
    for word in (drawn_name(run.targets[t]) + ("," if unit else ""), drawn_name(unit)):
        if len(lines[-1]) + 1 + len(word) <= MAX_LINE:
            lines[-1] = f"{lines[-1]} {word}".rstrip()
        else:
            lines.append(word)
    return "\n".join(lines)
