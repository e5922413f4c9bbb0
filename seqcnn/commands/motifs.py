"""Find the motifs that a model has learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import (
    File,
    Finite,
    Whole,
    device,
    model,
    option,
    output_folder,
    overwrite,
    seed,
    target,
    threads,
)
from seqcnn.cli_support.renamed import command

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.interpret.hits import HitMotifs


@command()
@click.argument("sequences", type=File, required=False)
@model()
@option("--attributions", type=File, help="Output of `seqcnn attribute`, instead of SEQUENCES.")
@option("--database", type=File, help="Known motifs (MEME format), such as those of JASPAR.")
@target
@option("-n", "--number", default=2000, type=Whole(1), help="Number of sequences to sample.")
@option("--min-sites", default=20, type=Whole(1), help="Minimum number of sites of a filter's motif.")
@click.option("--filters/--no-filters", default=True, help="Motifs of the first layer's filters.")
@click.option("--patterns/--no-patterns", default=True, help="Patterns of the attributions (TF-MoDISco).")
@option(
    "--hits", type=click.Choice(["patterns", "database"]),
    help="Also locate the patterns, or the motifs of --database, where the prediction depends on them: "
    "hits.tsv, hits.bed, counts and pairs.",
)  # fmt: skip
@option("--hit-fdr", default=0.05, type=Finite(0, 1, min_open=True), help="Largest q-value of a hit.")
@seed
@sequence_options
@threads
@device
@output_folder
@overwrite
def motifs(
    sequences: Path | None, model: Path | None, attributions: Path | None, database: Path | None,
    target: str | None, number: int, min_sites: int, filters: bool, patterns: bool,
    hits: HitMotifs | None, hit_fdr: float, seed: int, form: SequenceFormat, threads: int | None,
    device: str, output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Find the motifs that a model uses in SEQUENCES (dataset, FASTA, table or BED).

    \b
    seqcnn motifs dataset.h5 -m model.safetensors --database jaspar.meme -o motifs/
    seqcnn motifs --attributions attributions.h5 -m model.safetensors -o motifs/
    seqcnn motifs dataset.h5 -m model.safetensors --database jaspar.meme --hits database -o motifs/
    """
    from seqcnn.interpret.motifs import MotifSearch, MotifSource, motifs_file
    from seqcnn.model.open_model import open_bundle

    source = MotifSource(sequences, attributions, number, seed, form)
    search = MotifSearch(filters=filters, patterns=patterns, min_sites=min_sites, hits=hits, hit_fdr=hit_fdr)
    with open_bundle(model, device=device, threads=threads) as trained:
        motifs_file(
            source, trained, output, target=target, search=search, database=database, overwrite=overwrite
        )
