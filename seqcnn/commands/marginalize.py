"""Measure the effect of an inserted motif."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import (
    File,
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


@command()
@click.argument("sequences", type=File)
@model()
@option("--motif", "motifs", multiple=True, required=True, help="Motif (IUPAC); give two for a pair.")
@target
@option("-n", "--number", default=100, type=Whole(1), help="Number of backgrounds sampled from SEQUENCES.")
@option("--max-gap", default=20, type=Whole(0), help="Largest gap between the motifs of a pair, bp.")
@option("--n-positions", default=40, type=Whole(1), help="Number of positions of the motif.")
@seed
@sequence_options
@threads
@device
@output_folder
@overwrite
def marginalize(
    sequences: Path, model: Path | None, motifs: tuple[str, ...], target: str | None, number: int,
    max_gap: int, n_positions: int, seed: int, form: SequenceFormat, threads: int | None, device: str,
    output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Insert a motif into shuffled SEQUENCES; measure its effect by position and, for two, by spacing.

    \b
    seqcnn marginalize dataset.h5 -m model.safetensors --motif TGACTCA -o ap1/
    seqcnn marginalize dataset.h5 -m model.safetensors --motif AGATAAG --motif CCGGAAG -o pair/
    """
    from seqcnn.interpret.marginalize import MarginalizePlan, marginalize_file
    from seqcnn.model.open_model import open_bundle

    plan = MarginalizePlan(target, number, max_gap, n_positions, seed, form)
    with open_bundle(model, device=device, threads=threads) as trained:
        marginalize_file(sequences, motifs, trained, output, plan=plan, overwrite=overwrite)
