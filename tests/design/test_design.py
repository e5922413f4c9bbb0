"""Designs satisfy every constraint, and the search reaches its objective."""

import csv
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqcnn.cli import main
from seqcnn.design import evolution as search
from seqcnn.design.constraints import Constraints, base_codes, fixed_ranges
from seqcnn.design.design import Design, StartSequence, design, random_starts
from seqcnn.design.evolution import SearchSpace
from seqcnn.design.objective import Objective, Scored
from seqcnn.design.order_sheet import _columns, align, decode, name_edits
from seqcnn.design.synthesis.sites import forbidden_sites
from seqcnn.errors import SequenceError, UsageError
from seqcnn.sequence.onehot import pack

FREE = Objective(allow_ood=True)


def codes(*sequences):
    return np.array([base_codes(pack(sequence)) for sequence in sequences])


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(search, "POPULATION", 20)
    monkeypatch.setattr(search, "GENERATIONS", 4)


def test_stretches_are_read_from_one_with_both_ends():
    assert fixed_ranges("1-3, 7") == ((0, 3), (6, 7))
    for bad in ("0-3", "5-2", "a", "3-"):
        with pytest.raises(UsageError, match="expected ranges such as"):
            fixed_ranges(bad)


def test_a_fixed_stretch_outside_the_sequence_is_refused():
    with pytest.raises(UsageError, match="fix 1-9: the sequence has 8 bp"):
        Constraints(fixed=((0, 9),)).editable(8)
    with pytest.raises(UsageError, match="all 8 bp are fixed"):
        Constraints(fixed=((0, 8),)).editable(8)


def test_an_ambiguous_seed_is_refused():
    with pytest.raises(SequenceError, match="ambiguous base at position 3"):
        base_codes(pack("ACNT"))


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 4))
def test_the_number_of_edits_and_fixed_positions_hold_at_every_moment(chance, most, fixed):
    rng = np.random.default_rng(chance)
    seed, wild = rng.integers(0, 4, 12).astype(np.uint8), rng.integers(0, 4, (5, 12)).astype(np.uint8)
    start = SearchSpace.of(seed, Constraints(fixed=((0, fixed),) if fixed else (), max_edits=most))
    kept = start.project(wild, rng)
    assert ((kept != seed).sum(1) <= most).all()
    assert (kept[:, :fixed] == seed[:fixed]).all()
    assert (kept == np.where(kept != seed, wild, seed)).all()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chance=st.integers(0, 1000),
    method=st.sampled_from(["evolve", "greedy"]),
    fixed=st.integers(0, 10),
    most=st.sampled_from([None, 3, 8]),
    distance=st.integers(1, 4),
)
def test_every_design_meets_every_demand(model, quick, chance, method, fixed, most, distance):
    constraints = Constraints(
        ((0, fixed),) if fixed else (), (0.3, 0.7), 5, forbidden_sites(["BsaI", "EcoRI"]), most, distance,
        flank5=pack("GGTC"), flank3=pack("AATTC"),
    )  # fmt: skip
    seeds = random_starts(3, 30, Constraints(), seed=chance)
    try:
        found = design(model, seeds, FREE, constraints, method=method, seed=chance)
    except UsageError:  # three edits cannot repair every seed
        return
    for one in found:
        text = "GGTC" + decode(one.codes) + "AATTC"
        assert (one.codes[:fixed] == one.start.codes[:fixed]).all()
        assert 0.3 <= sum(map(decode(one.codes).count, "GC")) / 30 <= 0.7
        assert not re.search(r"A{6}|C{6}|G{6}|T{6}|GGTCTC|GAGACC|GAATTC", text)
        assert len(one.edits) <= (most or 30)
    for i, one in enumerate(found):
        assert all((one.codes != other.codes).sum() >= distance for other in found[:i])


def test_designs_go_where_they_are_asked_to_and_are_the_same_each_time(model, quick):
    seeds = random_starts(2, 30, Constraints(), seed=1)
    ways = {
        goal: design(model, seeds, replace(FREE, goal=goal), Constraints())
        for goal in ("maximize", "minimize")
    }
    again = design(model, seeds, replace(FREE, goal="maximize"), Constraints())
    for high, low, same, seed in zip(ways["maximize"], ways["minimize"], again, seeds, strict=True):
        y = model.predict_array([decode(c) for c in (low.codes, seed.codes, high.codes)])[:, 0]
        assert y[0] < y[1] < y[2]
        assert (high.codes == same.codes).all()


@pytest.mark.parametrize("method", ["evolve", "greedy"])
def test_no_single_edit_makes_a_design_better(model, quick, method):
    (found,) = design(model, random_starts(1, 30, Constraints(), seed=2), FREE, Constraints(), method=method)
    letters = decode(found.codes)
    near = [letters[:i] + base + letters[i + 1 :] for i in range(30) for base in "ACGT"]
    assert model.predict_array(near)[:, 0].max() <= found.score + 1e-5


