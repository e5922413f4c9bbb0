"""Options that several commands share, each defined once, and the types of their values."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from seqcnn.errors import show
from seqcnn.model.inference.threads import limit_libraries
from seqcnn.model.onnx.engine_names import ENGINE_NAMES

logger = logging.getLogger(__name__)

File = click.Path(path_type=Path, allow_dash=True)
Callback = Callable[..., Any]
Option = Callable[[Callback], Callback]

BEST_MODEL = "[default: $SEQCNN_MODEL, else the last run's best model]"


def option(*names: str, **settings: Any) -> Option:
    """Return an option that shows its default."""
    return click.option(*names, show_default=settings.pop("show_default", True), **settings)


def add_options(callback: Callback, options: Sequence[Option]) -> Callback:
    """Return a command with options, in their order."""
    for decorate in reversed(options):
        callback = decorate(callback)
    return callback


class Whole(click.IntRange):
    """An integer below 2^31, such as the seed of a random generator."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a number that is too large."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{number} is too large.", param, ctx) if number >= 2**31 else number


class Finite(click.FloatRange):
    """A number that is neither NaN nor infinite; the default may be."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse NaN and infinity on the command line."""
        number = super().convert(value, param, ctx)
        if isinstance(value, str) and not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        """Return nothing for a range without bounds."""
        return "" if self.min is None and self.max is None else super()._describe_range()


FORMATS = (".csv", ".xlsx", ".xls", ".ods", ".parquet", ".gz", ".bgz", ".bz2", ".xz", ".zst", ".zip")
"""Suffixes of formats that most commands do not write."""


class ModelFile(click.Path):
    """A model: the path of its file, or an address, `hf://...` or `https://...`, which is downloaded."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; that of the downloaded file for an address."""
        from seqcnn.share.addresses.address import is_address
        from seqcnn.share.download import model_file

        if isinstance(value, str) and is_address(value):
            return model_file(value)
        return super().convert(value, param, ctx)


Model = ModelFile()


