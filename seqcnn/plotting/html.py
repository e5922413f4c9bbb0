"""The one Jinja environment: every HTML page opens from disk, loads nothing and has one style sheet.

Names, notes and settings come from files that others wrote: Jinja escapes them all, after control
characters were made visible.  Templates are named by their path in the package
(`report/report.html.j2`) and extend `plotting/base.html.j2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from seqcnn.errors import printable


def render_page(template: str, values: Mapping[str, object]) -> str:
    """Return the page of a template and its values."""
    return str(_environment().get_template(template).render(values))


@cache
def _environment() -> Any:
    """Return the environment; an undefined value in a template is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("seqcnn", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _printable(value: Any) -> Any:
    """Make control characters of plain text visible; markup is left as it is."""
    return printable(value) if type(value) is str else value
