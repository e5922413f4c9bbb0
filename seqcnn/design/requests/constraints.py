"""Constraints as a user writes them -> constraints."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqcnn.design.constraints import Constraints, base_codes, fixed_ranges
from seqcnn.design.synthesis.composition import Homopolymers
from seqcnn.design.synthesis.oligos import Oligos
from seqcnn.design.synthesis.repeats import MAX_REPEAT
from seqcnn.design.synthesis.sites import ForbiddenSite, forbidden_sites
from seqcnn.design.synthesis.suppliers import SUPPLIERS
from seqcnn.errors import SequenceError, UsageError, did_you_mean, show
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import pack

logger = logging.getLogger(__name__)

_LENGTHS = re.compile(r"([0-9]{1,6})-([0-9]{1,6})")
_WINDOW = re.compile(r"([0-9]{1,6}):(.*)")
_REPEATS = ("repeat", "inverted_repeat", "hairpin")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintRequest:
    """Constraints as a user writes them."""

    supplier: str | None = None
    """Name of a supplier, a key of `SUPPLIERS`, whose limits apply unless others are given here."""
    fix: str = ""
    """Stretches that stay as they are, such as `1-20,151-170`."""
    gc: str | None = None
    """Lowest and highest GC fraction, such as `0.35-0.6`."""
    gc_window: str | None = None
    """Width of windows in bp, and their lowest and highest GC fraction, such as `50:0.25-0.75`."""
    homopolymer: int | None = None
    """Longest run of one base, bp."""
    repeat: int | None = None
    inverted_repeat: int | None = None
    hairpin: int | None = None
    """Longest repeat, inverted repeat and stem of a hairpin, bp."""
    order_length: str | None = None
    """Shortest and longest ordered sequence in bp, such as `20-300`."""
    forbid: tuple[str, ...] = ()
    """Restriction enzymes or IUPAC sequences."""
    max_edits: int | None = None
    """Maximum number of edits per start sequence."""
    min_distance: int = 1
    """Minimum number of edits between two designs."""
    max_per_cluster: int | None = None
    """Maximum number of designs of one cluster of similar sequences."""
    flank5: str | None = None
    flank3: str | None = None
    """Construct sequences beside the design; None are those of the model."""
    with_flanks: bool = False
    """Whether the ordered sequences include the flanks."""
    adapter5: str = ""
    adapter3: str = ""
    """Sequences that are ordered on both sides of all that, such as primer sites."""


def constraints_of(model: LoadedModel, request: ConstraintRequest) -> Constraints:
    """Return the constraints: those given, and the supplier's others; flanks are the model's unless given.

    Raises
    ------
    UsageError
        If one cannot be read.
    """
    layout = model.header.layout
    flank5 = layout.flank5 if request.flank5 is None else request.flank5
    flank3 = layout.flank3 if request.flank3 is None else request.flank3
    constraints = read_constraints(replace(request, flank5=flank5, flank3=flank3))
    _log_limits(request)
    _warn_of_adapters(constraints)
    return constraints


def read_constraints(request: ConstraintRequest) -> Constraints:
    """Return the constraints as for `constraints_of`, without the flanks of a model."""
    return replace(
        _limits(request),
        fixed=fixed_ranges(request.fix),
        forbidden=forbidden_sites(request.forbid),
        max_edits=request.max_edits,
        min_distance=request.min_distance,
        max_per_cluster=request.max_per_cluster,
        flank5=_packed("flank5", request.flank5 or ""),
        flank3=_packed("flank3", request.flank3 or ""),
        with_flanks=request.with_flanks,
        adapter5=_packed("adapter5", request.adapter5, ambiguous=False),
        adapter3=_packed("adapter3", request.adapter3, ambiguous=False),
    )


def _given(request: ConstraintRequest) -> dict[str, Any]:
    """Return the limits of synthesis that are given, as fields of `Constraints`."""
    return {name: read(getattr(request, name)) for name, read in _READERS.items() if getattr(request, name)}


def _limits(request: ConstraintRequest) -> Constraints:
    """Return the limits of synthesis: those given, and the supplier's others."""
    given = _given(request)
    if request.supplier is None:
        return Constraints(**given)
    if request.supplier not in SUPPLIERS:
        hint = did_you_mean(request.supplier, SUPPLIERS) or f"; known: {', '.join(SUPPLIERS)}"
        raise UsageError(f"--supplier {show(request.supplier)}: not known{hint}")
    if "homopolymer" in given:
        given["homopolymer_gc"] = None
    return replace(SUPPLIERS[request.supplier].limits, supplier=request.supplier, **given)


