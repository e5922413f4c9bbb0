"""Write a model as ONNX."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, option, output


@click.command()
@click.argument("model", type=File)
@option("--int8", "calibrate", type=File, metavar="SEQUENCES", help="8-bit numbers, with ranges of these.")
@output
def export(model: Path, calibrate: Path | None, output: Path) -> None:
    """Write a MODEL bundle as ONNX, which runs without torch; faster on a CPU with --int8.

    Predictions of the export are compared with the bundle's: it is refused if they differ, and with
    --int8 if r is below 0.999 for sequences of that file which were not used for the ranges.

    \b
    seqcnn export model.safetensors -o model.onnx
    seqcnn export model.safetensors --int8 library.fa -o fast.onnx
    seqcnn predict new.fa -m fast.onnx -o new.tsv
    """
    from seqcnn.model.export import export

    r = export(model, output, calibrate=calibrate)
    click.echo(f"{output}: r with the predictions of the bundle {r:.6f}", err=True)
