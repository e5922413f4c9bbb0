"""Compare the calls of variants with known effects; write benchmarks/biology/calls.md.

`python -m benchmarks.biology.calls` fills every section (20 minutes on one core); with names of sections,
such as `simulated exons`, only these are filled.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.biology.calls import rates, simulated
from benchmarks.biology.calls.measured import (
    MEMBERS,
    MODEL,
    NULL,
    K,
    call_mutants,
    splicing_library,
    terminator_library,
)
from benchmarks.biology.calls.mutants import MAX_CHANGES, PARENT_DESIGN, Z
from benchmarks.biology.page import update_page

PAGE = Path("benchmarks/biology/calls.md")

HEADER = f"""# Calls of variants against known effects

Made by `python -m benchmarks.biology.calls` (with names of sections, {{names}}: only these).  The column
`call` of `seqcnn variants` is compared with the true effects of a simulation, and with measured effects of
mutants in public libraries.

For measured mutants, {MEMBERS} networks of the configuration `{MODEL}` are trained without the mutants,
their parents, other sequences of their families, and sequences that share {K} bp with one of their parents.
A measured effect (mutant minus parent) counts as true if it is beyond {Z:g} SD of the noise.  The
false-positive rate is the fraction of the other mutants that is called an effect; some of these have true
effects smaller than the noise.  Sensitivity is the fraction of true effects that is called an effect.  The
null consists of {NULL:,} random changes of as many adjacent bases at random places of the mutants and their
parents.  Intervals are 95 % ones, over families.
"""

NATIVE_NOTE = f"""Variants that differ from a native sequence of their gene in up to {MAX_CHANGES} bases;
half of the genes is held out at a time.  The noise is that between barcodes of one sequence."""

DESIGN_NOTE = f"""Four designs in each of many sequences: the first ({PARENT_DESIGN}) is the parent of the
others, which differ in 3, 6 or 12 bases.  All are held out; training rows are random genes.  Measured in
tobacco; the noise is that between replicates."""


class Section(NamedTuple):
    """Title and text of a section."""

    title: str
    write: Callable[[], str]


def _splicing(name: str) -> str:
    """Return the section of a splicing library."""
    return f"{NATIVE_NOTE}\n\n{rates.section(call_mutants(splicing_library(name)))}"


def _terminators() -> str:
    """Return the section of the plant terminators."""
    return f"{DESIGN_NOTE}\n\n{rates.section(call_mutants(terminator_library()))}"


SECTIONS = {
    "simulated": Section("Simulated example", simulated.section),
    "exons": Section("Measured: human cassette exons", lambda: _splicing("human_splicing_exons")),
    "introns": Section("Measured: human retained introns", lambda: _splicing("human_splicing_introns")),
    "terminators": Section("Measured: designs in plant terminators", _terminators),
}
"""Name on the command line -> section, in the order of the page."""


def write(names: list[str]) -> None:
    """Fill some sections."""
    for name in names:
        text = SECTIONS[name].write()
        print(text, flush=True)
        titles = [section.title for section in SECTIONS.values()]
        header = HEADER.format(names=", ".join(f"`{other}`" for other in SECTIONS))
        update_page(PAGE, header, titles, {SECTIONS[name].title: text})


def main() -> None:
    """Fill the selected sections."""
    logging.disable(logging.WARNING)
    names = sys.argv[1:] or list(SECTIONS)
    if unknown := set(names) - set(SECTIONS):
        sys.exit(f"unknown section: {', '.join(sorted(unknown))}; known: {', '.join(SECTIONS)}")
    write(names)


if __name__ == "__main__":
    main()
