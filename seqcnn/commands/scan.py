"""Predict along a genome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import (
    File,
    Finite,
    Whole,
    default_model_file,
    device,
    option,
    output,
    target,
    threads,
    window_bp,
)


@click.command()
@click.argument("genome", type=File)
@option("--bed", type=File, help="Regions to scan.  [default: all of it]")
@default_model_file
@output
@target
@option("--stride", default=1, type=Whole(1), help="bp from one window to the next.")
@window_bp
@option("--peak-offset", default=0, type=int, help="bp from a peak to the predicted site, towards 3'.")
@option("--peak-distance", type=Whole(1), help="Peaks are highest within.  [default: half a window]")
@option("--min-value", default=float("-inf"), type=Finite(), help="Lower peaks are left out.")
@threads
@device
def scan(genome: Path, bed: Path | None, **options: Any) -> None:
    """Predict every window of a GENOME or of long sequences: bedGraph, bigWig and peaks.

    \b
    seqcnn scan genome.fa --bed regions.bed -m model.safetensors -o scan/
    """
    from seqcnn.cli_support.shared import scan_genome

    scan_genome(genome, bed, **options)
