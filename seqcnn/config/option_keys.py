"""Options of commands -> keys of a configuration, for messages and reports of the pipeline.

A run of the pipeline has no options: what `fit` and `prepare` take as `--sheet` is its key `data.sheets`.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from seqcnn.config.option_values import columns_of_targets, replace_values
from seqcnn.errors import SeqcnnError

_TRAINING = "(configs/models/NAME.yaml)"

KEYS = {
    "--target": "data.targets: [{}]",
    "--id": "data.id: {}",
    "--id-until": "data.id_until: {}",
    "--match-ids": "data.match_ids: {}",
    "--sequence-column": "data.sequence: {}",
    "--unit": "data.units: {}",
    "--sheet": "data.sheets: [{}]",
    "--decimal": "data.decimal: {}",
    "--thousands": "data.thousands: {}",
    "--encoding": "data.encoding: {}",
    "--replicates": "data.replicates: {{TARGET: [{}]}}",
    "--aggregate": "data.aggregate: {}",
    "--replicate-column": "data.replicate_column: {}",
    "--pivot": "data.pivot: {}",
    "--split": "data.split.column: {}",
    "--group": "data.group: {}",
    "--category": "data.categories: [{}]",
    "--weight": "data.weight: {}",
    "--weight-by": "data.weight_by: {}",
    "--transform": "data.transform: {}",
    "--missing": "data.missing: [{}]",
    "--align": "data.align: {}",
    "--length": "data.length: {}",
    "--flank5": "data.flank5: {}",
    "--flank3": "data.flank3: {}",
    "--genome": "genome: {}",
    "--chromosome-prefix": "data.chromosome_prefix: {}",
    "--memory": "data.memory: {}",
    "--features": "features: {}",
    "--configs": "models: [{}]",
    "--seeds": "seeds: [{}]",
    "--epochs": f"training.epochs: {{}} {_TRAINING}",
    "--strand": f"training.strand: {{}} {_TRAINING}",
    "--loss": f"training.loss: {{}} {_TRAINING}",
}
"""Option -> its key, and how the key is written with a value."""

_VALUE = (
    r"[\w.-]*[\d,.][\w.,-]*\w|\d|rank-normal|mean|median|sd|counts|add|remove|version|case|zeros|common|ridge|"
    "single|double"
)
"""Words after an option that can be its value: lists, numbers, names of files, and these choices."""

_OPTION = re.compile(rf"(?<![\w-])({'|'.join(KEYS)})(?![\w-])(?: ({_VALUE})(?!\w))?")


def in_keys(text: str) -> str:
    """Return a text that names keys of a configuration in the place of options.

    >>> in_keys("two sheets with cells; name one with --sheet")
    'two sheets with cells; name one with data.sheets'
    >>> in_keys("--seeds 1,2,3")
    'seeds: [1, 2, 3]'
    >>> in_keys("pass --missing n.d. --missing - or --decimal ,")
    "pass data.missing: [n.d., '-'] or data.decimal: ','"
    """
    return _OPTION.sub(_key, replace_values(text, _key_with_values))


def _key_with_values(option: str, values: list[str]) -> str:
    """Return the key of an option, with its values in YAML."""
    value = {"--missing": values, "--replicates": columns_of_targets(values)}.get(option, values[0])
    in_flow = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, width=math.inf)
    return f"{KEYS[option].partition(':')[0]}: {in_flow.strip()[1:-1]}"


def _key(match: re.Match[str]) -> str:
    """Return the key of an option, with the value that follows the option."""
    form, value = KEYS[match[1]], match[2]
    if value is None:
        return form.partition(":")[0]
    parts = value.split(",")
    if match[1] == "--configs":  # a file of the pipeline is configs/models/NAME.yaml
        parts = [part.removesuffix(".yaml") for part in parts]
    return form.format(", ".join(parts))


@contextmanager
def messages_in_keys(applies: bool = True) -> Iterator[None]:
    """Name keys in the messages and in the error of the block, if `applies`."""
    handlers = logging.getLogger("seqcnn").handlers if applies else []
    for handler in handlers:
        handler.addFilter(_translate)
    try:
        yield
    except SeqcnnError as error:
        if applies:
            error.args = (in_keys(str(error)),)
        raise
    finally:
        for handler in handlers:
            handler.removeFilter(_translate)


def _translate(record: logging.LogRecord) -> bool:
    """Name keys in a message."""
    record.msg, record.args = in_keys(record.getMessage()), ()
    return True
