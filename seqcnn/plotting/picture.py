"""A drawing that notebooks show, and that is saved as SVG, PDF or PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import atomic_path
from seqcnn.plotting.panel import Logos, Plot
from seqcnn.plotting.svg import png
from seqcnn.schema import checks_arguments

SUFFIXES = (".pdf", ".svg", ".png")
"""Endings of the names of files that drawings are saved to."""


@dataclass(frozen=True, repr=False)
class Picture:
    """A figure or a sequence logo; notebooks show it.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> Picture(Plot(Figure()), "measured")
    <Picture: measured; save(path) writes .pdf, .svg or .png>
    """

    drawing: Plot | Logos
    title: str

    @property
    def svg(self) -> str:
        """The picture as an SVG document."""
        return self.drawing.svg()

    @property
    def figure(self) -> Any:
        """The picture as a matplotlib Figure, to change it."""
        return self.drawing.figure

    @checks_arguments
    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all; an existing one is replaced.

        Parameters
        ----------
        path
            Its name ends in `.svg`, `.pdf` or `.png`.

        Raises
        ------
        UsageError
            If it ends in something else.
        """
        kind = Path(path).suffix.lower()
        if kind not in SUFFIXES:
            raise UsageError(f"{place(path)}: expected a name that ends in {', '.join(SUFFIXES)}")
        if kind == ".svg":
            content = self.svg.encode()
        else:
            content = self.drawing.pdf(self.title) if kind == ".pdf" else png(self.figure)
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content)

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture: {self.title}; save(path) writes .pdf, .svg or .png>"
