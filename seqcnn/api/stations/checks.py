"""What is read from data, and how similar its test and training rows are: `check` and `audit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api.data.source import dataset_of
from seqcnn.api.public import as_arguments, public
from seqcnn.errors import plural


@dataclass(frozen=True, repr=False)
class DataCheck:
    """What `seqcnn.check` reports; printed as lines."""

    summary: list[str]
    """Lines on size, lengths, composition, targets, split, and on what public libraries of this size gave."""
    warnings: list[str]
    """What was dropped or changed, and what limits models or scores."""

    def __repr__(self) -> str:
        lines = [*self.summary, *(f"warning: {line}" for line in self.warnings)]
        return "\n".join([*lines, f"no fault found, {plural(len(self.warnings), 'warning')}"])


@dataclass(frozen=True, repr=False)
class Audit:
    """What `seqcnn.audit` reports; printed as the text of the command."""

    text: str
    table: pd.DataFrame
    """Per test row, by id: `max_train_identity` (0 to 1), `nearest` (training id, None without a relative),
    and `recurring_fraction`, the largest fraction of the row that recurs in a training sequence."""

    def __repr__(self) -> str:
        return self.text


@public
def check(sequences: Any, targets: Any = None, **data: Any) -> DataCheck:
    """Check sequences and measurements as `seqcnn check`, and write nothing.

    Parameters
    ----------
    sequences, targets
        As of `seqcnn.fit`; or the path of a dataset (.h5).
    **data
        Keywords of `seqcnn.fit` that describe the data, such as `target`, `group`, `sheet` or `missing`.

    Returns
    -------
    `summary` and `warnings`, lists of lines.

    Raises
    ------
    SequenceError, TableError
        If the data cannot be read, or do not belong together.
    ConfigError
        If a keyword is unknown or out of bounds.

    Examples
    --------
    >>> import seqcnn
    >>> report = seqcnn.check("library.tsv", target="activity", group="family")
    >>> report.summary[0]
    '64 sequences of 30 bp, window 30 bp'
    """
    from seqcnn.data.check import summary
    from seqcnn.data.library_size import expectations, size_warnings

    dataset = dataset_of(sequences, targets, data, check)
    warnings = [*dataset.provenance.get("notes", []), *size_warnings(dataset)]
    lines = [*summary(dataset), *expectations(dataset)]
    return DataCheck([*map(as_arguments, lines)], [*map(as_arguments, warnings)])


@public
def audit(sequences: Any, targets: Any = None, **data: Any) -> Audit:
    """Report which test sequences are similar to training sequences, as `seqcnn audit`.

    Parameters
    ----------
    sequences, targets
        The path of a dataset (.h5); or as of `seqcnn.fit`, whose split is then reported.
    **data
        Keywords of `seqcnn.fit` that describe the data.

    Returns
    -------
    `text`, the report, and `table`, one row per test sequence.

    Examples
    --------
    >>> import seqcnn
    >>> report = seqcnn.audit("dataset.h5")
    >>> report.table.columns.tolist()
    ['max_train_identity', 'nearest', 'recurring_fraction']
    """
    from seqcnn.data.audit import format_audit, leakage_mask

    dataset = dataset_of(sequences, targets, data, audit)
    test = dataset.part("test")
    ids = np.array([*dataset.ids, None], dtype=object)
    nearest = np.where(leakage_mask(dataset), dataset.nearest_train_row[test], len(dataset))
    columns = {
        "max_train_identity": dataset.max_train_identity[test],
        "nearest": ids[nearest],
        "recurring_fraction": dataset.recurring_fraction[test],
    }
    return Audit(format_audit(dataset), pd.DataFrame(columns, index=pd.Index(ids[test], name="id")))
