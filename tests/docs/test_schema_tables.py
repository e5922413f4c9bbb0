"""The tables of configuration keys are complete, and each key says what it means."""

import re
import sys

import pytest
from support.paths import ROOT

from seqcnn.config.model import TrainingPlan
from seqcnn.encoders import ALL_ENCODERS

sys.path.insert(0, str(ROOT / "docs/sphinx"))
from schema_tables import meanings, named_schema, table

NAMES = re.findall(
    r"^```\{schema\} (.+)$", (ROOT / "docs/reference/config-keys.md").read_text(), re.MULTILINE
)


def test_a_key_has_its_values_its_default_and_its_meaning():
    rows = table(TrainingPlan).splitlines()
    assert rows[0] == "| key | values | default | meaning |"
    assert "| `epochs` | integer from 1 to 100,000 | `20` | Passes over the training sequences. |" in rows
    assert len(rows) == 2 + len(TrainingPlan.model_fields)


def test_every_encoder_has_a_table():
    assert [name for name in NAMES if name.startswith("encoder ")] == [f"encoder {n}" for n in ALL_ENCODERS]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("encoder ")])
def test_every_key_of_a_section_has_a_meaning(name):
    keys = set(re.findall(r"^\| `(\w+)`", table(named_schema(name)), re.MULTILINE))
    commands = {
        "attribute",
        "motifs",
        "marginalize",
        "dependencies",
        "variants",
        "saturate",
        "scan",
        "design",
        "next",
    }
    assert keys - set(meanings(named_schema(name))) <= (commands if name.endswith("BiologyConfig") else set())
    assert keys
