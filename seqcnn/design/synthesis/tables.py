"""Tables of the constraints: which rejected candidates, and how close each design is to them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design
from seqcnn.design.objective import OOD
from seqcnn.design.synthesis.suppliers import SUPPLIERS
from seqcnn.design.synthesis.tally import Tally
from seqcnn.io.tsv import NA, number_cell, write_table

logger = logging.getLogger(__name__)

FILES = ("constraints.tsv", "design_constraints.tsv")
"""Names of the output files."""

_MIN_SHARE = 0.01  # of the candidates that a constraint rejects, for it to be named

MAX_EDITS = "max_edits"
"""Name of the constraint on the number of edits, which no candidate violates."""


def write_constraints(
    designs: Sequence[Design], constraints: Constraints, tally: Tally, output: Path
) -> None:
    """Write `FILES` into a folder: one row per constraint, and one per design and constraint.

    Parameters
    ----------
    designs
        The designs, and controls, which the number of edits does not limit.
    constraints, tally
        The constraints, and how many candidates each rejected.
    output
        The folder.
    """
    by_design = [[design.name, *cells] for design in designs for cells in _measured(design, constraints)]
    designed = {design.name for design in designs if design.kind == "design"}
    n_at_limit = Counter(row[1] for row in by_design if row[0] in designed and row[4] == "0")
    header = ["constraint", "limit", "source", "candidates", "rejected", "rejected_alone", "designs_at_limit"]
    summary = [
        [name, limit, source, *_counts(name, tally), f"{n_at_limit[name]}"]
        for name, limit, source in limits_with_sources(constraints)
    ]
    write_table(output / FILES[0], [header, *summary])
    write_table(output / FILES[1], [["id", "constraint", "limit", "value", "margin"], *by_design])


def log_tally(tally: Tally) -> None:
    """Log which constraints rejected most candidates."""
    most = [(name, count / tally.candidates) for name, count in tally.rejected.most_common(5)]
    if shares := [f"{name} {share:.0%}" for name, share in most if share >= _MIN_SHARE]:
        logger.info("of %s candidates, rejected by: %s", f"{tally.candidates:,}", ", ".join(shares))


def limits_with_sources(constraints: Constraints, *, allow_ood: bool = False) -> list[tuple[str, str, str]]:
    """Return name, limit and source of each constraint: a page of the supplier, `option` or `model`."""
    limits = {check.name: check.limit for check in constraints.checks()}
    if constraints.max_edits is not None:
        limits[MAX_EDITS] = f"{constraints.max_edits}"
    if not allow_ood:
        limits[OOD] = "no"
    return [(name, limit, _source(name, constraints)) for name, limit in limits.items()]


def _measured(design: Design, constraints: Constraints) -> list[list[str]]:
    """Return the cells of one design: constraint, limit, quantity, distance from the limit in bases."""
    oligos = constraints.oligos(design.codes[None])
    cells = [
        [c.name, c.limit, number_cell(c.values(oligos)[0]), _margin(c.margins(oligos)[0])]
        for c in constraints.checks()
    ]
    if (most := constraints.max_edits) is not None and design.kind == "design":
        edits = len(design.edits)
        cells.append([MAX_EDITS, f"{most}", f"{edits}", f"{most - edits}"])
    return cells


def _margin(margin: float) -> str:
    """Return a distance as a cell; NA where the constraint does not apply."""
    return f"{int(margin)}" if np.isfinite(margin) else NA


def _counts(name: str, tally: Tally) -> list[str]:
    """Return the numbers of candidates, of rejected ones, and of those that only this constraint rejected."""
    if name == MAX_EDITS:
        return [f"{tally.candidates}", NA, NA]
    return [f"{count}" for count in (tally.candidates, tally.rejected[name], tally.rejected_alone[name])]


def _source(name: str, constraints: Constraints) -> str:
    """Return the page that states a limit, or `option`."""
    if name == OOD:
        return "model"
    if constraints.supplier is None:
        return "option"
    supplier = SUPPLIERS[constraints.supplier]
    stated = name in supplier.sources and getattr(supplier.limits, name) == getattr(constraints, name)
    return str(supplier.sources[name]) if stated else "option"
