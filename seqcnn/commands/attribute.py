"""Attribute predictions to bases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import (
    File,
    Finite,
    Whole,
    device,
    genome,
    model_file,
    option,
    output,
    target_name,
    threads,
)


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
@option("--max-sequences", default=1000, type=Whole(1), help="Used, from the first; of a dataset at random.")
@option("--part", type=click.Choice(["train", "val", "test"]), help="Rows of a dataset.  [default: all]")
@option("--seed", default=1, type=Whole(0), help="Of everything drawn at random.")
@option("--seqlets", type=File, help="Also write the stretches that matter, as BED.")
@option("--fdr", default=0.05, type=Finite(0, 1, min_open=True), help="Part of seqlets that may be false.")
@option("--pictures", type=File, help="Folder that receives logos and a summary (SVG).")
@option("--page", type=File, help="One HTML page with a summary and the logos of the first 100.")
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
    page: Path | None,
    **how: Any,
) -> None:
    """Tell which bases of SEQUENCES (dataset, FASTA, table, BED) the predictions rest on.

    \b
    seqcnn attribute new.fa -m model.safetensors -o attributions.h5
    seqcnn attribute dataset.h5 --part test -m model.safetensors -o attributions.h5
    seqcnn attribute new.fa -m model.safetensors -o attributions.h5 --seqlets seqlets.bed --page logos.html
    """
    from seqcnn.interpret.attribute import attribute_file
    from seqcnn.interpret.attribution.logos import write_logos
    from seqcnn.interpret.attribution.page import write_page
    from seqcnn.interpret.seqlets import seqlets_file
    from seqcnn.io.atomic import refuse_file, refuse_output

    for path in filter(None, (seqlets, page)):
        refuse_output(path, sequences, model)
    if pictures is not None:
        refuse_file(pictures)
    found = attribute_file(sequences, model, output, **how)
    if seqlets is not None:
        seqlets_file(output, seqlets, fdr=fdr)
    if pictures is not None:
        write_logos(found, pictures)
    if page is not None:
        write_page(found, page)
