"""Predict every single-base change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import (
    File,
    default_model_file,
    device,
    genome,
    option,
    output,
    target,
    threads,
)


@click.command()
@click.argument("sequences", type=File)
@genome
@default_model_file
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
    from seqcnn.cli_support.shared import saturate_file

    saturate_file(sequences, genome, **options)
