"""Options of commands as keys of a configuration."""

import dataclasses
import logging

import pytest

from seqcnn.commands.prepare import prepare
from seqcnn.config.model import ModelConfig, TrainingPlan
from seqcnn.config.option_keys import KEYS, in_keys, messages_in_keys
from seqcnn.config.pipeline import PipelineConfig
from seqcnn.data.assay.plan import DataPlan
from seqcnn.data.split.splits import SplitPlan
from seqcnn.errors import TableError
from seqcnn.log import log_to_stderr

SECTIONS = {
    "data": {field.name for field in dataclasses.fields(DataPlan)},
    "data.split": {field.name for field in dataclasses.fields(SplitPlan)},
    "training": set(TrainingPlan.model_fields),
    "": {*PipelineConfig.model_fields, *ModelConfig.model_fields},
}


@pytest.mark.parametrize("option", KEYS)
def test_the_key_of_an_option_is_one_of_its_schema(option):
    section, _, key = in_keys(option).rpartition(".")
    assert key in SECTIONS[section]


def test_every_option_of_the_data_has_a_key():
    names = {name for parameter in prepare.params for name in parameter.opts if name.startswith("--")}
    assert names - {*KEYS} == {"--data-config", "--output", "--overwrite", "--help"} & names


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("name one with --sheet, or two", "name one with data.sheets, or two"),
        ("see --configs", "see models"),
        ("--config cnn", "--config cnn"),
        ("--seeds 1,2,3", "seeds: [1, 2, 3]"),
        ("(--configs my.yaml) with", "(models: [my]) with"),
        ("--replicates rep1,rep2", "data.replicates: {TARGET: [rep1, rep2]}"),
        ("--aggregate mean reads one row", "data.aggregate: mean reads one row"),
        ("--epochs 24", "training.epochs: 24 (configs/models/NAME.yaml)"),
        ("--transform rank-normal", "data.transform: rank-normal"),
        ("repeat --target", "repeat data.targets"),
        ("pass --decimal ,; or", "pass data.decimal: ','; or"),
        ("pass --decimal , --thousands .", "pass data.decimal: ',' data.thousands: ."),
        (
            "NA or pass --missing n.d. --missing - --missing 'n a'; x",
            "NA or pass data.missing: [n.d., '-', n a]; x",
        ),
        ("--replicates HepG2=a,b --replicates K562=c,d", "data.replicates: {HepG2: [a, b], K562: [c, d]}"),
    ],
)
def test_options_in_a_text_become_keys_with_their_values(text, keys):
    assert in_keys(text) == keys


def test_warnings_and_errors_of_a_configuration_name_keys(capsys):
    log_to_stderr()

    def fail():
        with messages_in_keys():
            logging.getLogger("seqcnn").warning("%s or --missing", "--weight")
            raise TableError("a.xlsx: name one with --sheet")

    with pytest.raises(TableError, match=r"^a\.xlsx: name one with data\.sheets$"):
        fail()
    logging.getLogger("seqcnn").warning("--weight")
    expected = "seqcnn: warning: data.weight or data.missing\nseqcnn: warning: --weight\n"
    assert capsys.readouterr().err == expected
