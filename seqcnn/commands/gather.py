"""Join the parts of a result that was computed in shards."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, Output, option, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("parts", type=File, nargs=-1, required=True)
@option(
    "-o", "--output", required=True, help="Output file; for parts of `scan` a folder.",
    type=Output(folder=True, formats=(".csv", ".xlsx", ".parquet", ".gz", ".bgz")),
)  # fmt: skip
@overwrite
def gather(parts: tuple[Path, ...], output: Path, overwrite: bool) -> None:
    """Join the PARTS of a result: outputs of one command, once with each `--shard I/N`.

    \b
    seqcnn predict large.fa -m model.safetensors --shard 1/2 -o part1.tsv
    seqcnn predict large.fa -m model.safetensors --shard 2/2 -o part2.tsv
    seqcnn gather part1.tsv part2.tsv -o predictions.tsv

    The result has the bytes of a run without --shard.  Parts of predict, variants, saturate, dependencies,
    attribute and scan are joined.  Parts of other inputs, models or options, and missing or repeated ones,
    are refused.
    Predictions are also written as .csv, .tsv.gz, .csv.gz, .xlsx or .parquet, by the suffix of the output.
    """
    from seqcnn.gather.gather import gather

    gather(parts, output, overwrite=overwrite)
