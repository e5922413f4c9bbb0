"""Write the report page of a run."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, option, output


@click.command()
@click.argument("run", type=File)
@output
@option("--probed", help="Model that the folder RUN/probe is about, such as cnn/ensemble.")
def report(run: Path, output: Path, probed: str | None) -> None:
    """Write the report page of a RUN's folder: one self-contained HTML file.

    \b
    seqcnn report results/example -o report.html
    """
    from seqcnn.report.report import report

    report(run, output, probed=probed)
