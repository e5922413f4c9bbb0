"""Statistical guarantees on simulated data with known truth; `make validation` runs more experiments.

Every experiment has a fixed seed.  The bounds are wider than chance variation and narrower than the
effect of the errors that they guard against.
"""

import numpy as np
import pytest

from benchmarks.validation import ceiling, control, intervals, paired, predictions, variants
from benchmarks.validation.networks import Effort
from benchmarks.validation.population import population
from benchmarks.validation.run import replace_part, table
from benchmarks.validation.splits import leaks, planted_relatives, recall
from benchmarks.validation.study import Row, Study, chance

SMALL = Effort(500, 4)


@pytest.fixture(scope="module")
def library():
    """Single oligos and families."""
    return population(5000)


@pytest.fixture(scope="module")
def families():
    return population(3000, singles=False)


def test_the_true_r_of_the_population_is_that_of_very_many_test_rows(library):
    sample = library.sample_rows(np.random.default_rng(1), 100_000)
    assert np.corrcoef(sample.y, sample.y_hat)[0, 1] == pytest.approx(library.score("pearson"), abs=0.005)


@pytest.mark.parametrize("clusters", [5, 30])
def test_intervals_of_families_cover_the_true_r(families, clusters):
    """Plain percentiles of resamples cover it in 91 and 92 % of these experiments."""
    assert 0.93 <= intervals.coverage(families, clusters, 200)["pearson"] <= 0.995


def test_intervals_of_single_oligos_and_families_cover_the_true_scores(library):
    for share in intervals.coverage(library, 100, 100, metrics=("pearson", "spearman", "r2")).values():
        assert share >= 0.87


def test_intervals_that_ignore_families_are_found_out(families):
    assert intervals.coverage(families, 30, 100, by_row=True)["pearson"] < 0.7


@pytest.mark.parametrize("replicates", [2, 3])
@pytest.mark.parametrize("reliability", [0.3, 0.9])
def test_the_ceiling_is_the_simulated_one(library, reliability, replicates):
    found = ceiling.deviation(library, replicates, 150, reliability=reliability)
    assert found.reliability == pytest.approx(0, abs=ceiling.GUARANTEED)
    assert found.attainable_r == pytest.approx(0, abs=ceiling.GUARANTEED)


@pytest.mark.parametrize(
    ("noise", "missing"),
    [((1.0, 2.0), (0.5, 0.5)), ((0.5, 1.0, 3.0), (0.1, 0.1, 0.1)), ((1.0, 1.0, 2.0), (0.0, 0.3, 0.8))],
)
def test_the_ceiling_is_the_simulated_one_with_unequal_noise_and_missing_values(library, noise, missing):
    found = ceiling.deviation(library, len(noise), 150, reliability=0.8, noise=noise, missing=missing)
    assert found.reliability == pytest.approx(0, abs=ceiling.GUARANTEED)
    assert found.attainable_r == pytest.approx(0, abs=ceiling.GUARANTEED)


def test_prediction_intervals_hold_their_part_of_the_test_rows():
    """Coverage in one such small library has a standard deviation of 6 %, the mean of eight one of 2 %."""
    found = predictions.conformal(8, SMALL)
    assert np.mean([each.coverage for each in found]) == pytest.approx(0.9, abs=0.08)


def test_a_random_split_of_families_promises_what_an_automatic_one_does_not():
    found = predictions.leak(3, Effort(700, 8))
    gain = [f.random.r - f.random_on_new.r for f in found]
    assert np.mean(gain) > 0.1
    assert np.mean([f.automatic.r - f.automatic_on_new.r for f in found]) < np.mean(gain) - 0.1


def test_the_control_of_shuffled_measurements_covers_0():
    """Ten or nine of ten are expected; six would come once in a thousand times."""
    assert control.covers_0(control.shuffled(10, Effort(300, 2))) >= 0.7


def test_a_control_that_finds_something_is_found_out():
    scores = [{"low": -0.1, "high": 0.1}, {"low": 0.1, "high": 0.3}, {"low": None, "high": None}]
    assert control.covers_0(scores) == pytest.approx(1 / 3)


@pytest.mark.parametrize("background", planted_relatives.BACKGROUNDS)
def test_no_relative_is_torn_from_its_parent_or_unseen_by_the_audit(background):
    for found in planted_relatives.plant_relatives(background, 700).values():
        assert (found.planted, found.separated, found.crossing, found.missed) == (100, 0, 0, 0)


def test_nearly_all_copies_of_at_least_80_percent_identity_join_their_parent():
    for found in planted_relatives.plant_relatives(
        "random sequences", 400, planted_relatives.COPIES
    ).values():
        assert found.separated <= 1
        assert found.missed <= 1


