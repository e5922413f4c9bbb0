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
from seqcnn.cli_support.renamed import command
from seqcnn.design.synthesis.supplier_names import SUPPLIER_NAMES

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
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
@option(
    "--supplier",
    type=click.Choice(SUPPLIER_NAMES),
    help="Published limits of a synthesis company; those given as options replace them.",
)
@option("--gc", help="Lowest and highest GC fraction of the ordered sequence, such as 0.35-0.6.")
@option("--homopolymer", type=Whole(1), help="Longest run of one base, bp.")
@option("--forbid", multiple=True, help="Restriction enzyme (BsaI) or sequence; repeatable.")
@click.option("--with-flanks", is_flag=True, help="Include the flanks in the order.")
@seed
@sequence_options
@threads
@device
@output_folder
@overwrite
def next_batch(
    model: Path | None, library: Path, candidates: Path | None, made: int | None, number: int,
    target: str | None, min_prediction: float | None, max_prediction: float | None, space: Space,
    supplier: str | None, gc: str | None, homopolymer: int | None, forbid: tuple[str, ...], with_flanks: bool,
    seed: int, form: SequenceFormat, threads: int | None, device: str, output: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Choose the sequences whose measurement teaches a model most.

    They are chosen where the networks of an ensemble disagree, far from the measured sequences and from one
    another.

    \b
    seqcnn next -m ensemble.safetensors --library dataset.h5 -n 96 -o batch/
    seqcnn next -m ensemble.safetensors --library dataset.h5 --candidates pool.fa --min-prediction 2 -o batch/
    """
    from seqcnn.design.requests.constraints import ConstraintRequest
    from seqcnn.model.open_model import open_bundle
    from seqcnn.selection.next_batch import BatchPlan, next_batch

    plan = BatchPlan(
        number=number, made=made, target=target, min_prediction=min_prediction,
        max_prediction=max_prediction, space=space, seed=seed,
        constraints=ConstraintRequest(
            supplier=supplier, gc=gc, homopolymer=homopolymer, forbid=forbid, with_flanks=with_flanks
        ),
    )  # fmt: skip
    with open_bundle(model, device=device, threads=threads) as trained:
        next_batch(library, trained, output, candidates=candidates, form=form, plan=plan, overwrite=overwrite)
