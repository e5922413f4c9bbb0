import json
import tracemalloc

import pytest

from seqcnn.errors import TableError
from seqcnn.io import json_file
from seqcnn.io.json_file import parse_json, read_json, write_json


@pytest.mark.parametrize(
    "text",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 400, "1" * 5000, str(2**63), str(-(2**63)),
     '{"a": 1, "a": 2}', "[" * 9999, "[" * 9999 + "]" * 9999, '{"a":' * 9999, "{", b"\xff", "'a'"],
)  # fmt: skip
def test_what_is_no_strict_json_is_refused_wherever_it_is(text, tmp_path):
    for content in (text, text if isinstance(text, bytes) else f'{{"x": [{text}]}}'):
        with pytest.raises(ValueError, match=r"."):
            parse_json(content)
        (tmp_path / "x.json").write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(TableError, match=r"x.json: not JSON, or damaged \(") as caught:
            read_json(tmp_path / "x.json")
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "value", [0, -1, 2**63 - 1, 1.5e308, -0.0, 1e-400, "é", None, True, [], {"a": [1.5]}]
)
def test_json_is_read_as_itself(value):
    assert parse_json(json.dumps(value)) == value


def test_numbers_that_are_not_finite_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_larger_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_file, "MAX_BYTES", 1000)
    (tmp_path / "x.json").write_bytes(b" " * 50_000_000)
    tracemalloc.start()
    with pytest.raises(TableError, match=r"x\.json: larger than 1,000 bytes"):
        read_json(tmp_path / "x.json")
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


@pytest.mark.parametrize("values", [[], 1, "x", None])
def test_a_file_that_holds_no_object_is_refused(values, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(values))
    with pytest.raises(TableError, match="a JSON object is expected"):
        read_json(tmp_path / "x.json")