def _log_limits(request: ConstraintRequest) -> None:
    """Log the limits of the supplier, and those that replace them."""
    if request.supplier is None:
        return
    supplier, given = SUPPLIERS[request.supplier], _given(request)
    stated = {check.name: check.limit for check in supplier.limits.checks()}
    used = {check.name: check.limit for check in _limits(request).checks()}
    kept = ", ".join(f"{name} {limit}" for name, limit in stated.items() if name not in given)
    logger.info("%s: %s", supplier.product, kept or "all its limits are replaced")
    for name in sorted(given.keys() & stated.keys()):
        logger.info("%s: %s replaces %s of the supplier", name, used.get(name, "no limit"), stated[name])


def _warn_of_adapters(constraints: Constraints) -> None:
    """Warn of limits that what is ordered beside the designs violates by itself."""
    for side, packed in zip(("5'", "3'"), constraints.ordered_context, strict=True):
        oligos = Oligos(np.frombuffer(packed, np.uint8)[None])
        for check in constraints.checks():
            if isinstance(check, Homopolymers | ForbiddenSite) and check.violations(oligos)[0] > 0:
                logger.warning(
                    "ordered %s of every design: %s %g, limit %s; this is not part of the search",
                    side, check.name, check.values(oligos)[0], check.limit,
                )  # fmt: skip


def _gc_range(text: str, option: str = "--gc") -> tuple[float, float]:
    """Read a range of GC fractions."""
    low, _, high = text.partition("-")
    try:
        limits = float(low), float(high)
    except ValueError:
        limits = (np.nan, np.nan)
    if 0 <= limits[1] < limits[0] <= 1:
        raise UsageError(f"{option} {show(text)}: the lowest is above the highest; give {high}-{low}")
    if not 0 <= limits[0] <= limits[1] <= 1:
        raise UsageError(f"{option} {show(text)}: expected a range of fractions, such as 0.35-0.6")
    return limits


def _gc_window(text: str) -> tuple[int, float, float]:
    """Read the width of windows and a range of GC fractions."""
    match = _WINDOW.fullmatch(text)
    if not match or int(match[1]) < 1:
        raise UsageError(f"--gc-window {show(text)}: expected bp and fractions, such as 50:0.25-0.75")
    return int(match[1]), *_gc_range(match[2], "--gc-window")


def _length_range(text: str) -> tuple[int, int]:
    """Read a range of lengths."""
    match = _LENGTHS.fullmatch(text)
    if not match or int(match[1]) > int(match[2]):
        raise UsageError(f"--order-length {show(text)}: expected a range in bp, such as 20-300")
    return int(match[1]), int(match[2])


def _longest_repeat(longest: int) -> int:
    """Check a limit on repeats."""
    if longest > MAX_REPEAT:
        raise UsageError(f"{longest} bp: repeats can be limited to {MAX_REPEAT} bp or less")
    return longest


def _packed(name: str, letters: str, *, ambiguous: bool = True) -> bytes:
    """Pack a flank or an adapter."""
    try:
        packed = pack(letters) if letters else b""
        if not ambiguous:
            base_codes(packed)
    except SequenceError as error:
        raise UsageError(f"{name}: {error}") from error
    return packed


_READERS: dict[str, Callable[[Any], Any]] = {
    "order_length": _length_range,
    "gc": _gc_range,
    "gc_window": _gc_window,
    "homopolymer": int,
    **dict.fromkeys(_REPEATS, _longest_repeat),
}
"""Field of a request and of `Constraints` -> what reads it."""
