"""Numbers as text."""

import pytest

from seqcnn.errors import plural
from seqcnn.plotting.formatting import decimal, duration, fixed, number, with_minus


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0.4 s"), (9.96, "10.0 s"), (89, "89 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"),
        (7200, "2.0 h"), (None, "–"), (True, "–"),
    ],
)  # fmt: skip
def test_a_duration_is_formatted_in_s_min_or_h(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(-0.0213, "−0.0213"), (1234.5, "1.23e+03"), (2, "2.00"), (float("nan"), "–")]
)
def test_a_number_has_three_significant_digits(value, text):
    assert number(value) == text


def test_decimals_follow_the_sd_and_zero_has_no_sign():
    assert (fixed(1.23456, 0.5), fixed(-12.34, 20)) == ("1.235", "−12.3")
    assert with_minus("-0.00") == "0.00"


@pytest.mark.parametrize("sd", [0.0, 1e-7, 1e7, float("nan")])
def test_without_a_usable_sd_a_number_has_three_digits(sd):
    assert fixed(1.23456, sd) == "1.23"


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.1234, False, "0.123"), (0.1234, True, "+0.123"), (-0.00042, True, "−0.00042"),
        (0.0, True, "0.000"), (-1.0, False, "−1.000"),
    ],
)  # fmt: skip
def test_decimals_that_would_all_be_0_show_two_significant_digits(value, signed, text):
    assert decimal(value, signed=signed) == text


def test_a_count_of_one_is_singular():
    assert (plural(1, "sequence"), plural(1200, "sequence")) == ("1 sequence", "1,200 sequences")
