"""Import a model of another library."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from seqcnn.cli_support.data import target_units
from seqcnn.cli_support.options import File, Finite, Whole, option, output, overwrite
from seqcnn.cli_support.renamed import command


@command("import")
@click.argument("model", type=File)
@option("--targets", required=True, metavar="A,B", help="Names of the outputs of the model, in order.")
@option("--unit", "units", multiple=True, metavar="TARGET=UNIT", help="Unit of a target; repeatable.")
@option("--weights", type=File, help="HDF5 file of the weights, for the .json file of an architecture.")
@option(
    "--length", type=Whole(1),
    help="Length of the input in bp, flanks included, if the model takes any.  [default: that of the model]",
)  # fmt: skip
@option("--bases", default="ACGT", help="Order of the bases in the one-hot input.")
@option(
    "--layout", "axes", type=click.Choice(["channels-first", "channels-last"]),
    help="Axes of the input: bases first, (4, L), or last, (L, 4).  [default: by the shape of the input]",
)  # fmt: skip
@option("--flank5", default="", help="Bases that the input holds before every sequence.")
@option("--flank3", default="", help="Bases that the input holds after every sequence.")
@option("--strand", type=click.Choice(["single", "double"]), default="single",
        help="double: predict both strands and average them.")  # fmt: skip
@option("--ambiguity", type=click.Choice(["share", "zero"]), default="share",
        help="One-hot encoding of N: 0.25 for each base, or zeros.")  # fmt: skip
@option(
    "--check", "check", type=File, nargs=2, metavar="SEQUENCES EXPECTED",
    help="Compare with predictions of the original: sequences, and the table of their predictions.",
)  # fmt: skip
@option(
    "--tolerance",
    default=1e-4,
    type=Finite(0),
    help="Largest difference for --check, of the largest prediction.",
)
@output
@overwrite
def import_model(
    model: Path, targets: str, units: tuple[str, ...], weights: Path | None, length: int | None, bases: str,
    axes: Literal["channels-first", "channels-last"] | None, flank5: str, flank3: str,
    strand: Literal["single", "double"], ambiguity: Literal["share", "zero"],
    check: tuple[Path, Path] | None, tolerance: float, output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Import a MODEL of Keras (.keras, .h5, .hdf5, .json with --weights) or an .onnx file as a bundle.

    No code of the file is run, and neither Keras nor TensorFlow is needed. All commands that take a bundle
    take the imported model; it has no scores and no prediction intervals.

    \b
    seqcnn import optimus.h5 --targets load -o optimus.safetensors
    seqcnn import model.json --weights model.hdf5 --targets k562,hepg2 -o model.safetensors
    seqcnn import model.onnx --targets y -o model.safetensors
    seqcnn import model.keras --targets y --check some.fa expected.tsv -o model.safetensors
    """
    from seqcnn.model import import_model as station

    request = station.ImportRequest(
        [name.strip() for name in targets.split(",")], target_units(units), length, bases, axes,
        flank5, flank3, strand, ambiguity,
    )  # fmt: skip
    expected = station.Expected(*check, tolerance) if check else None
    station.import_model(model, output, request, weights=weights, expected=expected, overwrite=overwrite)