def test_strangers_are_apart_and_cross(library):
    """Of two strangers 34 % are on different sides of a split, 87 % in one of five."""
    stranger = {"stranger": lambda rng, parent: planted_relatives.random_bases(rng, len(parent))}
    found = planted_relatives.plant_relatives("random sequences", 200, stranger)["stranger"]
    assert (found.separated, found.missed) == (200, 200)
    assert found.crossing > 140


@pytest.mark.parametrize("kind", leaks.RELATIVES)
def test_no_planted_leak_is_called_clean(kind):
    found = leaks.plant_relatives(kind, 150)
    assert (found.planted, found.clean, found.unreported, found.crossing) == (150, 0, 0, 0)
    assert found.verdict.startswith("This split is leaky")


def test_random_rows_of_a_combinatorial_library_are_never_called_clean():
    found = leaks.combine_parts("2 parts of 100 bp", 500)
    assert found.planted > 80
    assert (found.clean, found.unreported, found.crossing) == (0, 0, 0)
    assert found.verdict.startswith("This split is leaky")


def test_the_reference_finds_planted_pairs_and_no_others():
    planted = recall.plant(1, 0)
    kinds, identities, lengths = (np.array(column) for column in zip(*planted.labels, strict=True))
    assert planted.similar[(kinds == "whole sequence") & (lengths >= 100)].all()
    assert planted.similar[identities == 0.95].mean() > 0.9
    rng = np.random.default_rng(1)
    strangers = [recall.random_codes(rng, 200).reshape(2, 100) for _ in range(20)]
    assert not any(recall.are_similar(*pair, 25) for pair in strangers)


def test_nearly_all_pairs_of_the_reference_are_found():
    planted = recall.plant(2, 300_000)
    for found in recall.found_pairs(planted):
        assert found[planted.similar].mean() >= recall.RECALL


def test_models_are_not_called_different_for_the_luck_of_five_families(families):
    """By plain percentiles of resamples 10 % of these pairs would be."""
    assert paired.called_different(families, 5, 200, paired.Models()) <= 0.06


@pytest.mark.parametrize("models", [paired.Models(), paired.Models(5, common=0.9, by_family=0.5)])
def test_equal_models_are_seldom_called_different(library, models):
    """In 5 % of 200 experiments, 10, with a standard deviation of 3."""
    assert paired.called_different(library, 100, 200, models) <= 0.1


def test_a_clear_difference_is_seen(library):
    assert paired.called_different(library, 375, 30, paired.Models(worse=0.15)) > 0.8


def test_models_are_as_much_worse_as_they_should_be(families):
    models = paired.Models(worse=0.1)
    sample = families.sample_rows(np.random.default_rng(0), 20_000)
    first, last = models.predict(np.random.default_rng(1), sample, families)
    r = [np.corrcoef(sample.y, y_hat)[0, 1] for y_hat in (first, last)]
    assert r == pytest.approx([models.true_r(families), models.true_r(families) - 0.1], abs=0.01)


def test_notations_are_equal_and_a_twentieth_of_random_indels_is_above_the_95th_percentile():
    """Of 500 indels 1.1 to 8.9 % are four standard deviations of chance; among substitutions, a third."""
    found = variants.measure(Effort(300, 4), haplotypes=10, indels=500)
    assert found.normalised == (0, 0)
    assert min(found.as_written) > 0
    assert found.indels == pytest.approx(0.05, abs=0.039)
    assert found.indels_among_substitutions > 0.1


def test_the_page_has_a_row_a_setting_and_says_what_was_not_kept():
    rows = [
        Row("r", "92 to 98 %", "95.0 %", 1000, True),
        Row("rho", "", "91.0 %", 20),
        Row("x", "0", "1", 1, False),
    ]
    assert table("intervals", Study("Title", "Words.", rows)) == (
        "\n## Title\n\nWords.\n\n`python -m benchmarks.validation.run intervals`\n\n"
        "| setting | guaranteed | measured | repetitions | holds |\n|---|---|---|---|---|\n"
        "| r | 92 to 98 % | 95.0 % | 1,000 | yes |\n| rho |  | 91.0 % | 20 |  |\n| x | 0 | 1 | 1 | **no** |\n"
    )


def test_one_study_replaces_its_part_of_the_page():
    parts = {name: table(name, Study(name.title(), "Words.", [])) for name in ("ceiling", "leak", "paired")}
    page = "# Page\n\nWords.\n" + "".join(parts.values())
    for name in parts:
        new = table(name, Study("New", "Other words.", []))
        expected = "# Page\n\nWords.\n" + "".join((parts | {name: new}).values())
        assert replace_part(page, name, new) == expected
    assert replace_part(page, "other", "\n## Other\n") == page + "\n## Other\n"


def test_chance_is_that_of_a_binomial():
    assert chance(0.05, 1000) == pytest.approx(0.0135, abs=1e-4)
