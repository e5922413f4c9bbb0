"""Bundles of every kind that a page computes with, and their pages."""

import pytest
from support.predictor_page import kinds, untrained

from benchmarks.validation.imports.files import small_model
from seqcnn.encoders import ENCODERS
from seqcnn.model.import_model import ImportRequest, import_model
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


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """Return the bundle of a small model of Keras, which was not trained here."""
    folder = tmp_path_factory.mktemp("imported")
    keras = small_model(folder / "keras.h5")
    import_model(keras, folder / "model.safetensors", ImportRequest(["y"]))
    return folder / "model.safetensors"
