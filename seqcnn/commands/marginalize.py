"""Measure the effect of an inserted motif."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import (
    File,
    Whole,
    device,
    model_file,
    option,
    output,
    random_seed,
    target_name,
    threads,
)


@click.command()
@click.argument("sequences", type=File)
@model_file
@option("--motif", "motifs", multiple=True, required=True, help="IUPAC letters; twice for a pair.")
@target_name
@option("-n", "--number", default=100, type=Whole(1), help="Backgrounds drawn from SEQUENCES.")
@option("--widest", default=20, type=Whole(0), help="Widest gap of a pair, bp.")
@option("--places", default=40, type=Whole(1), help="Positions of the scan.")
@random_seed
@threads
@device
@output
def marginalize(
    sequences: Path, model: Path, motifs: tuple[str, ...], target: str | None, number: int, seed: int,
    threads: int | None, device: str, output: Path, **scan: int,
) -> None:  # fmt: skip
    """Insert a motif into shuffled SEQUENCES: its effect, by position and, of two, by spacing.

    \b
    seqcnn marginalize dataset.h5 -m model.safetensors --motif TGACTCA -o ap1/
    seqcnn marginalize dataset.h5 -m model.safetensors --motif AGATAAG --motif CCGGAAG -o pair/
    """
    from seqcnn.interpret.attribution.sample import read_sample
    from seqcnn.interpret.marginalize import marginalize
    from seqcnn.interpret.motif.insertion import backgrounds
    from seqcnn.model.inference.device import set_threads
    from seqcnn.model.inference.target import chosen_target
    from seqcnn.model.inference.trained_model import load_model

    set_threads(threads)
    trained = load_model(model, device)
    sample = read_sample(sequences, trained, number=number, seed=seed)
    experiment = backgrounds(trained, sample, target=chosen_target(trained, target), seed=seed)
    marginalize(experiment, motifs, output, **scan)
