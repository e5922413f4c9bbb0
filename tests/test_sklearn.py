import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import estimator_checks_generator
from support.planted import planted

from seqcnn.errors import ConfigError, SequenceError, TableError, UsageError
from seqcnn.sklearn import KmerCounter, SequenceRegressor

API_CHECKS = (
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_estimator_repr,
    checks.check_estimator_tags_renamed,
    checks.check_get_params_invariance,
    checks.check_mixin_order,
    checks.check_no_attributes_set_in_init,
    checks.check_set_params,
    checks.check_valid_tag_types,
)
SEQUENCES, MEASURED = planted(80, seed=2)
Y = np.array(MEASURED)
ARGS = {"filters": [8, 4], "kernel_sizes": [7, 3], "hidden": 8}


def regressor(**parameters):
    return SequenceRegressor(
        args=ARGS, epochs=2, batch_size=16, lr=0.01, threads=1, device="cpu", **parameters
    )


@pytest.fixture(scope="module")
def fitted():
    return regressor().fit(SEQUENCES, Y)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.DataFrame, lambda s: np.array(s)[:, None]])
def test_every_kind_of_one_column_gives_the_same_predictions(fitted, kind):
    y_hat = fitted.predict(kind(SEQUENCES))
    assert y_hat.shape == (80,)
    np.testing.assert_array_equal(y_hat, fitted.model_.predict_array(SEQUENCES)[:, 0])


def test_the_model_chooses_on_a_tenth_and_tests_on_nothing(fitted):
    sizes = fitted.model_.header.split_sizes
    assert sizes["test"] == 0
    assert sizes["train"] + sizes["val"] == 80
    assert 4 <= sizes["val"] <= 12


def test_fitting_again_gives_the_same_model(fitted):
    again = regressor().fit(SEQUENCES, Y)
    np.testing.assert_array_equal(again.predict(SEQUENCES), fitted.predict(SEQUENCES))
    np.testing.assert_array_equal(again.fit(SEQUENCES, Y).predict(SEQUENCES), fitted.predict(SEQUENCES))


def test_a_clone_has_the_parameters_and_no_model(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "model_")
    assert copy.set_params(lr=0.5).lr == 0.5


def test_a_pickled_estimator_predicts_the_same(fitted):
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(restored.predict(SEQUENCES), fitted.predict(SEQUENCES))


def test_prediction_needs_no_number_of_features(fitted):
    assert not hasattr(fitted, "n_features_in_")
    assert fitted.predict(SEQUENCES[:1]).shape == (1,)


def test_several_targets_give_one_column_each():
    model = regressor().fit(SEQUENCES, np.stack([Y, -Y], axis=1))
    assert model.predict(SEQUENCES[:5]).shape == (5, 2)
    assert isinstance(model.score(SEQUENCES, np.stack([Y, -Y], axis=1)), float)


def test_groups_choose_the_validation_rows_and_weights_reach_the_loss():
    groups = np.arange(80) // 8
    weighted = regressor().fit(SEQUENCES, Y, groups=groups, sample_weight=np.r_[np.zeros(40), np.ones(40)])
    plain = regressor().fit(SEQUENCES, Y, groups=groups)
    assert weighted.model_.header.split_sizes["val"] % 8 == 0
    assert not np.array_equal(weighted.predict(SEQUENCES), plain.predict(SEQUENCES))


