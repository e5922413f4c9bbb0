"""Write a predictor that is one web page."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.options import Model, option, output, overwrite
from seqcnn.cli_support.renamed import command


@command()
@click.argument("model", type=Model)
@output
@option("--title", default="", help="Title of the page.  [default: the names of the targets]")
@option("--description", default="", help="A few sentences on the model, below the title.")
@option("--contact", default="", help="Whom to ask: a name, an e-mail address or an https:// address.")
@overwrite
def page(model: Path, output: Path, title: str, description: str, contact: str, overwrite: bool) -> None:
    """Write a MODEL bundle as one HTML file that predicts in a browser.

    The file opens from disk, needs nothing installed and asks the network for nothing: sequences stay where
    they are. Predictions, intervals and flags are those of `seqcnn predict`. Needs the extra `onnx`.

    \b
    seqcnn page model.safetensors -o predictor.html
    seqcnn page model.safetensors -o predictor.html --title "Promoter strength" --contact lab@example.org
    """
    from seqcnn.share.page import page

    page(model, output, title=title, description=description, contact=contact, overwrite=overwrite)
