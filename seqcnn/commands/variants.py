"""Commands that ask a trained model about biology."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.options import File, Finite, Whole, device, genome, option, output, threads

model_file = option(
    "-m", "--model", type=File, help="Model bundle.  [default: $SEQCNN_MODEL, else the last run's best]"
)
target = option("--target", help="Target of the model.  [default: the first]")
window_bp = option("--window-bp", type=Whole(1), help="Genome in a window.  [default: the model's]")


@click.command()
@option("--vcf", type=File, help="Variants, plain or gzip.")
@option("--pairs", type=File, help="Table of record ids `ref` and `alt`, instead of a VCF.")
@genome
@option("--sequences", type=File, help="Library whose records are the VCF's contigs, or the pairs.")
@model_file
@output
@option("--vcf-out", type=File, help="Also write the VCF with SEQCNN_ fields in its INFO.")
@target
@option("--windows", default=1, type=Whole(1, 99), help="Shifted windows to average.")
@option("--strand", default="+", type=click.Choice(["+", "-"]), help="Strand of the genome to read.")
@window_bp
@option("--null", default=1000, type=Whole(0), help="Random changes for the percentile.")
@option("--seed", default=1, type=Whole(0), help="Of the random changes.")
@threads
@device
def variants(
    vcf: Path | None, pairs: Path | None, genome: Path | None, sequences: Path | None, **options: Any
) -> None:
    """Predict what variants do: alternative allele less reference.

    \b
    seqcnn variants --vcf v.vcf.gz --genome g.fa -m model.safetensors -o effects.tsv
    seqcnn variants --pairs pairs.tsv --sequences library.fa -m model.safetensors -o effects.tsv
    """
    from seqcnn.commands.probing import variant_effects
    from seqcnn.probe.sources import Source

    variant_effects(vcf, pairs, source=Source(genome, sequences), **options)


@click.command()
@click.argument("genome", type=File)
@option("--bed", type=File, help="Regions to scan.  [default: all of it]")
@model_file
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
    from seqcnn.commands.probing import scan_genome

    scan_genome(genome, bed, **options)


@click.command()
@click.argument("sequences", type=File)
@genome
@model_file
@output
@option("--plot", type=File, help="Also draw heat maps: a PDF, a page a sequence.")
@target
@threads
@device
def saturate(sequences: Path, genome: Path | None, **options: Any) -> None:
    """Predict every single-base change of SEQUENCES (FASTA, table or BED).

    \b
    seqcnn saturate seqs.fa -m model.safetensors -o saturation.tsv --plot saturation.pdf
    """
    from seqcnn.commands.probing import saturate_file

    saturate_file(sequences, genome, **options)
