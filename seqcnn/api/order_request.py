"""Arguments of Python that describe an order -> a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqcnn.design.order.plates import Fill, Plate
    from seqcnn.design.requests.order import OrderRequest


def order_request(
    controls: int | None,
    *,
    plate: Plate,
    fill: Fill,
    gc: str | Sequence[float] | None,
    forbid: Sequence[str] | None,
    **limits: Any,
) -> OrderRequest:
    """Return what is asked of an order.

    Parameters
    ----------
    controls
        Number of controls of each kind.
    plate, fill
        Where sequences are in the order sheet.
    gc, forbid
        Range of GC fractions, and sites, as arguments of Python.
    limits
        The other fields of `ConstraintRequest`.
    """
    from seqcnn.design.order.order_table import PlateRequest
    from seqcnn.design.requests.constraints import ConstraintRequest
    from seqcnn.design.requests.order import OrderRequest

    constraints = ConstraintRequest(gc=_gc_text(gc), forbid=tuple(forbid or ()), **limits)
    return OrderRequest(constraints=constraints, controls=controls or 0, plates=PlateRequest(plate, fill))


def _gc_text(gc: str | Sequence[float] | None) -> str | None:
    """Return a range of GC fractions as the text that a request has, without exponents."""
    if gc is None or isinstance(gc, str):
        return gc
    return "-".join(f"{limit:.6f}".rstrip("0").rstrip(".") for limit in gc)
