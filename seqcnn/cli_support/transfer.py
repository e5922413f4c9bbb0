"""Options of `train` and `fit` for a model that starts from the weights of another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.options import File, option
from seqcnn.errors import UsageError

if TYPE_CHECKING:
    from seqcnn.config.model import Pretrained

from_model = option(
    "--from", "from_model", type=File, metavar="BUNDLE",
    help="Start from the weights of this bundle (transfer learning), with its architecture.  The output "
    "layer is kept for the same targets, else it is new.",
)  # fmt: skip
freeze = option(
    "--freeze", type=click.Choice(["none", "stem", "encoder"]),
    help="With --from: train all layers, all but the first (stem), or the output layer only (encoder).  "
    "[default: none]",
)  # fmt: skip
from_dataset = option(
    "--from-dataset", type=File, metavar="FILE",
    help="With --from: the dataset (.h5) of that bundle, to find validation and test sequences that are "
    "similar to its training sequences.",
)  # fmt: skip


def pretrained_of(
    from_model: Path | None, freeze: str | None, from_dataset: Path | None
) -> Pretrained | None:
    """Return the source of a transfer; None without `--from`, whose other options are then refused."""
    for name, value in (("--freeze", freeze), ("--from-dataset", from_dataset)):
        if from_model is None and value is not None:
            raise UsageError(f"{name}: needs --from, the bundle whose weights are taken")
    if from_model is None:
        return None
    from seqcnn.config.model import pretrained_from

    return pretrained_from(from_model, freeze, from_dataset, "--from")
