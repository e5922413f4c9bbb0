"""Write a model card."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import File, Model, option, output, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("model", type=Model)
@output
@option("--title", default="", help="Title of the card.  [default: the name of the first target]")
@option("--description", default="", help="A paragraph on the model, as Markdown.")
@option("--license", default="", help="Licence of the model, such as cc-by-4.0 or mit.")
@option("--citation", default="", help="How to cite the model, such as a DOI.")
@option("--metrics", type=File, help="Metrics with intervals.  [default: metrics.json beside the model]")
@overwrite
def card(
    model: Path, output: Path, title: str, description: str, license: str, citation: str,
    metrics: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Write a card of a MODEL bundle: Markdown for a repository or Hugging Face.

    It tells what the model predicts and from what, its data and split, test scores with intervals and noise
    ceiling, scores by leakage, calibration, limits, and how to use it.

    \b
    seqcnn card model.safetensors -o README.md --license cc-by-4.0 --citation "doi:10.5281/zenodo.1"
    """
    from seqcnn.share.card import CardTexts, card

    texts = CardTexts(title, description, license, citation)
    card(model, output, texts=texts, metrics=metrics, overwrite=overwrite)
