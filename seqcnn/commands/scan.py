"""Predict along a genome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.options import (
    File,
    Finite,
    Whole,
    chromosome_prefix,
    device,
    model,
    option,
    output_folder,
    overwrite,
    target,
    threads,
    window_bp,
)
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.shard import part_of, shard

if TYPE_CHECKING:
    from seqcnn.data.readers.genome.contigs import ChromosomePrefix
    from seqcnn.io.shard.shard import Shard


@command()
@click.argument("genome", type=File)
@option("--bed", type=File, help="Regions to scan (BED).  [default: the whole genome]")
@chromosome_prefix
@model()
@output_folder
@target
@overwrite
@option("--stride", default=1, type=Whole(1), help="Step between windows, bp.")
@window_bp
@option("--peak-offset", default=0, type=int, help="Offset from a peak to the predicted site, bp towards 3'.")
@option("--peak-distance", type=Whole(1), help="Distance between peaks, bp.  [default: half a window]")
@option("--min-value", default=float("-inf"), type=Finite(), help="Minimum height of a peak.")
@option(
    "--hits", type=File,
    help="Also locate these motifs (MEME format) in the regions, where the prediction depends on them.",
)  # fmt: skip
@option("--hit-fdr", default=0.05, type=Finite(0, 1, min_open=True), help="Largest q-value of a hit.")
@shard
@threads
@device
def scan(
    genome: Path, bed: Path | None, chromosome_prefix: ChromosomePrefix | None, model: Path | None,
    output: Path, target: str | None, overwrite: bool, stride: int, window_bp: int | None,
    peak_offset: int, peak_distance: int | None, min_value: float, hits: Path | None,
    hit_fdr: float, shard: Shard | None, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Predict all windows of a GENOME or of long sequences: bedGraph, bigWig and peaks.

    \b
    seqcnn scan genome.fa --bed regions.bed -m model.safetensors -o scan/
    seqcnn scan genome.fa --bed regions.bed -m model.safetensors --hits jaspar.meme -o scan/
    """
    from seqcnn.genome.hits import HitPlan
    from seqcnn.genome.scan import ScanPlan, scan
    from seqcnn.model.open_model import open_bundle

    peaks = (peak_offset, peak_distance, min_value)
    located = HitPlan(hits, hit_fdr) if hits else None
    part = part_of(shard, without=("--hits",))
    plan = ScanPlan(
        target, stride, window_bp, *peaks, chromosome_prefix=chromosome_prefix, hits=located, part=part
    )
    with open_bundle(model, device=device, threads=threads) as trained:
        scan(genome, trained, output, bed=bed, plan=plan, overwrite=overwrite)
