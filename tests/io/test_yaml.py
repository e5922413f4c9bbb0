import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcnn.errors import ConfigError, EnvironmentFault, SeqcnnError, UsageError
from seqcnn.io.yaml import MAX_BYTES, MAX_DEPTH, read_yaml

BASIC = st.characters(max_codepoint=0xFFFF)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(BASIC, max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(BASIC, max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "x.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(path)

    return read


@pytest.mark.parametrize(
    "text", ["no", "on", "010", "0x1F", "1:30", "1_000", "2024-01-01", ".inf", "+5", "<<"]
)
def test_a_scalar_that_only_yaml_1_1_converts_stays_text(read, text):
    assert read(f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("-3", -3), ("0", 0), ("1e-3", 0.001), ("2.5", 2.5), ("true", True), ("~", None)],
)
def test_a_scalar_that_json_knows_is_that_value(read, text, value):
    found = read(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


@given(values=st.dictionaries(st.text("abc", min_size=1), JSON, max_size=3))
def test_json_reads_as_itself(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("json") / "x.yaml"
    path.write_text(json.dumps(values))
    assert read_yaml(path) == values


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_mapping_or_a_config_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "x.yaml"
    path.write_bytes(content)
    with suppress(ConfigError):
        assert isinstance(read_yaml(path), dict)


def test_an_empty_file_is_an_empty_mapping(read):
    assert read("") == read("# a comment only\n") == {}


def test_a_byte_order_mark_is_no_part_of_the_first_key(read):
    assert read(b"\xef\xbb\xbfa: 1") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1", "line 1: an anchor or alias"),
        ("b: 1\na: *x", "line 2: an anchor or alias"),
        ("a: !!python/object/apply:os.system ['true']", "line 1: a tag"),
        ("a: !!int 3", "a tag"),
        ("a: 1\nb: 2\na: 3", "line 3: key 'a' twice"),
        ("a: {b: 1, b: 2}", "key 'b' twice"),
        ("? [x]\n: 1", "a key that is not text"),
        ("a: " + "[" * 5000, "too deeply nested"),
        ("- a\n- b", "expected a mapping"),
        ("just words", "expected a mapping"),
        ("1: 2", "expected a mapping of keys"),
        ("__use_yte__: true", "__use_yte__"),
        ("a: [1", "line 1"),
        ("a: b: c", "line 1"),
        ("a: 1\n---\nb: 2", "line 2"),
        (b"a: \xff", "UTF-8"),
        (b"a: \x00", "UTF-8"),
        ("a: " + "9" * 5000, "digits"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_with_its_place(read, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read(text)
    assert "x.yaml" in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(caught.value).split("x.yaml")[0])


def test_values_nest_up_to_the_limit_and_no_deeper(read):
    deep = MAX_DEPTH - 2
    assert read("a: " + "[" * deep + "1" + "]" * deep)["a"]
    with pytest.raises(ConfigError, match="nested"):
        read("a: " + "[" * (deep + 1) + "1" + "]" * (deep + 1))


def test_a_number_too_large_for_a_float_is_infinite_and_left_to_the_schema(read):
    assert math.isinf(read("a: 1e999")["a"])


def test_a_file_of_many_keys_is_read_at_once(read):
    text = "".join(f"k{n}: 1\n" for n in range(20_000))
    assert len(read(text)) == 20_000


def test_a_file_over_the_size_limit_is_refused(read):
    with pytest.raises(ConfigError, match="larger than 1000000 bytes"):
        read("#" * (MAX_BYTES + 1))


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a" * 300 + ".yaml", "a\0b.yaml"])
def test_a_missing_file_or_a_folder_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"No such file|a folder found"):
        read_yaml(tmp_path / name)


def test_a_file_that_cannot_be_read_is_a_fault_of_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(EnvironmentFault, match=r"x\.yaml: Permission denied") as caught:
        read_yaml(path)
    assert isinstance(caught.value, SeqcnnError)
    assert caught.value.exit_code == 3
