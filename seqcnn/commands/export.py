"""Export a model to ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import File, Model, option, output, overwrite
from seqcnn.cli_support.renamed import command

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat


@command()
@click.argument("model", type=Model)
@option("--int8", "calibrate", type=File, metavar="SEQUENCES", help="Quantise; calibrate on these sequences.")
@sequence_options
@output
@overwrite
def export(model: Path, calibrate: Path | None, form: SequenceFormat, output: Path, overwrite: bool) -> None:
    """Export a MODEL bundle to ONNX, which runs without torch; --int8 is faster on a CPU.

    The export is refused if its predictions differ from those of the bundle, and with --int8 if r is
    below 0.999 for sequences of the file that were not used for calibration.

    \b
    seqcnn export model.safetensors -o model.onnx
    seqcnn export model.safetensors --int8 library.fa -o fast.onnx
    seqcnn predict new.fa -m fast.onnx -o new.tsv
    """
    from seqcnn.model.export import export

    r = export(model, output, calibrate=calibrate, form=form, overwrite=overwrite)
    click.echo(f"{output}: r with the predictions of the bundle {r:.6f}", err=True)
