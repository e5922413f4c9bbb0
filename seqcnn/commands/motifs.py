"""Find the motifs that a model has learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import (
    File,
    Whole,
    device,
    drawn,
    model_file,
    option,
    output,
    random_seed,
    target_name,
    threads,
)


@click.command()
@click.argument("sequences", type=File, required=False)
@model_file
@option("--attributions", type=File, help="What `seqcnn attribute` wrote, instead of SEQUENCES.")
@option("--database", type=File, help="Known motifs (MEME format), such as JASPAR's.")
@target_name
@drawn
@option("--least", default=20, type=Whole(1), help="Fewest sites of a filter's motif.")
@click.option("--filters/--no-filters", default=True, help="Motifs of the first layer's filters.")
@click.option("--patterns/--no-patterns", default=True, help="Patterns of the attributions (TF-MoDISco).")
@random_seed
@threads
@device
@output
def motifs(sequences: Path | None, model: Path, attributions: Path | None, **options: Any) -> None:
    """Find the motifs that a model has learned from SEQUENCES (dataset, FASTA or table).

    \b
    seqcnn motifs dataset.h5 -m model.safetensors --database jaspar.meme -o motifs/
    seqcnn motifs --attributions attributions.h5 -m model.safetensors -o motifs/
    """
    from seqcnn.cli_support.shared import find_motifs

    find_motifs(sequences, model, attributions, **options)
