"""The Markdown pages of the documentation, their blocks of code, and the commands that they show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from support.paths import ROOT

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "benchmarks/README.md",
        ROOT / "config/README.md",
    ]
)

FENCE = re.compile(r"^```(\S*).*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(seqcnn [^`]*)`")
COMMAND = re.compile(r"\bseqcnn (?:-q )?([a-z][a-z-]*)\b([^#|;>\n]*)")


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of code of a language."""
    return [body for name, body in FENCE.findall(text) if name == language]


def without_blocks(text: str) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", text)


def commands(page: Path) -> list[tuple[str, ...]]:
    """Return the calls of seqcnn that a page shows, each as its words."""
    text = page.read_text(encoding="utf-8")
    shell = [body for name, body in FENCE.findall(text) if name in ("", "bash", "console")]
    indented = re.findall(r"^    (.*seqcnn .*)$", text, re.MULTILINE)
    inline = [span.replace("\n", " ") for span in INLINE.findall(without_blocks(text))]
    lines = [line for block in shell for line in block.replace("\\\n", " ").splitlines()]
    calls = (call for line in (*lines, *indented, *inline) for call in COMMAND.findall(line))
    return [(name, *_words(rest)) for name, rest in calls]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # the quote that a call is in ends behind it
        return shlex.split(text.rstrip().rstrip("'\""))
