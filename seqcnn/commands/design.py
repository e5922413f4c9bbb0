"""Design sequences with a wanted prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import (
    File,
    Finite,
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
@model_file
@output
@option("--seeds", type=File, help="Sequences to start from (dataset, FASTA or table); the best are taken.")
@option("--random", "drawn", type=Whole(1), help="Start from so many random sequences instead.")
@option("-n", "--number", default=10, type=Whole(1), help="Seeds that are taken of --seeds.")
@option("--length", type=Whole(1), help="Of random sequences, bp.  [default: the longest trained on]")
@click.option("--maximize", "goal", flag_value="maximize", help="Highest prediction.  [default]")
@click.option("--minimize", "goal", flag_value="minimize", help="Lowest prediction.")
@option("--to", "value", type=Finite(), help="A prediction of this value, in the units of the target.")
@target_name
@option("--difference", help="Design the difference of two targets, `a,b` for a minus b.")
@option("--method", default="evolve", type=click.Choice(["evolve", "greedy", "ledidi"]), help="Search.")
@option("--fix", default="", help="Stretches that stay as in the seed, such as 1-20,151-170.")
@option("--gc", help="Lowest and highest GC fraction, such as 0.35-0.6.")
@option("--homopolymer", type=Whole(1), help="Longest run of one base, bp.")
@option("--forbid", multiple=True, help="Restriction enzyme (BsaI) or sequence; repeatable.")
@option("--max-edits", type=Whole(1), help="Most edits of a seed.")
@option("--min-distance", default=1, type=Whole(1), help="Fewest edits between two designs.")
@option("--flank5", help="Construct bases before the design.  [default: the model's]")
@option("--flank3", help="Construct bases after the design.  [default: the model's]")
@click.option("--with-flanks", is_flag=True, help="Order the flanks too.")
@option("--caution", default=1.0, type=Finite(0), help="SDs of an ensemble taken off the score.")
@click.option("--allow-unlike", is_flag=True, help="Also design sequences unlike those of the training.")
@random_seed
@threads
@device
def design(model: Path, output: Path, **options: Any) -> None:
    """Design sequences with a wanted prediction that a bench can order.

    \b
    seqcnn design -m ensemble.safetensors --seeds library.fa --maximize --forbid BsaI -o designs/
    seqcnn design -m ensemble.safetensors --random 20 --to 2.5 --gc 0.4-0.6 -o designs/
    """
    from seqcnn.cli_support.design import design

    design(model, output, options)
