"""Endless input is refused at once and in little memory, measured on a process of its own."""

import pytest
from reliability_inputs import STREAMS, cost
from test_badinputs import short_model  # noqa: F401  a fixture


@pytest.fixture(scope="module")
def idle(short_model):  # noqa: F811
    code, memory, seconds = cost(short_model, b">s1\n", b"ACGTC" * 10, 1)
    assert code == 0
    return memory, seconds


@pytest.mark.parametrize("name", STREAMS)
def test_an_endless_stream_is_refused_within_a_second_and_50_mb(name, short_model, idle):  # noqa: F811
    code, memory, seconds = cost(short_model, *STREAMS[name])
    assert code == 2
    assert memory - idle[0] < 50
    assert seconds - idle[1] < 1
