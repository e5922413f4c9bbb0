"""The search space that is derived from the schema of an encoder."""

from random import Random

import pytest
import torch

from seqcnn.config.arguments import resolved_args
from seqcnn.config.model import ModelConfig
from seqcnn.config.recipes import network_configs
from seqcnn.encoders import ENCODERS
from seqcnn.errors import ConfigError
from seqcnn.model.tuning.space import SCALES, Interval, Options, changed, search_space

STARTS = network_configs()


def small(encoder):
    return ModelConfig(encoder=encoder, args=dict(ENCODERS[encoder].EXAMPLES[0]))


@pytest.mark.parametrize("name", STARTS)
def test_the_start_of_every_parameter_is_the_configuration_itself(name):
    config = STARTS[name]
    same = changed(config, {key: parameter.start for key, parameter in search_space(config).items()})
    assert same.training == config.training
    assert same.args == resolved_args(config.encoder, config.args)


@pytest.mark.parametrize("name", ENCODERS)
def test_every_argument_of_an_encoder_varies(name):
    space = search_space(small(name))
    assert {key for key in space if key.startswith("args.")} == {
        f"args.{key}" for key in resolved_args(name, small(name).args)
    }


@pytest.mark.parametrize("name", ENCODERS)
def test_random_configurations_of_an_encoder_can_be_built_or_are_refused(name):
    config, random, built = small(name), Random(1), 0
    space = search_space(config)
    for _ in range(8):
        new = changed(config, {key: parameter.redraw(random) for key, parameter in space.items()})
        try:
            network = ENCODERS[name](50, **new.args)
        except ConfigError:
            continue
        assert network.eval()(torch.zeros(2, 4, 50)).shape == (2, network.out_features)
        built += 1
    assert built >= 2


def test_sizes_are_halved_or_doubled_and_odd_ones_stay_odd():
    config = ModelConfig(encoder="cnn", args={"filters": [6, 1], "kernel_sizes": [11, 9]})
    sizes = [
        changed(config, {"args.filters": scale, "args.kernel_sizes": scale, "training.epochs": scale})
        for scale in SCALES
    ]
    assert [(c.args["filters"], c.args["kernel_sizes"], c.training.epochs) for c in sizes] == [
        ([3, 1], [7, 5], 10),
        ([6, 1], [11, 9], 20),
        ([12, 3], [23, 19], 40),
    ]


def test_switches_choices_and_rates_take_their_values():
    space = search_space(ModelConfig(encoder="cnn", args={"dropout": 0.7}))
    assert space["args.batch_norm"] == Options((False, True), True)
    assert space["args.pooling"] == Options(("max", "mean"), "mean")
    assert space["args.dropout"] == Interval(0.0, 0.7, 0.7)
    assert space["training.lr"] == Interval(7.5e-4, pytest.approx(9e-3), 3e-3, log=True)
    assert changed(ModelConfig(encoder="cnn"), {"args.batch_norm": False}).args["batch_norm"] is False
