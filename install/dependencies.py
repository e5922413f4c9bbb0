"""Write docs/reference/dependencies.md: the packages that `pip install seqcnn` brings, and why.

    python install/dependencies.py

Purposes are the comments in pyproject.toml; what a package brings is that of the environment that runs
this, in which seqcnn must be installed.  Packages that only builds of torch for GPUs need are left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

PAGE = ROOT / "docs/reference/dependencies.md"

GPU_ONLY = ("nvidia-", "cuda-", "triton")
"""Beginnings of the names of packages that come with builds of torch for GPUs."""

TEXT = """# Dependencies

`pip install seqcnn` brings {total} packages: {direct} that seqcnn uses itself, and those that these need.
Builds of torch for GPUs bring the libraries of CUDA as well. The table is made by
`python install/dependencies.py`, in `make constraints`.

*Brings* are packages that no row above has. *Saves* is how many packages fewer there would be without it.

| package | purpose | brings | saves |
|---|---|---|---|
{rows}

The largest shares, {large}, are those of the training loop,
the figures and the baselines, which every `seqcnn fit` needs. Few packages serve single formats and commands:
{small}. As extras they would leave {least} packages,
and users of spreadsheets, genomes, VCFs, designs and published models would have to install twice; so they
are part of the core.

What only some commands need is an extra: see [development](../development.md#set-up).
"""

SMALL = ("pyfaidx", "biopython", "rapidfuzz", "python-calamine", "xlsxwriter", "pooch")
"""Packages that single commands or formats need."""


def purposes() -> dict[str, str]:
    """Return package -> the comment behind it in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("\ndependencies = [\n")[1].split("\n]\n")[0]
    lines = re.findall(r'^\s+"([\w-]+)[^"]*",\s+# (.+)$', block, re.MULTILINE)
    return {str(canonicalize_name(name)): purpose for name, purpose in lines}


def direct() -> list[str]:
    """Return the names of the core dependencies, in the order of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [str(canonicalize_name(Requirement(text).name)) for text in project["dependencies"]]


def closure(names: Iterable[str]) -> set[str]:
    """Return packages and all that they need."""
    waiting, needed = [(name, frozenset[str]()) for name in names], set[str]()
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        entry = waiting.pop()
        if entry not in seen and not entry[0].startswith(GPU_ONLY):
            seen.add(entry)
            needed.add(entry[0])
            waiting += _needs(*entry)
    return needed


def _needs(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what a package needs, with the extras of each."""
    for text in distribution(name).requires or []:
        need = Requirement(text)
        applies = need.marker is None or any(need.marker.evaluate({"extra": e}) for e in ("", *extras))
        if applies:
            yield str(canonicalize_name(need.name)), frozenset(need.extras)


def page() -> str:
    """Return the page."""
    names, why, shown, rows = direct(), purposes(), set[str](), []
    everything = closure(names)
    saved = {name: len(everything - closure(other for other in names if other != name)) for name in names}
    for name in names:
        brings = sorted(closure([name]) - shown - set(names))
        shown |= {name, *brings}
        rows.append(f"| {name} | {why[name]} | {', '.join(brings)} | {saved[name]} |")
    large = sorted((name for name in names if saved[name] > 4 and name not in SMALL), key=lambda n: -saved[n])
    return TEXT.format(
        total=len(everything),
        direct=len(names),
        rows="\n".join(rows),
        large=", ".join(f"{name} ({saved[name]})" for name in large),
        small=", ".join(SMALL),
        least=len(closure(name for name in names if name not in SMALL)),
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
