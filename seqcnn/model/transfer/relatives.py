"""Leakage by the source of a transfer: held-out rows with a relative among the source's training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqcnn.data.audit import leakage_mask
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.similarity.search import IDENTITY
from seqcnn.data.split.leakage import leakage
from seqcnn.errors import BundleError, place
from seqcnn.model.network.header import Header
from seqcnn.model.network.source import Relatives

HELD_OUT = ("val", "test")
"""Parts of the split that are compared."""


def find_relatives(dataset: Dataset, header: Header, source: Path | None) -> dict[str, Relatives] | None:
    """Count the validation and test rows with a relative among the training rows of a bundle.

    Parameters
    ----------
    dataset
        Dataset with the validation and test rows.
    header
        Header of the bundle.
    source
        Dataset of the bundle; it is not needed if the training rows are those of `dataset`.

    Returns
    -------
    Part of the split -> number of its rows, and of those with a relative; None without the training rows.

    Raises
    ------
    BundleError
        If the bundle was not trained on `source`.
    """
    if header.training_sha256 == dataset.digest():
        return {part: _counts(leakage_mask(dataset, part)) for part in HELD_OUT}
    if source is None:
        return None
    trained = _training_rows(load_dataset(source), header, source)
    rows = np.flatnonzero(dataset.split != "train")
    held_out = dataset.rows.take(rows).inserts()
    parts = np.concatenate([dataset.split[rows], np.full(len(trained), "train")])
    identity = leakage([*held_out, *trained], parts)["max_train_identity"]
    return {part: _counts(identity[parts == part] >= np.float32(IDENTITY)) for part in HELD_OUT}


def _training_rows(dataset: Dataset, header: Header, path: Path) -> Sequence[bytes]:
    """Return the packed training sequences of a bundle: training rows, or all rows if folds were trained."""
    everything = replace(dataset, split=np.full(len(dataset), "train"))
    for trained in (dataset, everything):
        if trained.digest() == header.training_sha256:
            return trained.rows.take(trained.part("train")).inserts()
    expected = f"SHA-256 {str(header.training_sha256)[:12]} expected"
    raise BundleError(
        f"{place(path)}: training rows have SHA-256 {dataset.digest()[:12]}; {expected}, as the bundle was "
        "trained on other rows; name the dataset of the bundle"
    )


def _counts(similar: np.ndarray) -> Relatives:
    """Return the counts of a part, bool (n,)."""
    return Relatives(rows=int(similar.sum()), n=len(similar))
