"""Attribute predictions to bases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import (
    File,
    OutputFile,
    OutputFolder,
    Whole,
    device,
    fdr,
    model,
    option,
    output,
    overwrite,
    seed,
    seqlet_null,
    target,
    threads,
)  # fmt: skip
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.shard import part_of, shard

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.interpret.attribution.attribution import Method
    from seqcnn.interpret.seqlet.null import Null
    from seqcnn.io.shard.shard import Shard


@command()
@click.argument("sequences", type=File)
@model()
@output
@option(
    "--method", default="ism", type=click.Choice(["ism", "integrated-gradients", "deepshap"]),
    help="ism: in-silico mutagenesis, the prediction minus the mean of those with the three other bases at a "
    "position.  deepshap: DeepLIFT relative to shuffled sequences; attributions sum to the difference of the "
    "predictions.  integrated-gradients: the same by gradients, for cnn and mlp models.",
)  # fmt: skip
@target
@option(
    "--max-sequences", default=1000, type=Whole(1),
    help="Maximum number of sequences: the first of a file, sampled from a dataset.",
)  # fmt: skip
@option(
    "--split-part", type=click.Choice(["train", "val", "test"]), help="Rows of a dataset.  [default: all]"
)
@seed
@option("--seqlets", type=OutputFile, help="Also write seqlets (BED).")
@fdr
@seqlet_null
@option("--logo-dir", type=OutputFolder, help="Folder for sequence logos and a summary (SVG).")
@option("--html", type=OutputFile, help="HTML page with a summary and the logos of the first 100 sequences.")
@overwrite
@sequence_options
@shard
@threads
@device
def attribute(
    sequences: Path, model: Path | None, output: Path, method: Method, target: str | None,
    max_sequences: int, split_part: str | None, seed: int, seqlets: Path | None, fdr: float, null: Null,
    logo_dir: Path | None, html: Path | None, overwrite: bool, form: SequenceFormat,
    shard: Shard | None, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Attribute the predictions of SEQUENCES (dataset, FASTA, table, BED) to bases.

    \b
    seqcnn attribute new.fa -m model.safetensors -o attributions.h5
    seqcnn attribute dataset.h5 --split-part test -m model.safetensors -o attributions.h5
    seqcnn attribute new.fa -m model.safetensors -o attributions.h5 --seqlets seqlets.bed --html logos.html
    """
    from seqcnn.interpret.attribute import AttributionOutputs, AttributionPlan, attribute_file
    from seqcnn.model.open_model import open_bundle

    part = part_of(shard, without=("--seqlets", "--logo-dir", "--html"), indexed="sequences")
    plan = AttributionPlan(method, target, max_sequences, split_part, seed, part)
    also = AttributionOutputs(seqlets, fdr, null, logo_dir, html)
    with open_bundle(model, device=device, threads=threads) as trained:
        attribute_file(sequences, trained, output, plan=plan, form=form, also=also, overwrite=overwrite)
