"""Bundles of every kind that a page computes with, and their pages."""

import pytest
from support.predictor_page import kinds, untrained

from seqcnn.encoders import ENCODERS
from seqcnn.share.page import page


@pytest.fixture(scope="session")
def predictor(bundle, quick_export, tmp_path_factory):
    """Return a function from a kind to the paths of its bundle and its page, each made once."""
    made = {}

    def paths(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            fields = kinds(41)[kind]
            fields.setdefault("args", ENCODERS[fields["encoder"]].EXAMPLES[0])
            path = untrained(bundle, folder / "model.safetensors", **fields)
            page(path, folder / "predictor.html", title="Strength & <b>", contact="lab@example.org")
            made[kind] = path, folder / "predictor.html"
        return made[kind]

    return paths
