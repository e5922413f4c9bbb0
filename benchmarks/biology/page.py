"""Pages of sections: one section is replaced, and the others are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path


def read_sections(path: Path) -> dict[str, str]:
    """Return the sections (`## Title`) of a page, title -> text; none if there is no page."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))


def update_page(path: Path, header: str, titles: Sequence[str], new: Mapping[str, str]) -> None:
    """Write a page with new sections, and with those of the current page where there is no new one.

    Parameters
    ----------
    path
        The page.
    header
        Title and introduction.
    titles
        Titles of all sections in their order; one that is neither new nor in the page is left out.
    new
        Title -> text.
    """
    sections = read_sections(path) | {title: text.strip() for title, text in new.items()}
    parts = [f"\n## {title}\n\n{sections[title]}\n" for title in titles if title in sections]
    path.write_text(f"{header.strip()}\n{''.join(parts)}", encoding="utf-8", newline="\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def read_tables(text: str) -> list[dict[str, str]]:
    """Return the rows of all tables of a text, each as head -> cell.

    Examples
    --------
    >>> read_tables("| a | b |\\n|---|---|\\n| 1 | x y |")
    [{'a': '1', 'b': 'x y'}]
    """
    rows: list[dict[str, str]] = []
    head: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if head is None:
            head = cells
        elif not set(line) <= set("|- "):
            rows.append(dict(zip(head, cells, strict=True)))
    return rows
