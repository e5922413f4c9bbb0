"""Predict sequences with a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqcnn.cli_support.data import sequence_options
from seqcnn.cli_support.options import (
    File,
    Finite,
    Output,
    device,
    engine,
    features,
    model,
    option,
    overwrite,
    threads,
)
from seqcnn.cli_support.renamed import command
from seqcnn.cli_support.shard import part_of, shard
from seqcnn.errors import UsageError

if TYPE_CHECKING:
    from seqcnn.data.readers.file_kind import SequenceFormat
    from seqcnn.io.shard.shard import Shard


@command()
@click.argument("sequences", type=File)
@model(multiple=True)
@option(
    "-o",
    "--output",
    type=Output(stdout=True, formats=(".csv", ".xlsx", ".parquet", ".gz")),
    help="Output table: TSV, or .csv, .xlsx, .parquet, .tsv.gz, .csv.gz; - is standard output.  "
    "[default: standard output]",
)
@option(
    "--interval", type=Finite(0, 1, min_open=True, max_open=True),
    help="Also write prediction intervals of this level, such as 0.9.",
)  # fmt: skip
@option(
    "--interval-by",
    type=click.Choice(["all", "level"]),
    default="all",
    help="Calibrate intervals on all held-out rows together, or by predicted level (Mondrian).",
)
@engine
@click.option("--spreadsheet-safe", "safe", is_flag=True, help="Prefix ids that look like formulas with '.")
@overwrite
@features
@sequence_options
@shard
@threads
@device
def predict(
    sequences: Path, models: tuple[Path, ...], output: Path | None, interval: float | None,
    interval_by: str, engine: str | None, safe: bool, overwrite: bool, features: Path | None,
    form: SequenceFormat, shard: Shard | None, threads: int | None, device: str,
) -> None:  # fmt: skip
    """Predict SEQUENCES (FASTA, table, BED, a dataset, or - for standard input).

    \b
    seqcnn predict new.fa -m model.safetensors -o new.tsv
    seqcnn predict new.fa -m model.safetensors --interval 0.9 --interval-by level
    seqcnn predict new.fa -m features/model.safetensors --features embeddings.npz -o new.tsv
    zcat new.fa.gz | seqcnn predict - -m seed1.safetensors -m seed2.safetensors | head

    The table is tab-separated, or in the format of the suffix: .csv, .xlsx (a workbook), or .parquet (extra
    `parquet`). Also takes the .onnx file of `seqcnn export` as a model.
    """
    from dataclasses import replace

    from seqcnn.io.stream import STDIN
    from seqcnn.model.predict import Runtime, TableOptions, predict_file

    if shard and engine == "auto":
        raise UsageError(
            "--engine auto: with --shard name one engine, so that all parts have the same digits"
        )
    output, form = None if output == STDIN else output, replace(form, features=features)
    options = TableOptions(interval, interval_by == "level", safe, part_of(shard, indexed="sequences"))
    runtime = Runtime(engine, device, threads)
    predict_file(sequences, models, output, options=options, form=form, runtime=runtime, overwrite=overwrite)
