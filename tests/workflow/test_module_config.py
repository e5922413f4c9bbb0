"""The configuration that another workflow gives to the pipeline as its module."""

import pytest

from seqcnn.config.pipeline import load_pipeline
from seqcnn.errors import ConfigError
from seqcnn.workflow.module_config import FOLDER, written_config

VALUES = {"name": "x", "sequences": "a.tsv", "data": {"targets": ["y"], "split": {"val_fraction": 1e-05}}}


def test_a_mapping_is_written_as_the_configuration_that_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / written_config(VALUES)
    assert path == tmp_path / FOLDER / "x.yaml"
    config = load_pipeline(path)
    assert (str(config.targets), config.data.targets, config.data.split.val_fraction) == (
        "a.tsv",
        ("y",),
        1e-05,
    )


def test_a_file_is_written_again_only_if_the_configuration_has_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = (tmp_path / written_config(VALUES)).stat()
    assert (tmp_path / written_config(VALUES)).stat() == first
    written_config(VALUES | {"seeds": [1, 2]})
    assert load_pipeline(tmp_path / FOLDER / "x.yaml").seeds == (1, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "../x"}, "name"),
        ({"sede": [1]}, "unknown key 'sede'"),
        ({"seeds": {1, 2}}, "expected numbers"),
    ],
)
def test_an_invalid_configuration_is_refused_and_nothing_is_written(changes, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"^config of the module seqcnn: .*{message}"):
        written_config(VALUES | changes)
    assert list(tmp_path.iterdir()) == []
