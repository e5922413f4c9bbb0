"""Options of commands that write an order of sequences."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from seqcnn.cli_support.options import Callback, Option, Whole, add_options, option
from seqcnn.cli_support.renamed import command_line
from seqcnn.design.synthesis.supplier_names import SUPPLIER_NAMES

if TYPE_CHECKING:
    from seqcnn.design.order.plates import Fill, Plate
    from seqcnn.design.requests.constraints import ConstraintRequest

_CONSTRAINTS: dict[str, Option] = {
    "supplier": option(
        "--supplier",
        type=click.Choice(SUPPLIER_NAMES),
        help="Published limits of a synthesis company; those given as options replace them.",
    ),
    "order_length": option(
        "--order-length", help="Shortest and longest ordered sequence, bp, such as 20-300."
    ),
    "gc": option("--gc", help="Lowest and highest GC fraction of the ordered sequence, such as 0.35-0.6."),
    "gc_window": option(
        "--gc-window", help="Width of windows, bp, and their lowest and highest GC, such as 50:0.25-0.75."
    ),
    "homopolymer": option("--homopolymer", type=Whole(1), help="Longest run of one base, bp."),
    "repeat": option("--repeat", type=Whole(1), help="Longest sequence that occurs twice, bp, at most 30."),
    "inverted_repeat": option(
        "--inverted-repeat", type=Whole(1), help="Longest sequence followed by its reverse complement, bp."
    ),
    "hairpin": option(
        "--hairpin", type=Whole(1), help="Longest stem of a hairpin with a loop of 3 to 30 bp."
    ),
    "forbid": option("--forbid", multiple=True, help="Restriction enzyme (BsaI) or sequence; repeatable."),
    "flank5": option("--flank5", help="Construct sequence 5' of each sequence.  [default: the model's]"),
    "flank3": option("--flank3", help="Construct sequence 3' of each sequence.  [default: the model's]"),
    "with_flanks": click.option("--with-flanks", is_flag=True, help="Include the flanks in the order."),
    "adapter5": option(
        "--adapter5",
        default="",
        help="Sequence to order 5' of each sequence and its flank, such as a primer.",
    ),
    "adapter3": option("--adapter3", default="", help="Sequence to order 3' of each sequence and its flank."),
}
"""Field of `ConstraintRequest` -> its option."""

_ORDER: tuple[Option, ...] = (
    option("--controls", default=0, type=Whole(0), help="Number of controls of each kind to order as well."),
    option("--plate", default="96", type=click.Choice(["96", "384", "none"]), help="Wells per plate."),
    option("--fill", default="row", type=click.Choice(["row", "column"]), help="Order of wells."),
)


def order_options(callback: Callback) -> Callback:
    """Add the options of an order, and pass them as one `OrderRequest` named `order`."""

    @wraps(callback)
    def collected(controls: int, plate: Plate, fill: Fill, **parameters: Any) -> Any:
        """Collect the options in one `OrderRequest`, and call the command."""
        from seqcnn.design.order.order_table import PlateRequest
        from seqcnn.design.requests.order import OrderRequest

        order = OrderRequest(
            constraints=constraint_request(parameters),
            controls=controls,
            plates=PlateRequest(plate, fill),
            command=command_line(),
        )
        return callback(order=order, **parameters)

    return add_options(collected, [*_CONSTRAINTS.values(), *_ORDER])


def constraint_request(parameters: dict[str, Any]) -> ConstraintRequest:
    """Return the constraints among the parameters of a command, and remove them from these."""
    from seqcnn.design.requests.constraints import ConstraintRequest

    names = [field.name for field in fields(ConstraintRequest) if field.name in parameters]
    return ConstraintRequest(**{name: parameters.pop(name) for name in names})
