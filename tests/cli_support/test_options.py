"""Options that several commands share are the same in all of them."""

import pytest

from seqcnn.cli import app
from seqcnn.cli_support.options import BEST_MODEL

SHARED = ["--seed", "--threads", "--device", "--genome", "--epochs", "--window-bp", "--fdr", "--overwrite"]
SHARED += ["--chromosome-prefix", "--sheet", "--sequence-column", "--id", "--encoding"]


OWN = {("fit", "--seed")}
"""Commands with an option of their own: without `--seed`, the preset of `fit` has several seeds."""


def options(flag):
    commands = [command for name, command in app.commands.items() if (name, flag) not in OWN]
    found = [p for command in commands for p in command.params if flag in p.opts]
    return [(p.opts, p.default, p.help, repr(p.type)) for p in found]


@pytest.mark.parametrize("flag", SHARED)
def test_a_shared_option_has_one_definition(flag):
    first, *others = options(flag)
    assert others
    assert all(other == first for other in others)


def test_the_seed_is_the_random_seed():
    assert {help for _, _, help, _ in options("--seed")} == {"Random seed."}


def test_model_is_a_bundle_with_one_default():
    for command in app.commands.values():
        for parameter in command.params:
            if "--model" in parameter.opts:
                assert parameter.opts == ["-m", "--model"]
                assert parameter.help.startswith("Model bundle")
                assert parameter.required == (command.name == "ensemble")
                assert parameter.required or parameter.help.endswith(BEST_MODEL)
