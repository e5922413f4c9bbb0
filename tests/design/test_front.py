"""Several goals: the Pareto set, its figure, and diversity by clusters of similar sequences."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import untrained

from seqcnn.cli import main
from seqcnn.design import evolution
from seqcnn.design.constraints import Constraints
from seqcnn.design.design import design, random_starts
from seqcnn.design.diversity import Accepted, similarity_clusters
from seqcnn.design.front import design_front
from seqcnn.design.objective import Goals, Objective, Scored
from seqcnn.design.pareto import crowding, dominated, front_ranks, pareto_order, spread_order
from seqcnn.design.requests.objective import ObjectiveRequest, objective_of
from seqcnn.errors import UsageError

GOALS = Goals((Objective(allow_ood=True), Objective("minimize", target=1, allow_ood=True)))


@pytest.fixture(scope="module")
def model():
    """An untrained network of two targets, a and b."""
    return untrained(filters=(4, 4), hidden=4)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(evolution, "POPULATION", 20)
    monkeypatch.setattr(evolution, "GENERATIONS", 4)


def test_fronts_of_a_set_are_those_counted_by_hand():
    scores = np.array([[3, 1], [1, 3], [2, 2], [1, 1], [2, 1], [0, 0]], float)
    assert dominated(scores).tolist() == [False, False, False, True, True, True]
    assert front_ranks(scores).tolist() == [0, 0, 0, 2, 1, 3]
    assert pareto_order(scores).tolist() == [0, 1, 2, 4, 3, 5]


def test_equal_rows_do_not_dominate_one_another():
    assert dominated(np.ones((3, 2))).tolist() == [False] * 3
    assert dominated(np.empty((0, 2))).tolist() == []


def test_rows_in_wide_gaps_are_the_least_crowded():
    scores = np.array([[0, 10], [1, 9], [9, 1], [10, 0]], float)
    assert crowding(scores).tolist() == [np.inf, 1.8, 1.8, np.inf]
    assert crowding(np.array([[0, 10], [1, 9], [4, 6], [10, 0]], float))[1:3].tolist() == [0.8, 1.8]


def test_designs_are_spread_from_the_best_in_each_goal_to_the_widest_gaps():
    scores = np.array([[0, 10], [1, 9], [2, 8], [5, 5], [8.8, 1.2], [10, 0]], float)
    assert spread_order(scores).tolist() == [5, 0, 3, 2, 4, 1]
    assert spread_order(np.ones((3, 2))).tolist() == [0, 1, 2]


@given(st.integers(0, 1000))
def test_no_row_of_a_front_dominates_another_one_of_it(seed):
    scores = np.random.default_rng(seed).integers(0, 6, (30, 3)).astype(float)
    ranks = front_ranks(scores)
    assert (ranks[~dominated(scores)] == 0).all()
    for rank in np.unique(ranks):
        assert not dominated(scores[ranks == rank]).any()


def test_candidates_that_violate_a_constraint_come_last():
    scored = Scored(
        np.zeros((4, 2), np.uint8), np.array([1.0, 0, 3, 0]), np.array([[9.0, 9], [1, 1], [9, 9], [2, 2]])
    )
    assert scored.order().tolist() == [3, 1, 0, 2]


def test_no_design_for_several_goals_dominates_another_one(model, quick):
    starts = random_starts(4, 30, Constraints(), seed=1)
    designs, candidates = design_front(model, starts, GOALS, Constraints(gc=(0.3, 0.7), max_edits=8))
    scores = GOALS.score(_members(model, designs))
    assert 1 <= len(designs) <= 4
    assert not dominated(scores).any()
    of_candidates = np.array([candidate.scores for candidate in candidates])
    for row in scores:
        assert not ((of_candidates >= row).all(1) & (of_candidates > row + 1e-6).any(1)).any()
    assert (np.diff(scores[:, 0]) <= 0).all()
    for one in designs:
        assert len(one.edits) <= 8
        assert 0.3 <= np.isin(one.codes, (1, 2)).mean() <= 0.7


def test_a_front_reaches_as_far_as_designs_for_one_goal(model, quick):
    starts = random_starts(2, 30, Constraints(), seed=2)
    designs, _ = design_front(model, starts, GOALS, Constraints())
    scores = GOALS.score(_members(model, designs))
    of_starts = GOALS.score(_members(model, starts))
    assert (scores.max(0) > of_starts.max(0)).all()


def _members(model, sequences):
    from seqcnn.design.objective import rows_of

    codes = np.array([sequence.codes for sequence in sequences])
    return model.predict_members(rows_of(model, codes), flag_ood=False).members


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"maximize": ("a",), "minimize": ("",)},
            "--maximize a, --minimize: several goals",
        ),
        ({"maximize": ("a", "a")}, "--maximize a, --maximize a: several goals need a target each"),
        ({"maximize": ("a",), "minimize": ("c",)}, "no target 'c' in the model; known: 'a, b'"),
        ({"maximize": ("a", "b"), "target": "a"}, "leave out --target and --difference"),
        ({"maximize": ("a", "b"), "value": 1.0}, r"--maximize and --to \(a prediction to reach\)"),
        ({"maximize": ("a",), "target": "b"}, "--maximize 'a' and --target: give one of them"),
        ({"minimize": ("a",), "difference": "a,b"}, "--minimize 'a' and --difference: give one of them"),
    ],
)
def test_goals_that_cannot_be_meant_are_refused(request_, message, model):
    with pytest.raises(UsageError, match=message):
        objective_of(model, ObjectiveRequest(**request_))


def test_one_goal_with_a_target_is_an_objective(model):
    assert objective_of(model, ObjectiveRequest(minimize=("b",))) == Objective("minimize", target=1)
    goals = objective_of(model, ObjectiveRequest(maximize=("b",), minimize=("a",)))
    assert goals == Goals((Objective("maximize", target=1), Objective("minimize", target=0)))


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def test_the_front_is_drawn_and_its_designs_are_ordered(model, quick, tmp_path, capsys):
    model.save(tmp_path / "m.safetensors")
    command = ["design", "-m", tmp_path / "m.safetensors", "--random", 3, "--length", 30, "--allow-ood"]
    assert run(*command, "--maximize", "a", "--minimize", "b", "-o", tmp_path / "out") == 0
    svg = (tmp_path / "out/front.svg").read_text()
    assert "predicted a, maximize" in svg
    assert "predicted b, minimize" in svg
    with (tmp_path / "out/front.tsv").open(newline="") as file:
        points = list(csv.DictReader(file, delimiter="\t"))
    assert [*points[0]] == ["kind", "maximize:a", "minimize:b"]
    assert {point["kind"] for point in points} == {"start", "candidate", "design"}
    assert "maximize a\n  minimize b\n" in (tmp_path / "out/README.txt").read_text()
    with (tmp_path / "out/designs.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert all(row["predicted"] == row["a"] for row in rows)
    designed = sorted(float(point["maximize:a"]) for point in points if point["kind"] == "design")
    assert designed == pytest.approx(sorted(float(row["a"]) for row in rows), abs=1e-4)
    assert "of similar sequences" in capsys.readouterr().err
    goals = ["--maximize", "a", "--maximize", "b"]
    assert run(*command, *goals, "--method", "greedy", "-o", tmp_path / "x") == 2
    assert "--method greedy: several goals need --method evolve" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [["--minimize"], ["--minimize", "a"], ["--minimize=a"]])
def test_a_goal_takes_a_target_or_none(flags, model, quick, tmp_path):
    model.save(tmp_path / "m.safetensors")
    command = ["design", "-m", tmp_path / "m.safetensors", "--random", 1, "--length", 30, "--max-edits", 1]
    assert run(*command, "--allow-ood", *flags, "-o", tmp_path / "out") == 0
    assert "\n  minimize a\n" in (tmp_path / "out/README.txt").read_text()


def variants(n, length=120, seed=0):
    """n sequences of two families: those with an even and with an odd number differ in two bases each."""
    rng = np.random.default_rng(seed)
    parents = rng.integers(0, 4, (2, length)).astype(np.uint8)
    sequences = parents[np.arange(n) % 2].copy()
    for i, sequence in enumerate(sequences):
        sequence[[10 + i, 60 + i]] = (sequence[[10 + i, 60 + i]] + 1) % 4
    return list(sequences)


def test_similar_sequences_are_in_one_cluster():
    clusters = similarity_clusters(variants(6))
    assert len({*clusters[::2]}) == len({*clusters[1::2]}) == 1
    assert clusters[0] != clusters[1]


def test_a_cluster_takes_no_more_designs_than_allowed():
    accepted = Accepted(Constraints(max_per_cluster=2))
    assert [accepted.add_if_distinct(codes) for codes in variants(6)] == [True] * 4 + [False] * 2


def test_designs_from_similar_starts_are_limited_by_their_cluster(quick, caplog):
    model = untrained(filters=(4, 4), hidden=4, length=120)
    starts = [random_starts(1, 120, Constraints(), seed=1)[0]] * 3
    limited = Constraints(max_per_cluster=1, max_edits=2)
    assert len(design(model, starts, Objective(allow_ood=True), limited)) == 1
    assert "raise --max-per-cluster" in caplog.text
