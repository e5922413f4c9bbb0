"""Design sequences with a wanted prediction."""

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
)  # fmt: skip
from seqcnn.cli_support.order import order_options
from seqcnn.cli_support.renamed import command

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.design.design import Method
    from seqcnn.design.requests.order import OrderRequest


@command()
@model()
@output_folder
@overwrite
@option("--start", type=File, help="Sequences to start from (dataset, FASTA, table, BED); the best are used.")
@option("--random", "n_random", type=Whole(1), help="Number of random sequences to start from instead.")
@option("-n", "--number", type=Whole(1), help="Number of sequences of --start to use.  [default: 10]")
@option("--length", type=Whole(1), help="Length of random sequences, bp.  [default: the longest trained on]")
@option(
    "--maximize",
    multiple=True,
    is_flag=False,
    flag_value="",
    metavar="[TARGET]",
    show_default=False,
    help="Maximize the prediction (default), of a target; with further goals, a Pareto set.",
)
@option(
    "--minimize",
    multiple=True,
    is_flag=False,
    flag_value="",
    metavar="[TARGET]",
    show_default=False,
    help="Minimize the prediction, of a target; repeatable, also beside --maximize.",
)
@option("--to", "value", type=Finite(), help="Reach this prediction, in the units of the target.")
@target
@option("--difference", help="Design the difference of two targets, `a,b` for a minus b.")
@option("--method", default="evolve", type=click.Choice(["evolve", "greedy", "ledidi"]), help="Search.")
@option("--fix", default="", help="Positions to keep as in the start sequence, such as 1-20,151-170.")
@order_options
@option("--max-edits", type=Whole(1), help="Maximum number of edits per start sequence.")
@option("--min-distance", default=1, type=Whole(1), help="Minimum number of edits between two designs.")
@option(
    "--max-per-cluster", type=Whole(1), help="Maximum number of designs of one cluster of similar sequences."
)
@option("--risk-aversion", default=1.0, type=Finite(0), help="Ensemble SDs to subtract from the score.")
@click.option("--allow-ood", is_flag=True, help="Allow out-of-distribution sequences.")
@seed
@sequence_options
@threads
@device
def design(
    model: Path | None, output: Path, overwrite: bool, start: Path | None, n_random: int | None,
    number: int | None, length: int | None, maximize: tuple[str, ...], minimize: tuple[str, ...],
    value: float | None, target: str | None,
    difference: str | None, method: Method, order: OrderRequest, risk_aversion: float, allow_ood: bool,
    seed: int, form: SequenceFormat, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Design sequences with a wanted prediction that satisfy synthesis and cloning constraints.

    \b
    seqcnn design -m ensemble.safetensors --start library.fa --maximize --forbid BsaI -o designs/
    seqcnn design -m ensemble.safetensors --random 20 --to 2.5 --gc 0.4-0.6 -o designs/
    seqcnn design -m ensemble.safetensors --start library.fa --maximize hepg2 --minimize k562 -o designs/
    seqcnn design -m ensemble.safetensors --start library.fa --supplier twist-oligo-pool \\
        --adapter5 ACTGGCCGCTTCACTG --adapter3 AGATCGGAAGAGCGTCG --controls 5 -o designs/
    """
    from seqcnn.design.request import DesignRequest, design_order
    from seqcnn.design.requests.objective import ObjectiveRequest
    from seqcnn.design.requests.starts import StartRequest
    from seqcnn.model.open_model import open_bundle

    request = DesignRequest(
        start=StartRequest(file=start, random=n_random, number=number, length=length, form=form),
        objective=ObjectiveRequest(
            maximize=maximize, minimize=minimize, value=value, target=target, difference=difference,
            risk_aversion=risk_aversion, allow_ood=allow_ood,
        ),
        order=order, method=method, seed=seed,
    )  # fmt: skip
    with open_bundle(model, device=device, threads=threads) as trained:
        design_order(request, trained, output, overwrite=overwrite)
