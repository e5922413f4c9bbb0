"""Score variants: VCF + genome or library + model -> effects.tsv, and the VCF with effects in its INFO.

A VCF is scored chunk by chunk, so that memory does not grow with it.  Each REF/ALT pair is normalised first
(`variant.normalise`); outputs keep its notation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from seqcnn.errors import UsageError
from seqcnn.genome.haplotypes import score_haplotypes
from seqcnn.genome.locus.saturation import saturation_sites
from seqcnn.genome.locus.sites import in_source, of_shard
from seqcnn.genome.notation.sites import sites_of
from seqcnn.genome.notation.variant_table import read_notations
from seqcnn.genome.score_sites import NEW_VCF, SiteSource, score_sites
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.pairs import score_pairs_file
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
from seqcnn.genome.variant.vcf import read_vcf
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.stream import STDIN, source_name
from seqcnn.model.inference.trained_model import LoadedModel


@dataclass(frozen=True, slots=True)
class VariantInput:
    """The source of the variants; the others are None."""

    vcf: Path | None = None
    pairs: Path | None = None
    """Table of pairs of records."""
    table: Path | None = None
    """Table of variants in SPDI, HGVS or another of `notation.changes.NOTATIONS`."""
    saturate: str = ""
    """Region of which all single-base changes are the variants, instead of a file."""
    phased: bool = False
    """Whether the variants of a haplotype of the VCF are applied together."""
    samples: tuple[str, ...] = ()
    """Samples whose haplotypes are scored; all if there are none."""

    @property
    def files(self) -> list[Path]:
        """The files that are given."""
        return [path for path in (self.vcf, self.table, self.pairs) if path is not None]


def variant_effects(
    model: LoadedModel,
    output: Path,
    *,
    variants: VariantInput,
    source: SequenceSource,
    also: VariantOutputs | None = None,
    plan: VariantPlan | None = None,
    overwrite: bool = False,
) -> Counter[str]:
    """Score the variants of a VCF or table (`score_vcf`), or pairs of records (`score_pairs_file`).

    Raises
    ------
    UsageError
        If not exactly one file of variants is given, two inputs are standard input, or an output is an
        input or another output, or exists and `overwrite` is False.
    """
    if STDIN in variants.files and source.sequences == STDIN:
        raise UsageError("standard input cannot be both variants and sequences; give a file for one")
    also, plan = also or VariantOutputs(), plan or VariantPlan()
    inputs = (*variants.files, source.genome, source.sequences, model.path, also.database)
    refuse_outputs((output, also.vcf, also.html), inputs, overwrite=overwrite)
    refuse_combinations(variants, output, also, plan)
    if variants.vcf and variants.phased:
        return score_haplotypes(
            variants.vcf, model, output, source=source, samples=variants.samples, plan=plan
        )
    if variants.pairs is not None:
        return score_pairs_file(variants.pairs, model, output, source=source, also=also, plan=plan)
    if variants.table is not None:
        return score_table(variants.table, model, output, source=source, also=also, plan=plan)
    if variants.saturate:
        return score_locus(variants.saturate, model, output, source=source, also=also, plan=plan)
    return score_vcf(variants.files[0], model, output, source=source, also=also, plan=plan)


def refuse_combinations(
    variants: VariantInput, output: Path, also: VariantOutputs, plan: VariantPlan
) -> None:
    """Raise `UsageError` for options that do not go together."""
    if len(variants.files) + bool(variants.saturate) != 1:
        names = "--vcf, --variants, --pairs or --saturate"
        raise UsageError(f"give the variants with {names}, and only one of them")
    if also.vcf is not None and variants.vcf is None and not variants.saturate:
        raise UsageError("--vcf-out annotates a VCF; it does not go with --variants or --pairs")
    if also.vcf and variants.saturate and output.name.lower().endswith(NEW_VCF):
        raise UsageError("--vcf-out: the output is the VCF already; leave it out, or name a table with -o")
    if plan.regions and variants.vcf is None and variants.table is None:
        raise UsageError("--regions: chooses variants of --vcf or --variants; leave it out")
    if variants.samples and not variants.phased:
        raise UsageError("--sample: chooses the haplotypes of --phased; give that, too")
    if variants.phased and variants.vcf is None:
        raise UsageError("--phased: the haplotypes are those of a VCF; give it with --vcf")
    if variants.phased and (also.vcf or also.html or plan.part):
        raise UsageError("--phased: writes a table of haplotypes; leave --vcf-out, --html and --shard out")


def score_vcf(
    vcf: Path,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    also: VariantOutputs | None = None,
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score every alternative allele of a VCF.

    Parameters
    ----------
    vcf
        Plain or gzip; '-' is standard input.
    model
        A trained model.
    output
        The table: contig, 1-based position, id, ref and alt as in the VCF, then the predictions, the
        effect, its SD and two-sided percentile (`variant.null_distribution`), and `reason`, '-' or one of
        `alleles.REASONS`.
    source
        A genome, or a library whose records are the contigs.
    also
        Optional outputs.
    plan
        How to score variants.

    Returns
    -------
    Number of alleles for each reason, '-' for scored ones.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the outputs are left as they were.
    """
    plan = plan or VariantPlan()
    header, sites = read_vcf(vcf)
    sites = of_shard(sites, vcf, plan.part) if plan.part else sites
    variants = SiteSource(source_name(vcf), header, partial(in_source, sites, source.chromosome_prefix))
    return score_sites(variants, model, output, source=source, also=also or VariantOutputs(), plan=plan)


def score_table(
    table: Path,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    also: VariantOutputs | None = None,
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score the variants of a table in SPDI, HGVS or another notation, see `notation.changes.NOTATIONS`.

    Parameters, output and return value are those of `score_vcf`; the notation is the id of the variant.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then the output is left as it was.
    """
    plan = plan or VariantPlan()
    changes = read_notations(table)
    changes = changes[slice(*plan.part.shard.bounds(len(changes)))] if plan.part else changes
    variants = SiteSource(source_name(table), [], partial(sites_of, changes, source.chromosome_prefix))
    return score_sites(variants, model, output, source=source, also=also or VariantOutputs(), plan=plan)


def score_locus(
    region: str,
    model: LoadedModel,
    output: Path,
    *,
    source: SequenceSource,
    also: VariantOutputs | None = None,
    plan: VariantPlan | None = None,
) -> Counter[str]:
    """Score every single-base change of a region, such as chr1:1,000-2,000.

    Parameters, output and return value are those of `score_vcf`.  If the output is named *.vcf, it is a
    VCF with the effects in its INFO instead of a table.

    Raises
    ------
    SeqcnnError
        If an input cannot be read, or the region is not in it; then the outputs are left as they were.
    """
    plan, also = plan or VariantPlan(), also or VariantOutputs()
    sites = partial(saturation_sites, region, source.chromosome_prefix, plan.part)
    variants = SiteSource(region, None, sites)
    return score_sites(variants, model, output, source=source, also=also, plan=plan)
