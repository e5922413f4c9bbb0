"""Every integer of a schema has bounds: none of hundreds of digits is accepted, and written into a bundle."""

import pytest
from pydantic import TypeAdapter

from seqcnn.config.model import ModelConfig
from seqcnn.config.pipeline import PipelineConfig
from seqcnn.errors import ConfigError
from seqcnn.model.network.header import Header, TrainingRecord
from seqcnn.schema import validate

OPTIONS = "BiologyConfig"  # values of options, which the commands check


def unbounded(schema, path=""):
    """Yield the places of integers without a maximum in a JSON schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & schema.keys():
            yield path
        for key, value in schema.items():
            yield from unbounded(value, f"{path}.{key}")
    elif isinstance(schema, list):
        for value in schema:
            yield from unbounded(value, path)


@pytest.mark.parametrize("schema", [PipelineConfig, ModelConfig, Header, TrainingRecord])
def test_every_integer_has_a_maximum(schema):
    places = unbounded(TypeAdapter(schema).json_schema())
    assert [place for place in places if OPTIONS not in place] == []


@pytest.mark.parametrize("value", [10**400, -(10**400), 2**63, 0, -1])
def test_a_patience_of_hundreds_of_digits_is_refused_in_one_line(value):
    with pytest.raises(ConfigError, match=r"x: training\.patience: .* found; Input should be") as caught:
        validate(ModelConfig, {"encoder": "cnn", "training": {"patience": value}}, "x")
    assert len(str(caught.value)) < 300