class Output(click.Path):
    """The name of an output file, or folder.

    Parameters
    ----------
    folder
        The output is a folder.
    stdout
        `-` is standard output.
    formats
        Those of `FORMATS` that the command writes; of a folder, those of a file in its place.
    """

    def __init__(self, *, folder: bool = False, stdout: bool = False, formats: tuple[str, ...] = ()) -> None:
        super().__init__(path_type=Path, allow_dash=True)
        self.folder = folder
        self.stdout = stdout
        self.refused = set() if folder and not formats else {*FORMATS} - {*formats}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse the name of a folder in the place of a file, and `-` in the place of a name."""
        name = os.fspath(value)
        if name == "-" and not self.stdout:
            kind = "folder" if self.folder else "file"
            self.fail(f"'-' is not standard output here; give the name of a {kind}.", param, ctx)
        if not self.folder and os.path.basename(name) in ("", ".", ".."):
            self.fail(f"{show(name)} is the name of a folder; give the name of a file.", param, ctx)
        if (suffix := Path(name).suffix.lower()) in self.refused:
            fault = f"{show(name)}: this command writes no {suffix} file; "
            self.fail(f"{fault}give another suffix, such as .tsv for a table.", param, ctx)
        return super().convert(value, param, ctx)


OutputFile = Output()
OutputFolder = Output(folder=True)


def _limit_libraries(context: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
    """Limit the libraries that the command loads; return the number of threads."""
    if value is not None:
        limit_libraries(value)
    return value


output = option("-o", "--output", type=OutputFile, required=True, help="Output file.")
output_folder = option("-o", "--output", type=OutputFolder, required=True, help="Output folder.")
Hours = Finite(0, 10_000, min_open=True)
hours = option(
    "--hours", type=Hours, metavar="HOURS",
    help="Time limit of the search of --preset best.  [default: 0.5]",
)  # fmt: skip
threads = option(
    "--threads", type=Whole(1, 1024), callback=_limit_libraries,
    help="Number of CPU threads.  [default: $OMP_NUM_THREADS, else all cores]",
)  # fmt: skip
device = option("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps.")
engine = option(
    "--engine", type=click.Choice(ENGINE_NAMES),
    help="Inference engine; auto converts a bundle in memory for the fastest installed engine that predicts "
    "the same, if the input is large.  [default: torch for bundles, an installed one for .onnx files]",
)  # fmt: skip
genome = option(
    "--genome", type=File,
    help="Genome of the positions of a BED file or VCF: FASTA, plain or bgzip.",
)  # fmt: skip
chromosome_prefix = option(
    "--chromosome-prefix", type=click.Choice(["add", "remove"]),
    help="Add `chr` to, or remove it from, contigs of a BED file or VCF that the genome does not have.",
)  # fmt: skip
features = option(
    "--features", type=File,
    help="Features of each sequence, such as embeddings of a foundation model: .npz or .h5, id -> (D,) or "
    "(positions, D).  The encoder `features` takes them instead of the sequence.",
)  # fmt: skip
id_column = option("--id", help="Column of sequence ids.  [default: id, else the first one]")
id_until = option(
    "--id-until", type=click.Choice(["blank", "pipe", "colon", "strand"]),
    help="Cut the ids of all inputs at their first blank, | or :, or remove a strand such as (+) at their "
    "end.  [default: as they are]",
)  # fmt: skip
decimal = option(
    "--decimal", type=click.Choice([".", ","]), help="Decimal separator of numbers.  [default: .]"
)
sequence_column = option(
    "--sequence-column", "sequence", help="Column of sequences.  [default: sequence, seq, ...]"
)
sheet = option(
    "--sheet", "sheets", multiple=True,
    help="Sheet of a spreadsheet; twice for one of sequences and one of measurements.  "
    "[default: the only one with cells]",
)  # fmt: skip
encoding = option("--encoding", help="Encoding of text tables, such as latin-1.  [default: UTF-8 or UTF-16]")
seed = option("--seed", default=1, type=Whole(0), help="Random seed.")
epochs = option("--epochs", type=Whole(1), help="Number of training epochs.  [default: as configured]")
strand = option(
    "--strand", type=click.Choice(["single", "double"]),
    help="double: train on both strands and average their predictions, as for enhancers.  "
    "[default: as configured]",
)  # fmt: skip
target = option("--target", help="Target to predict.  [default: the model's first]")
window_bp = option("--window-bp", type=Whole(1), help="Genomic window size, bp.  [default: the model's]")


def _of_environment(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Return the model of $SEQCNN_MODEL if none is given and the variable has an address; else the value."""
    from seqcnn.share.addresses.address import address_name, is_address

    if value or not is_address(named := os.environ.get("SEQCNN_MODEL", "")):
        return value
    logger.warning("model: %s (from $SEQCNN_MODEL)", address_name(named))
    path = Model.convert(named, parameter, context)
    return (path,) if parameter.multiple else path


def model(*, multiple: bool = False, required: bool = False) -> Option:
    """Return the option `--model`, a trained bundle; several are an ensemble (`multiple`)."""
    help = "Model bundle, or its address (hf://owner/name, https://...)"
    help += "; repeat it for several." if multiple else "."
    return option(
        "-m", "--model", "models" if multiple else "model", type=Model, multiple=multiple, required=required,
        callback=None if required else _of_environment,
        help=help if required else f"{help}  {BEST_MODEL}",
    )  # fmt: skip


def config(default: str | None, described: str = "") -> Option:
    """Return the option `--config`, a model configuration; `described` is a default that is no name."""
    return option(
        "--config", default=default, metavar="NAME|FILE",
        help="Model configuration: the name of an encoder, of a baseline or of a file in configs/models/, "
        f"or a YAML file.{described and f'  [default: {described}]'}",
    )  # fmt: skip


fdr = option(
    "--fdr",
    default=0.05,
    type=Finite(0, 1, min_open=True),
    help="False-discovery rate of seqlets, relative to --null.",
)
seqlet_null = option(
    "--null", default="other-bases", type=click.Choice(["other-bases", "shuffled-sequences"]),
    help="Attributions without signal: of the other bases at each position (does the prediction depend on "
    "these bases?), or of shuffled sequences (are such spans more frequent than by chance?).",
)  # fmt: skip
figures = click.option(
    "--figures/--no-figures", default=True,
    help="Also write the figures of the report (SVG, PDF) and its tables (CSV) into a folder beside it.",
    show_default=True,
)  # fmt: skip
overwrite = click.option("--overwrite", is_flag=True, help="Overwrite existing files.")
