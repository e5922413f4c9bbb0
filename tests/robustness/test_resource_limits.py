"""Endless input is refused at once and in little memory, measured on a process of its own."""

import gzip

import pytest

from benchmarks.reliability.inputs import BOMBS, STREAMS, cost, lay_out_bombs, spent


@pytest.fixture(scope="module")
def idle(short_model):
    code, memory, seconds = cost(short_model, b">s1\n", b"ACGTC" * 10, 1)
    assert code == 0
    return memory, seconds


@pytest.mark.parametrize("name", STREAMS)
def test_an_endless_stream_is_refused_within_a_second_and_50_mb(name, short_model, idle):
    code, memory, seconds = cost(short_model, *STREAMS[name])
    assert code == 2
    assert memory - idle[0] < 50
    assert seconds - idle[1] < 1


@pytest.fixture(scope="module")
def bombs(tmp_path_factory):
    return lay_out_bombs(tmp_path_factory.mktemp("bombs"))


@pytest.mark.parametrize("name", [name for name, *_ in BOMBS])
def test_a_gzip_bomb_of_valid_content_is_refused_within_seconds_and_200_mb(name, bombs):
    _, idle, seconds = spent(bombs["few"])
    code, memory, cpu = spent(bombs[name])
    assert code == 2
    assert memory - idle < 200
    assert cpu - seconds < 5


def test_a_gzip_bomb_of_records_is_predicted_in_constant_memory(short_model, idle):
    packed = gzip.compress((b">s\n" + b"ACGTC" * 10 + b"\n") * 200_000)
    assert len(packed) < 100_000
    code, memory, _ = cost(short_model, packed, b"", 0)
    assert code == 0
    assert memory - idle[0] < 50
