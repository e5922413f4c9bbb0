"""Predict all pairs of single-base changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import (
    File,
    Output,
    OutputFile,
    Whole,
    device,
    model,
    option,
    overwrite,
    seed,
    target,
    threads,
)
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.shard import part_of, shard

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.io.shard.shard import Shard

Table = Output(formats=(".csv", ".xlsx", ".parquet", ".gz"))


@command()
@click.argument("sequences", type=File)
@sequence_options
@model()
@option(
    "-o", "--output", type=Table, help="Output table of pairs of positions: TSV, .csv, .xlsx, .parquet, .gz."
)
@option("--html", type=OutputFile, help="HTML page with the maps of the first 20 sequences.")
@option("--positions", metavar="START-END", help="Positions to change, bp from 1.  [default: all, up to 500]")
@option(
    "--hits", type=File,
    help="Table of motif sites, hits.tsv of `seqcnn motifs --hits`, or its folder; for --pairs.",
)  # fmt: skip
@option(
    "--pairs",
    type=Table,
    help="Output table of pairs of --hits: epistasis of two sites, in all sequences with hits.",
)
@option("--pair-summary", type=Table, help="Also write the mean epistasis of each two motifs of --pairs.")
@option("--backgrounds", default=20, type=Whole(1), help="Number of random replacements of a site of --hits.")
@target
@option(
    "--max-sequences", default=20, type=Whole(1),
    help="Maximum number of sequences: the first of a file, sampled from a dataset.",
)  # fmt: skip
@option(
    "--split-part", type=click.Choice(["train", "val", "test"]), help="Rows of a dataset.  [default: all]"
)
@seed
@overwrite
@shard
@threads
@device
def dependencies(
    sequences: Path, form: SequenceFormat, model: Path | None, output: Path | None, html: Path | None,
    positions: str | None, hits: Path | None, pairs: Path | None, pair_summary: Path | None,
    backgrounds: int, target: str | None, max_sequences: int, split_part: str | None, seed: int,
    overwrite: bool, shard: Shard | None, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Predict all pairs of single-base changes of SEQUENCES (dataset, FASTA, table or BED).

    Epistasis is the effect of two changes together minus the effects of each alone. The table has, for each
    pair of positions, the pair of changes for which it is strongest.

    With --hits and --pairs (and without -o, only) it measures the epistasis of each two motif sites of a
    sequence.

    \b
    seqcnn dependencies seqs.fa -m model.safetensors -o dependencies.tsv --html dependencies.html
    seqcnn dependencies seqs.fa -m model.safetensors -o dependencies.parquet --positions 50-120
    seqcnn dependencies seqs.fa -m model.safetensors --hits motifs/ --pairs pairs.tsv
    """
    from seqcnn.interpret.dependencies import DependencyPlan, position_range
    from seqcnn.interpret.dependency_files import DependencyOutputs, dependency_files
    from seqcnn.interpret.motif_pairs import PairPlan
    from seqcnn.model.open_model import open_bundle

    span = None if positions is None else position_range(positions)
    part = part_of(shard, without=("--html", "--hits", "--pairs", "--pair-summary"))
    plan = DependencyPlan(target, span, max_sequences, split_part, seed, part)
    sites = PairPlan(hits, target, backgrounds, seed) if hits else None
    outputs = DependencyOutputs(output, html, pairs, pair_summary)
    with open_bundle(model, device=device, threads=threads) as trained:
        dependency_files(sequences, trained, outputs, plan=plan, sites=sites, form=form, overwrite=overwrite)
