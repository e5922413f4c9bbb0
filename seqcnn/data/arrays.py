"""Sequences and measurements that are in memory already -> dataset, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcnn.data.dataset import Dataset
from seqcnn.data.layout import Layout
from seqcnn.data.onehot import pack
from seqcnn.data.splits import PARTS, SplitInput, SplitPlan, group_keys, split_rows
from seqcnn.errors import SequenceError, TableError, show


def dataset_from_arrays(
    sequences: Sequence[Any], targets: Any, *, split: Sequence[str] | None = None, seed: int = 1
) -> Dataset:
    """Make a dataset of sequences and their measurements.

    Parameters
    ----------
    sequences
        N DNA sequences: `str`, or Biopython `Seq` or `SeqRecord`.
    targets
        (N,) or (N, T): array, Series or DataFrame, whose column names name the targets; NaN = not measured.
    split
        'train', 'val' or 'test' for every sequence; by default a tenth each tests and validates,
        equal sequences and reverse complements on one side.
    seed
        Of the random split.

    Raises
    ------
    SequenceError
        If a sequence is not DNA.
    TableError
        If the numbers of sequences, targets and split values differ, or nothing is measured.
    """
    inserts = [_packed(item, number) for number, item in enumerate(sequences, start=1)]
    y = np.asarray(targets, np.float32)
    y = y[:, None] if y.ndim == 1 else y
    if not inserts or len(y) != len(inserts) or (split is not None and len(split) != len(inserts)):
        raise TableError(f"{len(inserts)} sequences, {len(y)} rows of targets; expected one row a sequence")
    if np.isinf(y).any() or not np.isfinite(y).any(0).all():
        raise TableError(
            "targets: infinite, or never measured; expected finite numbers, NaN where not measured"
        )
    keys = group_keys(inserts, None)
    parts = split_rows(SplitPlan(seed=seed), SplitInput(keys, [])) if split is None else np.array(split)
    if unknown := sorted(set(parts.tolist()) - set(PARTS)):
        raise TableError(f"split: {show(unknown[0])} found; expected train, val or test")
    if missing := [part for part in PARTS if (parts == part).sum() < 2]:
        raise TableError(
            f"split: fewer than 2 sequences in {', '.join(missing)}; at least 2 are expected in each part"
        )
    names = [str(name) for name in getattr(targets, "columns", [getattr(targets, "name", None) or "target"])]
    layout = Layout(max(map(len, inserts)))
    return Dataset(
        ids=[str(getattr(item, "id", number)) for number, item in enumerate(sequences, start=1)],
        rows=layout.rows(inserts),
        targets=y,
        weights=np.ones(len(y), np.float32),
        split=parts,
        groups=np.unique(keys, return_inverse=True)[1].astype(np.int32),
        replicates=np.empty((*y.shape, 0), np.float32),
        target_names=names if len(names) == y.shape[1] else [f"target {t + 1}" for t in range(y.shape[1])],
        units=[""] * y.shape[1],
        layout=layout,
        provenance={
            "inputs": {},
            "split": "given" if split is not None else f"random (seed {seed})",
            "notes": [],
        },
    )


def _packed(item: Any, number: int) -> bytes:
    """Pack one sequence, naming its place when it is not DNA."""
    try:
        return pack(str(getattr(item, "seq", item)))
    except SequenceError as error:
        raise SequenceError(f"sequence {number}: {error}") from error
