"""Every field of a header with values that cannot be meant: refused in one line, or harmless."""

import copy
import json

import pytest
import torch
from safetensors.torch import save

from seqcnn.errors import BundleError, SeqcnnError
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.info import describe_bundle
from seqcnn.model.network.bundle import _digest, load_bundle
from seqcnn.model.network.header import Header, TrainingRecord, parse_header

ABSURD = {
    "null": "null",
    "object": '{"x": {"y": {"z": {}}}}',
    "nested list": "[[[]]]",
    "empty list": "[]",
    "empty object": "{}",
    "text": '"x"',
    "long text": json.dumps("x" * 3000),
    "control characters": '"\\u001b[2J\\n"',
    "true": "true",
    "zero": "0",
    "negative": "-1",
    "fraction": "0.5",
    "infinite": "Infinity",
    "overflow": "1e400",
    "NaN": "NaN",
    "huge": "1e308",
    "integer of 400 digits": "9" * 400,
    "2^63": str(2**63),
    "deep": "[" * 5000 + "]" * 5000,
}


@pytest.fixture(scope="module")
def loaded(bundle):
    return load_bundle(bundle)


@pytest.fixture(scope="module")
def example(loaded):
    """The values of a header in which every field is set."""
    values = loaded[1].model_dump(mode="json") | {"metrics": {"val": {"target": {"pearson": 0.5}}}}
    source = {
        "name": "a.safetensors", "sha256": "0" * 64, "members": 3, "training_sha256": "1" * 64,
        "training_rows": 9, "freeze": "stem", "head": "new", "relatives": {"test": {"rows": 1, "n": 8}},
    }  # fmt: skip
    record = {
        "sources": [source],
        "patience": 3, "seeds": [1], "teachers": ["0" * 64], "teacher_weight": 0.7, "shuffled_rows": 10,
        "teacher_spread": True,
        "tuning": {"trials": 3, "pearson": 0.5},
        "augmentation": {"kinds": ["deletion"], "max_count": 2, "max_span": 0.1, "clean_fraction": 0.2},
    }  # fmt: skip
    calibration = {"target": {"n": 8, "errors": [0.1, 0.2], "scale_floor": 0.5}}
    return values | {
        "training": values["training"] | record, "inputs": {"x.fa": "0" * 64}, "calibration": calibration,
        "ood": {"n": 8, "rate": 0.1, "distance": 9.0, "surprisal": 2.0},
    }  # fmt: skip


def places(value, path=()):
    """Yield the way to each value of a nested one, and to each value in it."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def with_text(values, path, text):
    """The JSON text of values in which one is replaced by a text."""
    values = copy.deepcopy(values)
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = "REPLACED"
    return json.dumps(values).replace('"REPLACED"', text)


def test_the_example_has_every_field_of_the_schemas(example):
    assert example.keys() == Header.model_fields.keys()
    assert example["training"].keys() == TrainingRecord.model_fields.keys()
    for field in ("ood", "calibration"):
        assert example[field], field


def test_an_object_in_place_of_any_field_is_refused(example, tmp_path):
    for path in filter(None, places(example)):
        with pytest.raises(BundleError, match="m: ") as caught:
            parse_header(with_text(example, path, ABSURD["object"]), tmp_path / "m")
        assert str(caught.value).isprintable(), path


def test_any_value_in_any_field_is_refused_in_one_line_or_harmless(example, loaded, tmp_path):
    tensors = {name: tensor.contiguous() for name, tensor in loaded[0].state_dict().items()}
    accepted, refusals = set(), {}
    for path in filter(None, places(example)):
        for name, text in ABSURD.items():
            header = with_text(example, path, text)
            try:
                parse_header(header, tmp_path / "m")
                (tmp_path / "m").write_bytes(
                    save(tensors, {"seqcnn": header, "sha256": _digest(header, tensors)})
                )
                assert describe_bundle(tmp_path / "m")
                if path[0] not in {field for field, _ in accepted}:
                    assert len(load_model(tmp_path / "m", "cpu").predict_array(["ACGTC" * 6])) == 1
                accepted.add((path[0], name))
            except SeqcnnError as error:
                refusals[path, name] = error
    assert {error.exit_code for error in refusals.values()} == {2}
    assert [
        key for key, error in refusals.items() if not str(error).isprintable() or len(str(error)) > 500
    ] == []
    assert ("seqcnn_version", "text") in accepted
    assert {name for _, name in accepted}.isdisjoint(
        {"object", "infinite", "overflow", "NaN", "integer of 400 digits", "deep"}
    )
    negative = sorted(field for field, name in accepted if name == "negative")
    assert negative == ["metrics", "training"]  # scores; the latter has that of a search


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (torch.bfloat16, "BF16"), (torch.float16, "F16"), (torch.float64, "F64"), (torch.int32, "I32"),
        (torch.int64, "I64"), (torch.uint8, "U8"), (torch.bool, "BOOL"), (torch.complex64, "C64"),
        (torch.float8_e4m3fn, "F8_E4M3"), (torch.float8_e5m2, "F8_E5M2"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("which", ["all", "head.bias"])
def test_weights_of_another_type_are_refused_by_name(which, dtype, name, loaded, tmp_path):
    tensors = {
        key: tensor.to(dtype) if which in ("all", key) and tensor.is_floating_point() else tensor
        for key, tensor in loaded[0].state_dict().items()
    }
    text = loaded[1].model_dump_json()
    (tmp_path / "m").write_bytes(save(tensors, {"seqcnn": text, "sha256": "0" * 64}))
    expected = rf"m: weights '[a-z0-9_.]+' are {name}; expected F32, as `seqcnn train` writes them"
    with pytest.raises(BundleError, match=expected) as caught:
        load_bundle(tmp_path / "m")
    assert which == "all" or f"'{which}'" in str(caught.value)


def test_a_key_that_occurs_twice_is_refused(example, tmp_path):
    text = json.dumps(example).replace('"members": 1', '"members": 1, "members": 2')
    with pytest.raises(BundleError, match="metadata cannot be read"):
        parse_header(text, tmp_path / "m")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transforms": {"other": {"name": "log1p"}}}, "transforms: expected names of targets"),
        ({"targets": ["a", "a"], "units": ["", ""]}, "targets: a name occurs twice"),
        ({"min_length": 31}, "min_length: 31 bp in windows of 30 bp"),
    ],
)
def test_fields_that_do_not_fit_each_other_are_refused(changes, message, example, tmp_path):
    with pytest.raises(BundleError, match=f"m: .*{message}"):
        parse_header(json.dumps(example | changes), tmp_path / "m")
