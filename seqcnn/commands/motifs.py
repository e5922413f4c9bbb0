"""Commands that ask a trained model about biology."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.options import File, Finite, Whole, device, option, output, threads

model_file = option("-m", "--model", "model", type=File, required=True, help="Model bundle.")
target_name = option("--target", help="Target that is asked about.  [default: the first one]")
drawn = option("-n", "--number", default=2000, type=Whole(1), help="Sequences drawn at random.")
seed_of_chance = option("--seed", default=1, type=Whole(0), help="Of everything drawn at random.")


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
@seed_of_chance
@threads
@device
@output
def motifs(sequences: Path | None, model: Path, attributions: Path | None, **options: Any) -> None:
    """Find the motifs that a model has learned from SEQUENCES (dataset, FASTA or table).

    \b
    seqcnn motifs dataset.h5 -m model.safetensors --database jaspar.meme -o motifs/
    seqcnn motifs --attributions attributions.h5 -m model.safetensors -o motifs/
    """
    from seqcnn.commands.probing import find_motifs

    find_motifs(sequences, model, attributions, **options)


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
@seed_of_chance
@threads
@device
def design(model: Path, output: Path, **options: Any) -> None:
    """Design sequences with a wanted prediction that a bench can order.

    \b
    seqcnn design -m ensemble.safetensors --seeds library.fa --maximize --forbid BsaI -o designs/
    seqcnn design -m ensemble.safetensors --random 20 --to 2.5 --gc 0.4-0.6 -o designs/
    """
    from seqcnn.commands.designs import design

    design(model, output, options)


@click.command()
@click.argument("sequences", type=File)
@model_file
@option("--motif", "motifs", multiple=True, required=True, help="IUPAC letters; twice for a pair.")
@target_name
@option("-n", "--number", default=100, type=Whole(1), help="Backgrounds drawn from SEQUENCES.")
@option("--widest", default=20, type=Whole(0), help="Widest gap of a pair, bp.")
@option("--places", default=40, type=Whole(1), help="Positions of the scan.")
@seed_of_chance
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
    from seqcnn.model.device import set_threads
    from seqcnn.model.predict import load_model
    from seqcnn.probe.marginal import backgrounds
    from seqcnn.probe.marginal_page import marginalize
    from seqcnn.probe.sample import read_sample
    from seqcnn.probe.target import chosen_target

    set_threads(threads)
    trained = load_model(model, device)
    sample = read_sample(sequences, trained, number=number, seed=seed)
    experiment = backgrounds(trained, sample, target=chosen_target(trained, target), seed=seed)
    marginalize(experiment, motifs, output, **scan)
