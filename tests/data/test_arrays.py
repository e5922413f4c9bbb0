from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.arrays import column_of, labels_of, number_matrix
from seqcnn.errors import TableError

MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize(
    "values",
    [
        MASKED,
        [1, None],
        [Decimal(1), pd.NA],
        pd.Series([1, None], dtype="Int64"),
        pd.DataFrame({"y": pd.array([1, None], dtype="Int64")}),
        np.array([1, np.nan], object),
    ],
)
def test_missing_values_of_every_kind_are_nan(values):
    np.testing.assert_array_equal(number_matrix(values, "targets"), np.array([[1.0], [np.nan]], np.float32))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({0: 1.0}, r"targets: '{0: 1.0}' \(dict\) found; expected an array, a Series or a list"),
        ({1.0, 2.0}, r"\(set\) found"),
        ("1.0", r"\(str\) found"),
        (5, r"\(int\) found"),
        (None, r"\(NoneType\) found"),
        (np.array(["2020-01-01"], "datetime64[D]"), r"datetime64\[D\] found; expected numbers"),
        (pd.DataFrame({"y": pd.to_datetime(["2020-01-01"])}), "datetime64.* found"),
        (pd.to_timedelta(["1 h"]), "timedelta64.* found"),
        ([1j], "complex128 found"),
        ([True], "bool found"),
        (np.array([1.0, True], object), r"row 2: 'True' \(bool\) found"),
        ([1.0, "a"], r"row 2: 'a' \(str\) found"),
        (["1.0"], r"row 1: '1.0' \(str\) found"),
        ([[1.0, 2.0], [3.0, date(2020, 1, 1)]], r"row 2: '2020-01-01' \(date\) found"),
        ([1.0, pd.NaT], r"row 2: 'NaT' \(NaTType\) found"),
        ([[1.0], [1.0, 2.0]], "rows of several lengths"),
        ([1e300], "infinite numbers found"),
        ([1e37], "row 1: 1e.37 found"),
    ],
)
def test_what_is_no_number_is_refused(values, message):
    with pytest.raises(TableError, match=message):
        number_matrix(values, "targets")


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, "", np.ma.masked, pd.NaT])
def test_a_missing_label_is_no_label(missing):
    values = np.ma.array(["a", "b"], mask=[False, True]) if missing is np.ma.masked else ["a", missing]
    assert labels_of(column_of("AC", values, "groups")) == ["a", ""]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((2, 2)), r"weights: shape \(2, 2\) found; expected \(N,\)"),
        (pd.DataFrame({"w": [1, 2]}), r"shape \(2, 1\) found"),
        ({"a": 1, "b": 2}, r"\(dict\) found"),
        (5, r"\(int\) found"),
        ([1], "2 sequences, 1 row of weights"),
    ],
)
def test_what_is_no_column_is_refused(values, message):
    with pytest.raises(TableError, match=message):
        column_of("AC", values, "weights")
