"""The target of a command, and the caution on its score."""

import pytest
from support.networks import untrained

from seqcnn.design.requests.objective import ObjectiveRequest, objective_of
from seqcnn.errors import UsageError
from seqcnn.model.inference.target import chosen_target

WEAK = "the model hardly predicts its own validation rows (Pearson r 0.05)"


@pytest.fixture(scope="module")
def model():
    """A network of two targets: a is predicted, b is not."""
    network = untrained(filters=(4, 4), hidden=4)
    metrics = {"val": {"a": {"pearson": 0.7}, "b": {"pearson": 0.05}}}
    network.header = network.header.model_copy(update={"metrics": metrics})
    return network


@pytest.mark.parametrize(("name", "warned"), [("a", False), (None, False), ("b", True)])
def test_a_target_that_is_hardly_predicted_is_warned_of(name, warned, model, caplog):
    assert chosen_target(model, name) == (name == "b")
    assert (f"target 'b': {WEAK}" in caplog.text) == warned


@pytest.mark.parametrize(
    ("request_", "warned"),
    [
        ({"maximize": ("a",)}, False),
        ({"minimize": ("b",)}, True),
        ({"maximize": ("a",), "minimize": ("b",)}, True),
    ],
)
def test_each_goal_of_a_design_is_warned_of_if_it_is_hardly_predicted(request_, warned, model, caplog):
    objective_of(model, ObjectiveRequest(**request_))
    assert caplog.text.count(WEAK) == warned


def test_an_unknown_target_is_refused_with_those_of_the_model(model):
    with pytest.raises(UsageError, match="no target 'c' in the model; known: 'a, b'"):
        chosen_target(model, "c")
