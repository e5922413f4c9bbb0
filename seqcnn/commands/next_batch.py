"""Choose the sequences to measure next."""

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
from seqcnn.cli_support.order import order_options
from seqcnn.cli_support.renamed import command

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.design.requests.order import OrderRequest
    from seqcnn.selection.embedding import Space


@command("next")
@model()
@option("--library", type=File, required=True, help="Measured sequences (dataset, FASTA or table).")
@option("--candidates", type=File, help="Sequences to choose from.  [default: made from --library]")
@option("--make", "made", type=Whole(1), help="Number of candidates to make.  [default: 10000]")
@option("-n", "--number", default=96, type=Whole(1), help="Number of sequences to choose.")
@target
@option("--min-prediction", type=Finite(), help="Lowest prediction of a sequence of the batch.")
@option("--max-prediction", type=Finite(), help="Highest prediction of a sequence of the batch.")
@option(
    "--space", default="network", type=click.Choice(["network", "kmers"]),
    help="Where distances are measured: in the last hidden layer of the networks, or between 4-mer counts.",
)  # fmt: skip
@order_options
@seed
@sequence_options
@threads
@device
@output_folder
@overwrite
def next_batch(
    model: Path | None, library: Path, candidates: Path | None, made: int | None, number: int,
    target: str | None, min_prediction: float | None, max_prediction: float | None, space: Space,
    order: OrderRequest, seed: int, form: SequenceFormat, threads: int | None, device: str, output: Path,
    overwrite: bool,
) -> None:  # fmt: skip
    """Choose the sequences whose measurement teaches a model most.

    They are chosen where the networks of an ensemble disagree, far from the measured sequences and from one
    another.

    \b
    seqcnn next -m ensemble.safetensors --library dataset.h5 -n 96 -o batch/
    seqcnn next -m ensemble.safetensors --library dataset.h5 --candidates pool.fa --min-prediction 2 -o batch/
    seqcnn next -m ensemble.safetensors --library dataset.h5 --supplier twist-oligo-pool --controls 4 \\
        --adapter5 ACTGGCCGCTTCACTG --adapter3 AGATCGGAAGAGCGTCG -o batch/
    """
    from seqcnn.model.open_model import open_bundle
    from seqcnn.selection.next_batch import BatchPlan, next_batch

    plan = BatchPlan(
        number=number, made=made, target=target, min_prediction=min_prediction,
        max_prediction=max_prediction, space=space, order=order, seed=seed,
    )  # fmt: skip
    with open_bundle(model, device=device, threads=threads) as trained:
        next_batch(library, trained, output, candidates=candidates, form=form, plan=plan, overwrite=overwrite)
