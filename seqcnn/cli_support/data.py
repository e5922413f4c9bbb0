"""Read a dataset as the data options of the command line describe it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqcnn.cli_support.plans import data_plan
from seqcnn.data.assay.plan import Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.prepare import prepare


def read_dataset(sequences: Path, targets: Path | None, options: dict[str, Any]) -> Dataset:
    """Read a dataset as the data options say."""
    place = options.pop("genome")
    return prepare(Inputs(sequences, targets or sequences, place), data_plan(options.pop("config"), options))
