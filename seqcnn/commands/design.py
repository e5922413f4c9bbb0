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
from seqcnn.cli_support.renamed import command, command_line
from seqcnn.design.synthesis.supplier_names import SUPPLIER_NAMES

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.design.design import Method
    from seqcnn.design.order.plates import Fill, Plate


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
@option(
    "--supplier",
    type=click.Choice(SUPPLIER_NAMES),
    help="Published limits of a synthesis company; those given as options replace them.",
)
@option("--order-length", help="Shortest and longest ordered sequence, bp, such as 20-300.")
@option("--gc", help="Lowest and highest GC fraction of the ordered sequence, such as 0.35-0.6.")
@option("--gc-window", help="Width of windows, bp, and their lowest and highest GC, such as 50:0.25-0.75.")
@option("--homopolymer", type=Whole(1), help="Longest run of one base, bp.")
@option("--repeat", type=Whole(1), help="Longest sequence that occurs twice, bp, at most 30.")
@option("--inverted-repeat", type=Whole(1), help="Longest sequence followed by its reverse complement, bp.")
@option("--hairpin", type=Whole(1), help="Longest stem of a hairpin with a loop of 3 to 30 bp.")
@option("--forbid", multiple=True, help="Restriction enzyme (BsaI) or sequence; repeatable.")
@option("--max-edits", type=Whole(1), help="Maximum number of edits per start sequence.")
@option("--min-distance", default=1, type=Whole(1), help="Minimum number of edits between two designs.")
@option(
    "--max-per-cluster", type=Whole(1), help="Maximum number of designs of one cluster of similar sequences."
)
@option("--flank5", help="Construct sequence 5' of the design.  [default: the model's]")
@option("--flank3", help="Construct sequence 3' of the design.  [default: the model's]")
@click.option("--with-flanks", is_flag=True, help="Include the flanks in the order.")
@option("--adapter5", default="", help="Sequence to order 5' of each design and its flank, such as a primer.")
@option("--adapter3", default="", help="Sequence to order 3' of each design and its flank.")
@option("--controls", default=0, type=Whole(0), help="Number of controls of each kind to order as well.")
@option(
    "--plate",
    default="96",
    type=click.Choice(["96", "384", "none"]),
    help="Wells per plate.",
)
@option("--fill", default="row", type=click.Choice(["row", "column"]), help="Order of wells.")
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
    difference: str | None, method: Method, fix: str, supplier: str | None, order_length: str | None,
    gc: str | None, gc_window: str | None, homopolymer: int | None, repeat: int | None,
    inverted_repeat: int | None, hairpin: int | None, forbid: tuple[str, ...], max_edits: int | None,
    min_distance: int, max_per_cluster: int | None, flank5: str | None, flank3: str | None,
    with_flanks: bool, adapter5: str, adapter3: str, controls: int, plate: Plate, fill: Fill,
    risk_aversion: float, allow_ood: bool, seed: int, form: SequenceFormat, threads: int | None,
    device: str,
) -> None:  # fmt: skip
    """Design sequences with a wanted prediction that satisfy synthesis and cloning constraints.

    \b
    seqcnn design -m ensemble.safetensors --start library.fa --maximize --forbid BsaI -o designs/
    seqcnn design -m ensemble.safetensors --random 20 --to 2.5 --gc 0.4-0.6 -o designs/
    seqcnn design -m ensemble.safetensors --start library.fa --maximize hepg2 --minimize k562 -o designs/
    seqcnn design -m ensemble.safetensors --start library.fa --supplier twist-oligo-pool \\
        --adapter5 ACTGGCCGCTTCACTG --adapter3 AGATCGGAAGAGCGTCG --controls 5 -o designs/
    """
    from seqcnn.design.order.order_table import PlateRequest
    from seqcnn.design.request import DesignRequest, design_order
    from seqcnn.design.requests.constraints import ConstraintRequest
    from seqcnn.design.requests.objective import ObjectiveRequest
    from seqcnn.design.requests.starts import StartRequest
    from seqcnn.model.open_model import open_bundle

    request = DesignRequest(
        start=StartRequest(file=start, random=n_random, number=number, length=length, form=form),
        objective=ObjectiveRequest(
            maximize=maximize, minimize=minimize, value=value, target=target, difference=difference,
            risk_aversion=risk_aversion, allow_ood=allow_ood,
        ),
        constraints=ConstraintRequest(
            supplier=supplier, fix=fix, order_length=order_length, gc=gc, gc_window=gc_window,
            homopolymer=homopolymer, repeat=repeat, inverted_repeat=inverted_repeat, hairpin=hairpin,
            forbid=forbid, max_edits=max_edits, min_distance=min_distance,
            max_per_cluster=max_per_cluster, flank5=flank5, flank3=flank3, with_flanks=with_flanks,
            adapter5=adapter5, adapter3=adapter3,
        ),
        method=method, seed=seed, controls=controls, plates=PlateRequest(plate, fill), command=command_line(),
    )  # fmt: skip
    with open_bundle(model, device=device, threads=threads) as trained:
        design_order(request, trained, output, overwrite=overwrite)
