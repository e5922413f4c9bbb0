"""What is asked of an order, by `seqcnn design` and by `seqcnn next`."""

from __future__ import annotations

from dataclasses import dataclass, field

from seqcnn.design.order.order_table import PlateRequest
from seqcnn.design.requests.constraints import ConstraintRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """Limits of the ordered sequences, what is ordered with them, and where."""

    constraints: ConstraintRequest = field(default_factory=ConstraintRequest)
    controls: int = 0
    """Number of controls of each kind."""
    plates: PlateRequest = field(default_factory=PlateRequest)
    command: str = ""
    """The command line, for README.txt."""