def test_a_wanted_value_is_met(model, quick):
    seeds = random_starts(1, 30, Constraints(), seed=3)
    (high,) = design(model, seeds, FREE, Constraints())
    low, top = model.predict_array([decode(c) for c in (seeds[0].codes, high.codes)])[:, 0].tolist()
    (one,) = design(model, seeds, replace(FREE, goal="to", value=(low + top) / 2), Constraints())
    assert model.predict_array([decode(one.codes)])[0, 0] == pytest.approx(
        (low + top) / 2, abs=(top - low) / 4
    )


@given(st.integers(0, 1000))
def test_a_transplanted_stretch_is_one_of_a_donor_on_either_strand(chance):
    rng = np.random.default_rng(chance)
    donors = list(rng.integers(0, 4, (3, 25)).astype(np.uint8))
    before = rng.integers(0, 4, (20, 40)).astype(np.uint8)
    after = search.transplant(before, donors, rng)
    texts = [decode(donor) for donor in donors] + [decode(3 - donor[::-1]) for donor in donors]
    for old, new in zip(before, after, strict=True):
        changed = np.flatnonzero(old != new)
        if len(changed):
            stretch = decode(new[changed[0] : changed[-1] + 1])
            assert any(stretch in text for text in texts)


def test_stretches_are_not_longer_than_the_shortest_sequence():
    rng = np.random.default_rng(1)
    codes = np.zeros((30, 4), np.uint8)
    changed = search.transplant(codes, [np.full(3, 1, np.uint8)], rng)
    assert 0 < ((changed != 0).sum(1) == 3).sum() < 30
    assert set((changed != 0).sum(1).tolist()) == {0, 3}


@pytest.mark.parametrize(("element", "number"), [("TGACTCA", 3), ("TGACTCANNNNNNNNNNNNCCGGAAG", 2)])
def test_copied_sites_and_pairs_reach_what_single_mutations_do_not(element, number):
    bases = np.array(["ACGT".find(base) for base in element])
    matters, start = bases >= 0, np.zeros(100, np.uint8)
    start[: len(bases)][matters] = bases[matters]

    def scorer(codes):
        """Score the number of whole elements: a single mutation changes nothing."""
        windows = np.lib.stride_tricks.sliding_window_view(codes, len(bases), axis=1)
        strands = [windows == bases, windows == (3 - bases)[::-1]]
        count = (strands[0] | ~matters).all(2).sum(1) + (strands[1] | ~matters[::-1]).all(2).sum(1)
        return Scored(codes, np.zeros(len(codes)), count.astype(float))

    space = SearchSpace.of(start, Constraints(fixed=((0, len(bases)),)))
    first = np.empty((0, 100), np.uint8)
    found = search.evolve(space, scorer, first=first, rng=np.random.default_rng(1), donors=[start])
    assert found.score.max() >= number


class Additive:
    """Scores the sum of a weight per base and position; counts its calls."""

    def __init__(self, weights):
        self.weights, self.calls = weights, 0

    def __call__(self, codes):
        self.calls += 1
        return Scored(codes, np.zeros(len(codes)), self.weights[np.arange(codes.shape[1]), codes].sum(1))


def test_independent_edits_are_made_in_one_step():
    scorer = Additive(np.random.default_rng(1).random((12, 4)))
    start = scorer.weights.argmin(1).astype(np.uint8)
    found = search.hill_climb(SearchSpace.of(start, Constraints()), scorer, start)
    assert (found.codes[0] == scorer.weights.argmax(1)).all()
    assert scorer.calls == 4  # the start, its edits, these together, and the edits of the result
    limited = search.hill_climb(SearchSpace.of(start, Constraints(max_edits=3)), scorer, start)
    best = np.argsort(-np.ptp(scorer.weights, axis=1))[:3]
    assert set(np.flatnonzero(limited.codes[0] != start)) == set(best)


def test_edits_that_are_worse_together_are_made_one_by_one():
    def scorer(codes):
        return Scored(codes, np.zeros(len(codes)), np.array([0, 1, 0.5])[(codes == 1).sum(1).clip(max=2)])

    start = np.zeros(5, np.uint8)
    found = search.hill_climb(SearchSpace.of(start, Constraints()), scorer, start)
    assert found.score.tolist() == [1, 0]


def test_no_design_is_unlike_the_training_unless_that_is_allowed(model, quick):
    found = design(model, random_starts(2, 30, Constraints(), seed=5), Objective(), Constraints())
    assert not model.out_of_distribution([decode(one.codes) for one in found]).any()


def test_disagreement_of_an_ensemble_lowers_the_score():
    each = np.array([[[1.0], [2.0]], [[3.0], [2.0]]])  # means 2 and 2, SDs sqrt(2) and 0
    np.testing.assert_allclose(Objective().score(each), [2 - 2**0.5, 2])
    np.testing.assert_allclose(Objective("to", 1.0).score(each), [-1 - 2**0.5, -1])


def test_a_difference_is_of_two_targets():
    each = np.array([[[5.0, 2.0]]])
    assert Objective(target=0, minus=1).quantity(each).tolist() == [[3.0]]


def test_an_impossible_demand_gives_no_design(model, quick):
    with pytest.raises(
        UsageError, match="none of 1 start sequences gives a sequence that satisfies all constraints"
    ):
        design(model, random_starts(1, 30, Constraints(), seed=1), FREE, Constraints(forbidden=(pack("N"),)))


