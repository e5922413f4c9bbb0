"""Controls satisfy the constraints of the designs, and differ from them as their kind says."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import untrained

from seqcnn.design.constraints import Constraints
from seqcnn.design.controls import KINDS, SITE_BP, knock_out, make_controls, scramble, shuffle_stretches
from seqcnn.design.design import Design, StartSequence
from seqcnn.design.objective import Objective
from seqcnn.sequence.onehot import pack

LIMITS = Constraints(fixed=((0, 5),), gc=(0.3, 0.7), homopolymer=5, forbidden=(pack("GAATTC"),))


@pytest.fixture(scope="module")
def model():
    return untrained(filters=(4, 4), hidden=4)


def designs(n, seed=1):
    """n designs of 30 bp that satisfy `LIMITS`, each with a start sequence."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (200, 30)).astype(np.uint8)
    valid = codes[np.sum(list(LIMITS.violations(codes).values()), axis=0) == 0]
    return [Design(StartSequence(f"s{i}", valid[i]), valid[n + i], 0.0, f"design_{i + 1}") for i in range(n)]


def differences(control):
    return np.flatnonzero(control.codes != control.start.codes)


def dinucleotides(codes):
    return Counter(zip(codes[:-1].tolist(), codes[1:].tolist(), strict=True))


def test_there_are_as_many_controls_of_each_kind_as_asked_for_and_all_differ(model):
    given_designs = designs(4)
    controls = make_controls(model, given_designs, Objective(), LIMITS, number=3)
    assert Counter(control.kind for control in controls) == dict.fromkeys(KINDS, 3)
    sequences = [sequence.codes.tobytes() for sequence in (*given_designs, *controls)]
    assert len(set(sequences)) == len(sequences)
    assert len({control.name for control in controls}) == len(controls)


def test_controls_satisfy_the_constraints_and_keep_fixed_positions(model):
    for control in make_controls(model, designs(3), Objective(), LIMITS, number=6):
        assert sum(amount[0] for amount in LIMITS.violations(control.codes[None]).values()) == 0
        assert (control.codes[:5] == control.start.codes[:5]).all()


def test_controls_differ_from_their_origin_as_their_kind_says(model):
    made_of = {design.name: design for design in designs(3)}
    for control in make_controls(model, list(made_of.values()), Objective(), LIMITS, number=3):
        changed = differences(control)
        if control.kind == "start":
            assert len(changed) == 0
        elif control.kind in ("shuffle", "background"):
            assert dinucleotides(control.codes[5:]) == dinucleotides(control.start.codes[5:])
            assert (control.start.name in made_of) == (control.kind == "shuffle")
        else:
            assert control.start.name in made_of
            assert 0 < changed.max() - changed.min() + 1 <= SITE_BP
        if control.kind == "knocked_out_site":
            assert len(changed) == changed.max() - changed.min() + 1 == SITE_BP
        if control.kind == "scrambled_site":
            assert sorted(control.codes) == sorted(control.start.codes)


def test_more_controls_than_designs_take_the_next_sites(model):
    (design,) = designs(1)
    controls = make_controls(model, [design], Objective(), LIMITS, number=2)
    first, second = (differences(c) for c in controls if c.kind == "knocked_out_site")
    assert not set(first) & set(second)
    assert sum(control.kind == "start" for control in controls) == 1


def test_a_site_is_where_the_prediction_depends_most_on_the_bases():
    class Detector:
        """Counts the G of positions 12 to 15."""

        def predict_members(self, rows, flag_ood):
            counts = (rows[:, 12:16] == 2).sum(1)

            class Predictions:
                members = counts[None, :, None].astype(float)

            return Predictions

    import seqcnn.design.controls as module

    patch = pytest.MonkeyPatch()
    patch.setattr(module, "rows_of", lambda model, codes: codes)
    sequence = np.array([0] * 12 + [2] * 4 + [0] * 14, np.uint8)
    design = Design(StartSequence("s", sequence), sequence, 0.0, "design_1")
    controls = make_controls(Detector(), [design], Objective(), Constraints(), number=1)
    patch.undo()
    (knocked,) = (c for c in controls if c.kind == "knocked_out_site")
    assert set(range(12, 16)) <= set(differences(knocked))


def test_a_control_that_cannot_satisfy_the_constraints_is_left_out_and_named(model, caplog):
    impossible = Constraints(gc=(0.0, 0.0))
    assert make_controls(model, designs(1), Objective(), impossible, number=1) == []
    for kind in set(KINDS) - {"start"}:
        assert f"{kind} of " in caplog.text
    assert "no new sequence satisfies all constraints; left out" in caplog.text
    assert "start of 's0': it violates gc; left out" in caplog.text


@given(st.integers(0, 1000))
def test_changes_touch_only_their_positions(seed):
    rng = np.random.default_rng(seed)
    codes, positions = rng.integers(0, 4, 20).astype(np.uint8), np.array([3, 4, 5, 6, 11, 12, 13])
    others = np.setdiff1d(np.arange(20), positions)
    for change in (shuffle_stretches, scramble, knock_out):
        changed = change(codes, positions, rng)
        assert (changed[others] == codes[others]).all()
    assert (knock_out(codes, positions, rng)[positions] != codes[positions]).all()
