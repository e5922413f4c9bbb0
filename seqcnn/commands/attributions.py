"""Commands that ask a trained model about biology."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.options import File, Finite, Whole, device, genome, option, output, threads

model_file = option("-m", "--model", "model", type=File, required=True, help="Model bundle.")
target_name = option("--target", help="Target that is asked about.  [default: the first one]")


@click.command()
@click.argument("sequences", type=File)
@model_file
@output
@option(
    "--method",
    default="ism",
    type=click.Choice(["ism", "integrated-gradients", "deepshap"]),
    help="In-silico mutagenesis, or, for cnn and mlp models, by gradients.",
)
@target_name
@option("--max-sequences", default=1000, type=Whole(1), help="Records used, from the first.")
@option("--seed", default=1, type=Whole(0), help="Of the shuffled sequences.")
@option("--seqlets", type=File, help="Also write the stretches that matter, as BED.")
@option(
    "--fdr",
    default=0.05,
    type=Finite(0, 1, min_open=True),
    help="Part of seqlets that may be false.",
)
@option("--pictures", type=File, help="Folder that receives logos and a summary (SVG).")
@genome
@threads
@device
def attribute(
    sequences: Path,
    model: Path,
    output: Path,
    seqlets: Path | None,
    fdr: float,
    pictures: Path | None,
    **how: Any,
) -> None:
    """Tell which bases of SEQUENCES (FASTA, table, BED) the predictions rest on.

    \b
    seqcnn attribute new.fa -m model.safetensors -o attributions.h5
    seqcnn attribute new.fa -m model.safetensors -o attributions.h5 --seqlets seqlets.bed --pictures logos/
    """
    from seqcnn.data.output import refuse_output
    from seqcnn.probe.attribute import attribute_file
    from seqcnn.probe.logos import draw_folder, refuse_folder
    from seqcnn.probe.seqlets import seqlets_file

    if seqlets is not None:
        refuse_output(seqlets, sequences, model)
    if pictures is not None:
        refuse_folder(pictures)
    found = attribute_file(sequences, model, output, **how)
    if seqlets is not None:
        seqlets_file(output, seqlets, fdr=fdr)
    if pictures is not None:
        draw_folder(found, pictures)


@click.command(name="seqlets")
@click.argument("attributions", type=File)
@output
@option("--fdr", default=0.05, type=Finite(0, 1, min_open=True), help="Part that may be false.")
def seqlets_(attributions: Path, output: Path, fdr: float) -> None:
    """Find the stretches of bases that matter in ATTRIBUTIONS, as BED.

    \b
    seqcnn seqlets attributions.h5 -o seqlets.bed --fdr 0.05
    """
    from seqcnn.probe.seqlets import seqlets_file

    seqlets_file(attributions, output, fdr=fdr)
