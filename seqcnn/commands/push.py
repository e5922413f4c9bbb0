"""Publish a model on Hugging Face."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, option
from seqcnn.cli_support.renamed import command


@command()
@click.argument("model", type=File)
@click.argument("repository")
@option("--license", default="", help="Licence of the model, such as cc-by-4.0 or mit; required.")
@option("--title", default="", help="Title of the card.  [default: the name of the first target]")
@option("--description", default="", help="A paragraph on the model, as Markdown.")
@option("--citation", default="", help="How to cite the model, such as a DOI.")
@option("--metrics", type=File, help="Metrics with intervals.  [default: metrics.json beside the model]")
@click.option("--private", is_flag=True, help="Make a new repository private.")
def push(
    model: Path, repository: str, license: str, title: str, description: str, citation: str,
    metrics: Path | None, private: bool,
) -> None:  # fmt: skip
    """Upload a MODEL bundle, its ONNX export and its card to REPOSITORY, hf://owner/name.

    This sends the files to huggingface.co: it needs the network, an account (`hf auth login`, or $HF_TOKEN),
    and the extras `hub` and `onnx`. No other command sends anything.

    \b
    seqcnn push model.safetensors hf://lab/promoters --license cc-by-4.0
    seqcnn predict new.fa -m hf://lab/promoters -o new.tsv
    """
    from seqcnn.share.card import CardTexts
    from seqcnn.share.push import push

    texts = CardTexts(title, description, license, citation)
    click.echo(push(model, repository, texts=texts, metrics=metrics, private=private), err=True)
