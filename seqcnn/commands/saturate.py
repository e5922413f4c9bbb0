"""Predict all single-base changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import (
    File,
    OutputFile,
    device,
    model,
    option,
    output,
    overwrite,
    target,
    threads,
)
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.shard import part_of, shard

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.io.shard.shard import Shard


@command()
@click.argument("sequences", type=File)
@sequence_options
@model()
@output
@option("--plot", type=OutputFile, help="Also draw heat maps: .pdf, or .svg or .png of one sequence.")
@target
@overwrite
@shard
@threads
@device
def saturate(
    sequences: Path, form: SequenceFormat, model: Path | None, output: Path, plot: Path | None,
    target: str | None, overwrite: bool, shard: Shard | None, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Predict all single-base changes of SEQUENCES (FASTA, table or BED).

    The effect is the prediction with the change minus that of the sequence.

    \b
    seqcnn saturate seqs.fa -m model.safetensors -o saturation.tsv --plot saturation.pdf
    """
    from seqcnn.interpret.saturate import SaturationPlan, saturate
    from seqcnn.model.open_model import open_bundle

    plan = SaturationPlan(target, part_of(shard, without=("--plot",), indexed="sequences"))
    with open_bundle(model, device=device, threads=threads) as trained:
        saturate(sequences, trained, output, form=form, plot=plot, plan=plan, overwrite=overwrite)
