"""A design request: what excludes each other, and what is said of ensembles and datasets."""

import logging

import numpy as np
import pytest
from support.networks import untrained

from seqcnn.design.design import Design, StartSequence
from seqcnn.design.ledidi import ledidi_candidates
from seqcnn.design.objective import Objective
from seqcnn.design.request import DesignRequest, _warn_of_extrapolation, design_order
from seqcnn.design.requests.constraints import ConstraintRequest
from seqcnn.design.requests.objective import ObjectiveRequest, objective_of
from seqcnn.design.requests.order import OrderRequest
from seqcnn.design.requests.starts import StartRequest
from seqcnn.errors import UsageError


@pytest.fixture(scope="module")
def ensemble():
    """Two untrained members of two targets, a and b."""
    return untrained(filters=(4, 4), hidden=4, members=2)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (
            {"minimize": ("",), "value": 2.0},
            r"--minimize and --to \(a prediction to reach\): give one of them",
        ),
        ({"difference": "a,b", "target": "a"}, "--difference and --target: give one of them"),
        ({"difference": "a"}, "difference 'a': expected two targets, such as a,b"),
    ],
)
def test_goals_that_exclude_each_other_are_refused(objective, message, ensemble):
    with pytest.raises(UsageError, match=message):
        objective_of(ensemble, ObjectiveRequest(**objective))


@pytest.mark.parametrize("risk_aversion", [0.0, 1.0])
def test_designs_of_an_ensemble_are_said_to_underestimate_errors(risk_aversion, ensemble, tmp_path, caplog):
    caplog.set_level(logging.INFO, "seqcnn")
    request = DesignRequest(
        start=StartRequest(random=2, length=30),
        objective=ObjectiveRequest(difference="a, b", risk_aversion=risk_aversion, allow_ood=True),
        order=OrderRequest(constraints=ConstraintRequest(max_edits=1)),
        method="greedy",
    )
    designs = design_order(request, ensemble, tmp_path / "out")
    assert len(designs) == 2
    assert "single model" not in caplog.text
    message = "the search minimized the ensemble SD: it underestimates the errors of designs"
    assert (message in caplog.text) == bool(risk_aversion)


def test_a_difference_of_targets_has_no_measured_range(ensemble, dataset, caplog):
    designs = [Design(StartSequence("s", np.zeros(30, np.uint8)), np.zeros(30, np.uint8), 0.0)]
    _warn_of_extrapolation(ensemble, designs, Objective(minus=1), dataset)
    assert caplog.text == ""


def test_ledidi_refuses_other_encoders_than_the_cnn():
    model = untrained("mlp", hidden=(3,))
    with pytest.raises(UsageError, match="ledidi: needs the encoder cnn; found mlp; use --method evolve"):
        ledidi_candidates(model, Objective(), None, np.random.default_rng(1))
