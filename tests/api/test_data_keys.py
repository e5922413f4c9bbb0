"""Every option that describes data is a keyword of the public functions."""

from dataclasses import fields
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

import seqcnn
from seqcnn.api.data.keys import FIELDS, OPTION_NAMES, keyed_plan
from seqcnn.api.data.source import read_data
from seqcnn.cli_support.data import DataOptions
from seqcnn.data.assay.plan import DataPlan
from seqcnn.errors import ConfigError, SeqcnnError
from seqcnn.schema import validate

SEQUENCES, Y = planted(64)
TABLE = pd.DataFrame({"sequence": SEQUENCES, "y": Y, "r1": Y, "r2": np.add(Y, 0.1), "kind": ["a", "b"] * 32})
RENAMED = {"columns": "target"}


@pytest.mark.parametrize(
    "option", [field.name for field in fields(DataOptions) if field.name != "data_config"]
)
def test_every_option_of_the_data_is_a_keyword(option):
    assert RENAMED.get(option, option) in {*signature(seqcnn.fit).parameters, *FIELDS, *OPTION_NAMES}


@pytest.mark.parametrize("name", [field.name for field in fields(DataPlan)])
def test_an_unknown_keyword_is_answered_with_all_that_there_are(name):
    with pytest.raises(ConfigError, match="fit: unknown key 'epoch'; did you mean 'epochs'") as caught:
        seqcnn.fit(SEQUENCES, Y, epoch=3)
    known = str(caught.value).partition("known: ")[2].split(", ")
    assert name in known
    assert {"epochs", "preset", "sheet"} <= {*known}
    assert not [key for key in known if key.startswith("_")]


@pytest.mark.parametrize(
    ("keys", "field", "value"),
    [
        ({"missing": "nd"}, "missing", ("NA", "nd")),
        ({"missing": [-999, "nd"]}, "missing", ("NA", "-999", "nd")),
        ({"sheet": "A"}, "sheets", ("A",)),
        ({"category": ["a", "b"]}, "categories", ("a", "b")),
        ({"sequence_column": "oligo"}, "sequence", "oligo"),
        ({"unit": {"y": "log2"}}, "units", {"y": "log2"}),
        ({"unit": "log2"}, "units", {"y": "log2"}),
        ({"length": np.int64(40)}, "length", 40),
        ({"decimal": None}, "decimal", "."),
    ],
)
def test_keywords_set_the_fields_of_the_plan(keys, field, value):
    assert getattr(keyed_plan(keys, ["y"]), field) == value


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sheet": "A", "sheets": ["B"]}, "several names of the keyword sheets"),
        ({"length": 0}, "length: '0' found"),
        ({"decimal": ";"}, "decimal: ';' found"),
        ({"unit": 5}, "units: '5' found"),
        ({"sheets": 1j}, "1j"),
    ],
)
def test_faulty_keywords_are_refused(keys, message):
    with pytest.raises(SeqcnnError, match=message):
        keyed_plan(keys)


def test_one_file_has_sequences_and_measurements(tmp_path):
    path = tmp_path / "library.csv"
    TABLE.assign(y=[f"{v:.3f}".replace(".", ",") for v in Y]).to_csv(path, sep=";", decimal=",")
    dataset = read_data(str(path), target="y", decimal=",", length=40, category="kind", unit="log2")
    assert (dataset.layout.length, dataset.category_names, dataset.units) == (40, ["kind"], ["log2"])
    np.testing.assert_allclose(dataset.targets[:, 0], Y, atol=6e-4)


def test_a_frame_is_read_as_its_file_with_the_same_keywords(tmp_path):
    table = TABLE.set_index(pd.Index([f"oligo{i}" for i in range(64)]))
    replicates = {"y": ["r1", "r2"], "z": ["r2", "r1"]}
    keys = {"replicates": replicates, "flank5": "ACG", "length": 36, "seed": 2}
    dataset = read_data(table.assign(z=Y), ["y", "z"], **keys)
    table.assign(z=Y).to_csv(tmp_path / "t.csv", index_label="id")
    other = read_data(tmp_path / "t.csv", target=["y", "z"], **keys)
    assert dataset.digest() == other.digest()
    assert (dataset.ids[0], dataset.layout.flank5) == ("oligo0", "ACG")
    assert dataset.replicates.shape == (64, 2, 2)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"decimal": ","}, "decimal: describes a file, not a DataFrame"),
        ({"length": 40, "group": "gene"}, "no column 'gene' in the DataFrame"),
        ({"length": 40, "features": np.ones((64, 2))}, "features: with these keywords"),
        ({"length": 40, "targets": Y}, "targets: with these keywords, expected names"),
        ({"weight": "r1", "weights": "r2"}, "weights and weight: expected one of them"),
        ({"replicates": {"y": "r1"}}, "replicates: expected a mapping of targets to lists"),
    ],
)
def test_keywords_that_a_frame_cannot_have_are_refused(keys, message):
    with pytest.raises(SeqcnnError, match=message):
        read_data(**{"sequences": TABLE, "targets": "y"} | keys)


def test_a_list_of_known_keys_has_no_name_of_pydantic():
    with pytest.raises(ConfigError, match="unknown key 'zzzzz'; known: targets, id") as caught:
        validate(DataPlan, {"zzzzz": 1}, "data")
    assert "__" not in str(caught.value)


def test_names_of_a_column_of_ids_are_those_of_fit_and_of_results(model):
    table = pd.DataFrame({"sequence": SEQUENCES[:3], "id": ["x1", "x2", "x3"]}, index=[7, 8, 9])
    assert model.predict(table).index.tolist() == [7, 8, 9]
    assert model.attribute(table).ids == ["x1", "x2", "x3"]
    assert model.saturate(table)["id"].unique().tolist() == ["x1", "x2", "x3"]
    assert model.saturate(table[["sequence"]])["id"].unique().tolist() == [7, 8, 9]