def test_it_works_in_cross_validation_grid_search_and_pipelines():
    scores = cross_val_score(regressor(), np.array(SEQUENCES), Y, groups=np.arange(80) // 2, cv=GroupKFold(2))
    assert (scores.shape, np.isfinite(scores).all()) == ((2,), True)
    search = GridSearchCV(regressor(), {"lr": [0.01, 0.001]}, cv=2).fit(np.array(SEQUENCES), Y)
    assert search.best_params_["lr"] in (0.01, 0.001)
    assert make_pipeline(regressor()).fit(SEQUENCES, Y).predict(SEQUENCES).shape == (80,)


@pytest.mark.parametrize(
    ("parameters", "x", "error", "message"),
    [
        ({"encoder": "cnm"}, SEQUENCES, ConfigError, "unknown encoder 'cnm'"),
        (
            {"training": {"epoch": 3}},
            SEQUENCES,
            ConfigError,
            "unknown key 'training.epoch'",
        ),
        ({}, [*SEQUENCES[:79], None], SequenceError, "sequence 80"),
        ({}, np.array([SEQUENCES, SEQUENCES]).T, SequenceError, "X: 2 columns found; expected one"),
        ({}, SEQUENCES[:79], TableError, "79 sequences, 80 rows of targets"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words_of_the_parameters(parameters, x, error, message):
    with pytest.raises(error, match=message):
        regressor().set_params(**parameters).fit(x, Y)


def test_kmer_counts_are_those_of_the_sequence():
    counter = KmerCounter(2)
    counts = dict(zip(counter.get_feature_names_out(), counter.fit_transform(["ACACN"])[0], strict=True))
    assert {kmer: n for kmer, n in counts.items() if n} == {"A": 2, "C": 2, "AC": 2, "CA": 1}
    assert len(counts) == 20
    assert KmerCounter(3, shorter=False).fit_transform(SEQUENCES).shape == (80, 64)


@pytest.mark.parametrize("method", [KmerCounter.fit, KmerCounter.transform])
@pytest.mark.parametrize(
    ("k", "expected"),
    [(0, "greater than or equal to 1"), (9, "less than or equal to 8"), (2.5, "an integer")],
)
def test_a_k_out_of_bounds_is_refused_with_and_without_fit(method, k, expected):
    with pytest.raises(UsageError, match=f"KmerCounter: k: '{k}' .* found; expected {expected}"):
        method(KmerCounter(k), SEQUENCES)


def test_parameters_may_be_numbers_of_numpy():
    assert KmerCounter(np.int64(2)).fit_transform(["ACGT"]).shape == (1, 20)
    numbers = {"epochs": np.int64(1), "lr": np.float32(0.01), "random_state": np.int64(3)}
    plain = {"epochs": 1, "lr": float(np.float32(0.01)), "random_state": 3}
    first, second = (regressor().set_params(**p).fit(SEQUENCES, Y) for p in (numbers, plain))
    np.testing.assert_array_equal(first.predict(SEQUENCES), second.predict(SEQUENCES))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"validation_fraction": 0}, "validation_fraction: '0' .* expected greater than 0"),
        ({"validation_fraction": 0.9}, "validation_fraction: '0.9' .* expected less than 0.5"),
        ({"training": 5}, "training: '5' .* expected a dictionary"),
        ({"random_state": None}, "random_state: 'None' .* expected an integer"),
        ({"threads": 0}, "threads: '0' .* expected greater than or equal to 1"),
        ({"align": "x"}, "align: 'x' found; expected 'left', 'right' or 'center'"),
    ],
)
def test_a_parameter_out_of_bounds_is_refused(parameters, message):
    with pytest.raises(UsageError, match=f"SequenceRegressor: {message}"):
        regressor().set_params(**parameters).fit(SEQUENCES, Y)


def test_kmer_counts_feed_a_regressor():
    ridge = make_pipeline(KmerCounter(3), Ridge(1.0))
    assert GridSearchCV(ridge, {"kmercounter__k": [1, 2]}, cv=2).fit(SEQUENCES, Y).best_params_


@pytest.mark.parametrize("estimator", [SequenceRegressor(), KmerCounter()], ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore:Can't test estimator:sklearn.exceptions.SkipTestWarning")
def test_the_generator_of_scikit_learn_runs_what_it_has_for_sequences(estimator):
    """It skips all checks that fit, as they make tables of numbers."""
    ran = []
    for checked, check in estimator_checks_generator(estimator):
        check(checked)
        ran.append(check.func.__name__)
    assert ran == ["check_estimator_cloneable"]


@pytest.mark.parametrize("check", API_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", [SequenceRegressor(), KmerCounter()], ids=lambda e: type(e).__name__)
def test_the_checks_of_scikit_learn_that_need_no_numbers_pass(estimator, check):
    check(type(estimator).__name__, clone(estimator))


def test_a_regressor_states_no_scores_of_test_rows_which_it_does_not_have():
    sequences, y = planted(64)
    model = SequenceRegressor(epochs=1, threads=1).fit(sequences, y).model_
    assert list(model.header.metrics) == ["val"]
    assert "test scores" not in repr(model)
