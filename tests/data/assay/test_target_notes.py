import numpy as np
import pytest

from seqcnn.data.assay.target_notes import diagnose

SHAPES = {
    "normal": lambda draw, n: draw.normal(size=n),
    "uniform": lambda draw, n: draw.uniform(size=n),
    "laplace": lambda draw, n: draw.laplace(size=n),
    "normal and positive": lambda draw, n: draw.normal(8, 1, n),
    "rounded": lambda draw, n: draw.normal(size=n).round(1),
    "two bumps": lambda draw, n: draw.normal(size=n) + 8 * draw.integers(0, 2, n),
    "few counts": lambda draw, n: draw.poisson(5, n).astype(float),
}

LOGARITHM = "recommended: the logarithm"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [50, 500, 5000])
def test_values_that_a_regression_expects_give_no_note(shape, n):
    for seed in range(40):
        assert not diagnose(SHAPES[shape](np.random.default_rng(seed), n))


def test_two_values_are_classes():
    assert diagnose(np.array([0, 1, 1, 0.0])) == ["two distinct values (0 and 1); is this classification?"]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (-9, "the smallest; a limit of detection?"),
        (9, "the largest; saturation?"),
        (0.5, "between the others; a default?"),
    ],
)
def test_one_value_in_a_tenth_of_the_rows_is_a_spike(value, place):
    values = np.append(np.linspace(-1, 1, 180), np.full(20, value))
    assert diagnose(values) == [
        f"20 of 200 values (10%) are {value}, {place} recommended: NA where nothing was measured"
    ]


@pytest.mark.parametrize("other", [(-999, 40), (0.5, 25), (-999, 20), (9, 20)])
def test_two_spikes_do_not_hide_each_other(other):
    value, count = other
    values = np.concatenate([np.linspace(-1, 1, 340), np.full(20, 0.25), np.full(count, value)])
    total = len(values)
    shares = {f"{n} of {total} values ({n / total:.0%}) are {v:g}" for v, n in ((0.25, 20), other)}
    notes = diagnose(values)
    assert {note.partition(", ")[0] for note in notes if "recommended: NA" in note} == shares


@pytest.mark.parametrize("rate", [0.5, 0.9, 1.5, 4])
def test_counts_have_no_two_spikes(rate):
    values = np.random.default_rng(0).poisson(rate, 2000).astype(float)
    assert not [note for note in diagnose(values) if "recommended: NA" in note]


def test_the_smallest_value_in_a_hundredth_of_the_rows_is_a_floor():
    values = np.append(np.linspace(-1, 1, 990), np.full(10, -2.0))
    assert diagnose(values) == [
        "10 of 1000 values (1%) are -2, the smallest; a limit of detection? "
        "recommended: NA where nothing was measured"
    ]
    assert not diagnose(values[:-1])
    assert not diagnose(-values)  # saturation is noticed from 5 % on


def test_zeros_below_a_long_right_tail_ask_for_a_pseudocount():
    floor, tail = diagnose(np.append(10 ** np.linspace(-2, 2, 960), np.zeros(40)))
    assert floor.startswith("40 of 1000 values (4%) are 0, the smallest; a limit of detection?")
    assert tail.endswith("recommended: the logarithm of y + 0.016 (transform log2)")


def test_ties_of_rounded_values_and_counts_are_no_spike():
    assert not diagnose(np.repeat([0.0, 1, 2, 3], [50, 25, 12, 6]))
    assert not diagnose(np.append(np.arange(20.0), np.full(8, 3.0)))  # nine threes of 28 are too few


def test_numbers_of_a_long_right_tail_are_better_as_logarithms():
    values = 10 ** np.linspace(-2, 2, 101)
    assert diagnose(values) == [
        "wide range with a long right tail (2% are below 0.012, the median is 1, 2% are above 83.2); "
        "recommended: the logarithm of y (transform log2)"
    ]
    assert diagnose(np.append(values, 0))[0].endswith(
        "recommended: the logarithm of y + 0.016 (transform log2)"
    )
    assert not diagnose(np.log10(values))


def test_values_far_beyond_the_others_are_better_as_logarithms_if_none_is_negative():
    values = np.concatenate([np.linspace(0, 2, 990), np.linspace(50, 500, 10)])
    assert diagnose(values) == [
        "10 of 1000 values are far beyond the others, which are between 0 and 2 (smallest 0, largest 500); "
        "recommended: the logarithm of y + 0.1 (transform log2)"
    ]
    assert diagnose(values + 1)[0].endswith(f"(smallest 1, largest 501); {LOGARITHM} of y (transform log2)")
    assert diagnose(values - 1)[0].endswith("clip them to that range if they were measured")
    assert diagnose(np.append(values[:990], 50))[0].endswith("clip them to that range if they were measured")


def test_counts_far_beyond_the_others_are_better_as_logarithms_of_y_plus_1():
    values = np.concatenate([np.arange(990) % 30 + 1.0, np.linspace(5000, 9500, 10)])
    assert diagnose(values)[0].endswith(f"largest 9.5e+03); counts? {LOGARITHM} of y + 1 (transform log2)")


def test_whole_numbers_of_a_long_right_tail_are_called_counts():
    (note,) = diagnose(np.round(10 ** np.linspace(0, 4, 101)))
    assert note.endswith(f"2% are above 8.32e+03); counts? {LOGARITHM} of y + 1 (transform log2)")


@pytest.mark.parametrize(("top", "shown"), [(1, "1"), (100, "100")])
def test_fractions_and_percentages_with_mass_at_both_ends_are_better_as_logits(top, shown):
    values = top * np.concatenate(
        [np.linspace(0, 0.04, 20), np.linspace(0.1, 0.9, 60), np.linspace(0.96, 1, 20)]
    )
    assert diagnose(values) == [
        f"all values are between 0 and {shown}, 20% of them near 0 and 20% near {shown}; fractions? "
        f"recommended: their logit, log(y / ({shown} - y)), y clipped to within the ends"
    ]
    assert not diagnose(values - top / 2)


def test_a_value_far_beyond_the_rest_is_better_clipped():
    values = np.append(np.linspace(-1, 1, 99), 50)
    assert diagnose(values) == [
        "1 of 100 values are far beyond the others, which are between -1 and 1 (smallest -1, largest 50); "
        "recommended: check these rows; clip them to that range if they were measured"
    ]
    assert diagnose(-values)[0].startswith("1 of 100 values are far beyond")


def test_tails_that_are_heavy_on_both_sides_are_better_as_ranks():
    (note,) = diagnose(np.random.default_rng(1).standard_cauchy(2000))
    assert note.endswith("instead of values, as both tails are heavy (transform rank-normal)")


def test_a_factor_changes_no_diagnosis_but_of_fractions():
    for seed in range(20):
        values = np.random.default_rng(seed).standard_cauchy(500)
        kinds = [[note.split("recommended")[1] for note in diagnose(k * values)] for k in (1, 1e-30, 1e30)]
        assert kinds[0] == kinds[1] == kinds[2]
