"""The section `large` of a model configuration, for many training sequences."""

import logging

import pytest

from seqcnn.config.fit_plan import fit_plan
from seqcnn.config.model import ModelConfig
from seqcnn.config.recipes import named_config, with_training
from seqcnn.errors import ConfigError
from seqcnn.model.train import train
from seqcnn.model.training.trainer import Machine

LARGE = {"rows": 40, "args": {"hidden": 8}, "training": {"lr": 0.001, "batch_size": 8}}


def config(**values):
    base = {"encoder": "cnn", "args": {"filters": [4, 4], "hidden": 4}, "training": {"epochs": 1}}
    return ModelConfig.model_validate(base | {"large": LARGE} | values)


@pytest.mark.parametrize(("rows", "hidden", "lr"), [(39, 4, 0.003), (40, 8, 0.001)])
def test_it_applies_from_its_number_of_sequences_on(rows, hidden, lr):
    sized = config().sized(rows)
    assert (sized.args, sized.training.lr, sized.training.epochs) == (
        {"filters": [4, 4], "hidden": hidden},
        lr,
        1,
    )
    assert sized.large is None
    assert sized.sized(10**9) == sized


def test_a_network_that_starts_from_a_bundle_keeps_its_arguments():
    assert config(pretrained={"model": "m.safetensors"}).sized(10**6).args["hidden"] == 4


def test_fields_of_the_training_that_are_given_apply_to_all_numbers_of_sequences():
    assert with_training(config(), lr=0.5).sized(10**6).training.lr == 0.5
    plan = fit_plan(configs=[("mine", config())], training={"batch_size": 16})
    sized = plan.networks["mine"].sized(10**6).training
    assert (sized.batch_size, sized.lr) == (16, 0.001)


@pytest.mark.parametrize(
    ("large", "message"),
    [
        ({"rows": 0}, "large.rows: '0' found; Input should be greater than or equal to 1"),
        (
            {"rows": 9, "training": {"lr": -1}},
            "large.training: lr: '-1' found; Input should be greater than 0",
        ),
        ({"rows": 9, "training": {"speed": 1}}, "large.training: unknown key 'speed'"),
        ({"rows": 9, "args": {"hiden": 9}}, "large.args: unknown key 'hiden'.*'hidden'"),
    ],
)
def test_faults_in_it_are_those_of_the_configuration(tmp_path, large, message):
    path = tmp_path / "m.yaml"
    path.write_text(f"encoder: cnn\nlarge: {large}\n")
    with pytest.raises(ConfigError, match=message):
        named_config(str(path))


def test_a_baseline_has_none(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("baseline: ridge\nlarge: {rows: 9}\n")
    with pytest.raises(ConfigError, match="a baseline is the same for all numbers of sequences"):
        named_config(str(path))


def test_a_training_logs_it_and_records_the_network_that_it_trained(dataset, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    rows = len(dataset.part("train"))
    large = LARGE | {"rows": rows}
    model = train(dataset, config(large=large), tmp_path / "m.safetensors", machine=Machine("cpu", threads=1))
    assert (model.header.args["hidden"], model.header.training["lr"]) == (8, 0.001)
    assert f"{rows} training sequences, at least {rows}: hidden 8, lr 0.001, batch_size 8" in caplog.messages


def test_the_default_network_is_larger_for_large_libraries():
    default = named_config("cnn")
    assert default.sized(19_999).args["filters"] == [64, 64]
    assert default.sized(20_000).args["filters"] == [128, 128]
