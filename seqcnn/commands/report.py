"""Write the report page of a run."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, figures, option, output, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("run", type=File)
@output
@overwrite
@option("--biology-model", help="Model of the results in RUN/biology, such as cnn/ensemble.")
@figures
def report(run: Path, output: Path, overwrite: bool, biology_model: str | None, figures: bool) -> None:
    """Write the report of the folder RUN: one self-contained HTML file.

    \b
    seqcnn report results/example -o report.html

    The folder report_figures beside it has each figure as SVG and PDF and each table as CSV.
    """
    from seqcnn.report.report import report

    report(run, output, biology_model=biology_model, figures=figures, overwrite=overwrite)
