import pytest

from seqcnn.cli_support.fit import FitOptions, plan_of
from seqcnn.config.recipes import named_config
from seqcnn.errors import UsageError


def test_lists_are_separated_by_commas():
    plan = plan_of(FitOptions(configs="cnn, rnn,ridge", seeds="4, 5", preset="fast", loss="huber", epochs=2))
    assert (list(plan.networks), plan.seeds) == (["cnn", "rnn"], (4, 5))
    assert {(c.training.epochs, c.training.loss) for c in plan.networks.values()} == {(2, "huber")}


def test_the_strand_is_that_of_all_networks():
    plan = plan_of(FitOptions(configs="cnn,rnn", strand="double"))
    assert [config.training.strand for config in plan.networks.values()] == ["double", "double"]
    assert named_config("cnn", strand="double").training.strand == "double"
    assert named_config("cnn").training.strand == "single"


def test_one_seed_is_one_network_of_any_preset():
    plan = plan_of(FitOptions(seed=0))
    assert plan.members[:2] == ["cnn/seed0", "mean/fit"]
    assert "boosting/fit" in plan.members


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1, "seeds": "1,2"}, "--seed and --seeds: expected one of them"),
        ({"seeds": "1,x"}, "--seeds: 'x' found; expected whole numbers"),
        ({"seeds": "1,-2"}, "--seeds: '-2' found"),
        ({"seeds": "2147483648"}, "--seeds: '2147483648' found"),
        (
            {"seeds": "9" * 5000},
            r"--seeds: '9+'\.\.\. \(5000 characters\) found; expected whole numbers below",
        ),
        ({"seeds": ",".join(map(str, range(101)))}, "seeds: 101 found; an ensemble has at most 100"),
        ({"seeds": ""}, "--seeds: '' found"),
        ({"configs": "cnn,,rnn"}, "--configs 'cnn,,rnn': an empty name"),
    ],
)
def test_lists_that_cannot_be_meant_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        plan_of(FitOptions(**options))
