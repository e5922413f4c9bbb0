"""Predict the effects of variants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import table_options
from seqcnn.cli_support.options import (
    File,
    Finite,
    Output,
    OutputFile,
    Whole,
    chromosome_prefix,
    device,
    genome,
    model,
    option,
    output,
    overwrite,
    seed,
    target,
    threads,
    window_bp,
)
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.shard import part_of, shard

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.data.readers.genome.contigs import ChromosomePrefix
    from seqcnn.io.shard.shard import Shard


@command()
@option("--vcf", type=File, help="Variants, plain or gzip.")
@option(
    "--variants",
    "table",
    type=File,
    help="Table with a column `hgvs` (chr1:g.100A>G), `spdi` or `variant` (chr1:100:A:G), or with columns "
    "chrom, pos, ref and alt, instead of a VCF.",
)
@option("--pairs", type=File, help="Table of record ids, columns `ref` and `alt`, instead of a VCF.")
@option(
    "--saturate",
    metavar="REGION",
    help="All single-base changes of contig:start-end, instead of a VCF; a VCF if -o ends in .vcf.",
)
@option(
    "--regions", help="Only variants in contig:start-end, counted from 1, or in the regions of a BED file."
)
@option("--phased", is_flag=True, help="Apply the variants of a haplotype together (phased GT, PS).")
@option(
    "--sample", "samples", multiple=True, help="Sample of --phased; repeat it for several.  [default: all]"
)
@genome
@chromosome_prefix
@option("--sequences", type=File, help="Library whose records are the contigs of the VCF, or the pairs.")
@table_options
@model()
@output
@option(
    "--vcf-out",
    type=Output(formats=(".gz", ".bgz")),
    help="Also write the VCF with SEQCNN_ fields in its INFO.",
)
@option(
    "--html", type=OutputFile, help="Page with effects along each contig, the largest ones, and their logos."
)
@option("--database", type=File, help="Known motifs (MEME format) that --html names as gained or lost.")
@option("--top", default=10, type=Whole(1, 100), help="Number of alleles with logos in --html.")
@target
@option("--windows", default=1, type=Whole(1, 99), help="Number of shifted windows to average.")
@option("--strand", default="+", type=click.Choice(["+", "-"]), help="Strand of the genome.")
@window_bp
@option(
    "--null",
    default=1000,
    type=Whole(0),
    help="Number of random changes per null distribution of the percentile; 0: no percentile.",
)
@option(
    "--alpha",
    default=0.05,
    type=Finite(0, 1, min_open=True, max_open=True),
    help="False-positive rate, among the random changes, of the call that a variant has an effect.",
)
@overwrite
@seed
@shard
@threads
@device
def variants(
    vcf: Path | None, table: Path | None, pairs: Path | None, genome: Path | None,
    sequences: Path | None, form: SequenceFormat, saturate: str | None, regions: str | None, phased: bool,
    samples: tuple[str, ...], chromosome_prefix: ChromosomePrefix | None, model: Path | None,
    output: Path, vcf_out: Path | None, html: Path | None, database: Path | None, top: int,
    target: str | None, windows: int, strand: str, window_bp: int | None, null: int, alpha: float,
    overwrite: bool, seed: int, shard: Shard | None, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Predict the effects of variants: alternative minus reference allele.

    \b
    seqcnn variants --vcf v.vcf.gz --genome g.fa -m model.safetensors -o effects.tsv
    seqcnn variants --variants hgvs.tsv --genome g.fa -m model.safetensors -o effects.tsv
    seqcnn variants --pairs pairs.tsv --sequences library.fa -m model.safetensors -o effects.tsv
    seqcnn variants --vcf v.vcf --genome g.fa --html page.html --database jaspar.meme -o effects.tsv
    seqcnn variants --vcf phased.vcf --genome g.fa --phased --sample NA12878 -o haplotypes.tsv
    seqcnn variants --saturate chr1:1000-1200 --genome g.fa -o locus.vcf

    POS and REF of the VCF are positions and bases of --genome, whose contigs have the names of CHROM,
    apart from `chr` with --chromosome-prefix; for variants of the records of a library, give --sequences
    instead.

    Each REF/ALT pair is trimmed and left-aligned against the genome first, as `bcftools norm` does, so that
    the effect does not depend on the notation; outputs keep that of the VCF. Each allele of n bp is in the
    middle of its own window of W bp, after (W - n) // 2 bp of the genome. In a library the window is the
    record.

    The percentile is two-sided: the percentage of random changes with a smaller absolute effect. These are
    substitutions, insertions or deletions of as many bases as the variant, at random places of the genome or
    library; the other variants of the VCF have no influence.

    The call is `effect` if the effect is larger, in absolute value, than all but a fraction --alpha of these
    changes, and `none` if it is not. With several networks the 95% interval of the effect over the networks
    must exclude 0 for an `effect` and be within the threshold for `none`; otherwise the call is `uncertain`.

    With --phased all variants of one haplotype in the window of a variant are applied together. The table has
    a row per sample, haplotype and variant, with the effects of these variants together, of each alone, and
    the difference from their sum (non_additivity). Unphased genotypes and those of other phase sets are
    counted, not applied; alleles whose bases or place are not known are listed in not_applied; haplotypes
    with overlapping variants are not scored.
    """
    from seqcnn.genome.variant.outputs import VariantOutputs
    from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
    from seqcnn.genome.variants import VariantInput, variant_effects
    from seqcnn.model.open_model import open_bundle

    source = SequenceSource(genome, sequences, form, chromosome_prefix)
    part = part_of(shard, without=("--html",))
    plan = VariantPlan(
        target, windows, strand, window_bp, null, seed, alpha=alpha, part=part, regions=regions
    )
    given = VariantInput(vcf, pairs, table, saturate or "", phased, samples)
    also = VariantOutputs(vcf_out, html, database, top)
    with open_bundle(model, device=device, threads=threads) as trained:
        variant_effects(
            trained, output, variants=given, source=source, also=also, plan=plan, overwrite=overwrite
        )  # fmt: skip
