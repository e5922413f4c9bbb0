"""Options that several commands share: files, the machine, and how data are read."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

File = click.Path(path_type=Path, allow_dash=True)
Command = Callable[..., Any]


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """Return an option that shows its default."""
    return click.option(*names, show_default=settings.pop("show_default", True), **settings)


class Whole(click.IntRange):
    """A whole number that 31 bits hold, such as the seed of a random generator."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a number that is too large."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{number} is too large.", param, ctx) if number >= 2**31 else number


class Finite(click.FloatRange):
    """A number that is neither NaN nor infinite, unless the default is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is no number on the command line."""
        number = super().convert(value, param, ctx)
        if isinstance(value, str) and not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        """Say nothing of a range that has no bounds."""
        return "" if self.min is None and self.max is None else super()._describe_range()


output = option("-o", "--output", type=File, required=True, help="File or folder to write.")
threads = option("--threads", type=Whole(1, 1024), help="CPU threads.  [default: all cores]")
device = option("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps.")
engine = option(
    "--engine", type=click.Choice(["auto", "torch", "openvino", "onnx"]), default="auto",
    help="What computes; auto: torch, for .onnx models what is installed.",
)  # fmt: skip
genome = option("--genome", type=File, help="Genome FASTA, when the sequences are a BED file.")
model_files = option(
    "-m", "--model", "models", type=File, multiple=True,
    help="Model bundle; repeat it for an ensemble.  [default: $SEQCNN_MODEL, else the last run's best]",
)  # fmt: skip
model_file = option("-m", "--model", "model", type=File, required=True, help="Model bundle.")
default_model_file = option(
    "-m", "--model", type=File, help="Model bundle.  [default: $SEQCNN_MODEL, else the last run's best]"
)
target_name = option("--target", help="Target that is asked about.  [default: the first one]")
target = option("--target", help="Target of the model.  [default: the first]")
drawn = option("-n", "--number", default=2000, type=Whole(1), help="Sequences drawn at random.")
random_seed = option("--seed", default=1, type=Whole(0), help="Of everything drawn at random.")
window_bp = option("--window-bp", type=Whole(1), help="Genome in a window.  [default: the model's]")


def data_options(command: Command) -> Command:
    """Add the options that say how sequences and targets are read."""
    options = [
        option("--config", type=File, help="Pipeline config whose `data` section is used."),
        option("--target", "targets_", multiple=True, help="Target column; repeat it for several."),
        option("--id", help="Column with the names of the sequences.  [default: id, else the first one]"),
        option("--replicates", help="Replicate columns of the only target, comma-separated."),
        option("--split", help="Column of train / val / test.  [default: random clusters]"),
        option("--group", help="Column whose equal values stay on one side of the split."),
        option("--category", "categories", multiple=True, help="Column scored value by value; repeatable."),
        option("--weight", help="Column of weights in the loss, or of what --weight-by names."),
        option(
            "--weight-by",
            type=click.Choice(["sd", "counts", "replicates", "none"]),
            help="What --weight holds; `replicates` weights by --replicates, `none` not at all.",
        ),
        option("--missing", multiple=True, help="Cell that means 'not measured'; repeatable.  [default: NA]"),
        option("--align", type=click.Choice(["left", "right", "center"]), help="Side of shorter sequences."),
        option("--length", type=Whole(1), help="Window in bp.  [default: the longest sequence]"),
        option("--flank5", help="Construct bases before the sequence."),
        option("--flank3", help="Construct bases after the sequence."),
        genome,
    ]
    for decorate in reversed(options):
        command = decorate(command)
    return command
