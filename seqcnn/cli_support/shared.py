"""What the probing commands check before they call their station."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqcnn.errors import BundleError, UsageError, place, show
from seqcnn.genome.scan import ScanPlan, scan
from seqcnn.genome.variant.pairs import score_pairs_file
from seqcnn.genome.variant.sources import Plan, Source
from seqcnn.genome.variants import score_vcf
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.interpret.motifs import Search, motifs
from seqcnn.interpret.saturate import saturate
from seqcnn.io.atomic import refuse_file, refuse_output
from seqcnn.io.stream import STDIN, digest
from seqcnn.model.inference.device import set_threads
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import Model, load_model
from seqcnn.model.predict import default_model


def variant_effects(
    vcf: Path | None,
    pairs: Path | None,
    *,
    source: Source,
    model: Path | None,
    output: Path,
    vcf_out: Path | None,
    **options: Any,
) -> None:
    """Score a VCF or a table of pairs; all else is the plan, and the machine."""
    inputs = [path for path in (vcf, pairs, source.genome, source.sequences, model) if path is not None]
    if (vcf is None) == (pairs is None):
        raise UsageError("give the variants with --vcf or --pairs, and not both")
    if pairs is not None and vcf_out is not None:
        raise UsageError("--vcf-out annotates a VCF; it does not go with --pairs")
    if vcf == STDIN:
        raise UsageError("--vcf: it is read twice; give the name of a file")
    for path in filter(None, (output, vcf_out)):
        refuse_output(path, *inputs)
    if vcf_out is not None and vcf_out.resolve() == output.resolve():
        raise UsageError(f"{place(output)}: both outputs have this name; give another one")
    loaded = opened_model(model, threads=options.pop("threads"), device=options.pop("device"))
    plan = Plan(**options)
    if pairs is not None:
        score_pairs_file(pairs, loaded, output, source=source, plan=plan)
    if vcf is not None:
        score_vcf(vcf, loaded, output, source=source, vcf_out=vcf_out, plan=plan)


def find_motifs(
    sequences: Path | None,
    model: Path,
    attributions: Path | None,
    *,
    database: Path | None,
    target: str | None,
    number: int,
    seed: int,
    threads: int | None,
    device: str,
    output: Path,
    **search: Any,
) -> None:
    """Find motifs in sequences, or in what was attributed already; `search` is what is looked for."""
    if (sequences is None) == (attributions is None):
        raise UsageError("give SEQUENCES or --attributions, and not both")
    loaded = opened_model(model, threads=threads, device=device)
    hypothetical = None
    if attributions is not None:
        found = load_attributions(attributions)
        if found.header["model_sha256"] != digest(model):
            raise BundleError(f"{place(attributions)}: attributions of another model than {place(model)}")
        sample = Sample(found.ids, found.rows())
        hypothetical, target = found.hypothetical, target or found.header["target"]
        if target != found.header["target"]:
            raise UsageError(
                f"{place(attributions)}: of target {show(found.header['target'])}, not {show(target)}"
            )
    elif sequences is not None:
        sample = read_sample(sequences, loaded, number=number, seed=seed)
    plan = Search(chosen_target(loaded, target), **search)
    motifs(loaded, sample, output, plan, hypothetical=hypothetical, database=database)


def scan_genome(genome: Path, bed: Path | None, *, model: Path | None, output: Path, **options: Any) -> None:
    """Scan a genome; all else is the plan, and the machine."""
    if STDIN in (genome, bed):
        raise UsageError("standard input: it cannot be read at any place; give the name of a file")
    refuse_file(output)
    loaded = opened_model(model, threads=options.pop("threads"), device=options.pop("device"))
    scan(genome, loaded, output, bed=bed, plan=ScanPlan(**options))


def saturate_file(
    sequences: Path,
    genome: Path | None,
    *,
    model: Path | None,
    output: Path,
    plot: Path | None,
    target: str | None,
    **where: Any,
) -> None:
    """Predict every single-base change; `where` is the machine."""
    inputs = [path for path in (sequences, genome, model) if path is not None]
    for path in filter(None, (output, plot)):
        refuse_output(path, *inputs)
    if plot is not None and plot.resolve() == output.resolve():
        raise UsageError(f"{place(output)}: both outputs have this name; give another one")
    if plot is not None and plot.suffix.lower() != ".pdf":
        raise UsageError(f"{place(plot)}: heat maps are a PDF; give a name that ends in .pdf")
    loaded = opened_model(model, **where)
    saturate(sequences, loaded, output, genome=genome, plot=plot, target=target)


def opened_model(model: Path | None, *, threads: int | None, device: str) -> Model:
    """Load the model that is named, or the last run's best, onto the machine."""
    set_threads(threads)
    return load_model(model or default_model(), device)
