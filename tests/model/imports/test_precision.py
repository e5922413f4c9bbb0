import json

import h5py
import pytest

from benchmarks.validation.imports.files import small_model
from seqcnn.model.import_model import ImportRequest, import_model
from seqcnn.model.imports.keras.precision import low_precisions

POLICIES = {
    "name": "mixed_bfloat16",
    "of Keras 3": {"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}},
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_model_of_mixed_precision_is_imported_with_a_warning(policy, tmp_path, caplog):
    path = small_model(tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][0]["config"]["dtype"] = policy
        file.attrs["model_config"] = json.dumps(config)
    import_model(path, tmp_path / "m.safetensors", ImportRequest(["y"]))
    assert "m.h5: mixed_bfloat16, imported in float32; predictions may differ" in caplog.text


def test_full_precision_is_no_matter():
    assert low_precisions({"dtype": "float32", "layers": [{"dtype": None}, {"dtype": "float64"}, 3]}) == set()