def test_edits_are_named_from_one_and_marked():
    one = Design(StartSequence("s", codes("ACGT")[0]), codes("ACTT")[0], 0.0)
    assert name_edits(one) == "G3T"
    assert align(one) == "     1 ACGT\n       ||*|\n       ACTT\n"


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def test_design_writes_an_order_sheet(bundle, quick, tmp_path):
    out = tmp_path / "designs"
    assert run("design", "-m", bundle, "--random", 2, "--allow-ood", "--flank5", "AAC", "--with-flanks",
               "-o", out) == 0  # fmt: skip
    rows = list(csv.DictReader((out / "designs.tsv").read_text().splitlines(), delimiter="\t"))
    assert [row["id"] for row in rows] == ["design_1", "design_2"]
    fasta = (out / "designs.fa").read_text().splitlines()
    assert re.fullmatch(r">design_1 predicted=-?\d+\.\d{4} edits=\d+ start=random_1", fasta[0])
    assert fasta[1] == "AAC" + rows[0]["sequence"]
    assert "design_2" in (out / "designs.txt").read_text()


@pytest.mark.parametrize(
    ("targets", "columns"),
    [
        (["y", "z"], ["y", "z"]),
        (["gc", "id"], ["predicted_gc", "predicted_id"]),
        (["of_start", "predicted_of_start"], ["of_start", "predicted_predicted_of_start"]),
        (["gc", "predicted_gc"], ["predicted_predicted_gc", "predicted_gc"]),
    ],
)
def test_a_target_that_is_named_like_another_column_of_the_order_is_renamed(targets, columns, caplog):
    model = SimpleNamespace(targets=targets)
    fixed = ["id", "sequence", "kind", "start", "cluster", "length", "gc", "edits"]
    fixed += ["predicted", "predicted_sd", "predicted_of_start"]
    assert _columns(model, flagged=True) == [*fixed, *columns, "out_of_distribution", "changes"]
    assert _columns(model, flagged=False) == [*fixed, *columns, "changes"]
    assert ("has the predictions of target" in caplog.text) == (targets != columns)


def test_designs_beyond_all_measurements_cause_a_warning(bundle, dataset, quick, tmp_path, capsys):
    low = replace(dataset, targets=np.clip(dataset.targets, 0, 0.1))
    low.save(tmp_path / "d.h5")
    assert run("design", "-m", bundle, "--start", tmp_path / "d.h5", "-n", 1, "-o", tmp_path / "d") == 0
    said = capsys.readouterr().err
    assert "1 of 1 design is predicted outside the measured range of the library (0 to 0.1)" in said


@pytest.mark.parametrize("value", [50, -50])
def test_a_wanted_value_that_no_design_is_near_causes_a_warning(value, bundle, quick, tmp_path, capsys):
    out = tmp_path / "d"
    assert run("design", "-m", bundle, "--random", 1, "--allow-ood", "--to", value, "-o", out) == 0
    assert f"--to {value}: no design is predicted near it, but " in capsys.readouterr().err
    reached = next(csv.DictReader((out / "designs.tsv").read_text().splitlines(), delimiter="\t"))[
        "predicted"
    ]
    again = ("design", "-m", bundle, "--random", 1, "--allow-ood", "--to", reached, "-o", tmp_path / "e")
    assert run(*again) == 0
    assert "no design is predicted near it" not in capsys.readouterr().err


def test_ledidi_gives_the_first_candidates(bundle, quick, tmp_path, monkeypatch):
    monkeypatch.setattr("seqcnn.design.ledidi.STEPS", 3)
    command = ("design", "-m", bundle, "--random", 1, "--allow-ood", "--method", "ledidi", "--fix", "1-10")
    assert run(*command, "-o", tmp_path / "a") == run(*command, "-o", tmp_path / "b") == 0
    assert (tmp_path / "a/designs.fa").read_bytes() == (tmp_path / "b/designs.fa").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-n", 5], "give sequences to start from: --start FILE, or --random N, and not both"),
        (["-n", 5, "--random", 2], "--number belongs to --start; --random has a number of its own"),
        ([], "give sequences to start from: --start FILE, or --random N, and not both"),
        (["--random", 1, "--to", 1, "--minimize"], "--minimize and --to (a prediction to reach): give one"),
        (["--random", 1, "--gc", "40-60"], "gc '40-60': expected a range of fractions"),
        (["--random", 1, "--difference", "a"], "difference 'a': expected two targets"),
        (["--random", 1, "--length", 20], "length 20: the model was trained on sequences of 30 bp"),
        (["--random", 1, "--fix", "1-99"], "fix 1-99: the sequence has 30 bp"),
        (["--random", 1, "--forbid", "EcoR"], "did you mean 'EcoR"),
        (["--random", 1, "--flank5", "AX"], "flank5: 'X' at position 2"),
    ],
)
def test_a_users_error_is_one_line_and_writes_nothing(options, message, bundle, tmp_path, capsys):
    assert run("design", "-m", bundle, *options, "-o", tmp_path / "d") == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not (tmp_path / "d").exists()
