"""Make a dataset from sequences and measurements in memory, for notebooks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.columns.byte_strings import ByteStrings
from seqcnn.data.arrays import column_of, in_order, labels_of, number_matrix, refuse_lengths
from seqcnn.data.assay.target_names import check_targets
from seqcnn.data.check import cluster_remedy, drop_notes, group_remedy, refuse_small_parts, target_notes
from seqcnn.data.dataset import Dataset, transform_targets
from seqcnn.data.features.feature_array import feature_array
from seqcnn.data.readers.fasta import check_names
from seqcnn.data.split.audited_split import AuditedSplit, split_and_audit
from seqcnn.data.split.clusters import group_keys, strand_keys
from seqcnn.data.split.keys import Keys
from seqcnn.data.split.leakage import leakage
from seqcnn.data.split.splits import PARTS, SplitPlan, describe_split
from seqcnn.data.split.units import SplitUnits, split_units
from seqcnn.data.transform import TransformName
from seqcnn.errors import TableError, show
from seqcnn.schema import Seed, checks_arguments
from seqcnn.sequence.objects import pack_all
from seqcnn.sequence.window import Align, Layout

logger = logging.getLogger(__name__)

_NO_ID = "<unknown id>"  # id of a Biopython SeqRecord without a name


@checks_arguments
def dataset_from_arrays(
    sequences: Any,
    targets: Any,
    *,
    ids: Any = None,
    split: Any = None,
    groups: Any = None,
    weights: Any = None,
    replicates: Any = None,
    features: Any = None,
    align: Align = "left",
    transform: TransformName = "none",
    seed: Seed = 1,
) -> Dataset:
    """Make a dataset from sequences and their measurements.

    Parameters
    ----------
    sequences
        N DNA sequences: `str`, or Biopython `Seq` or `SeqRecord`.
    targets
        (N,) or (N, T): array, Series or DataFrame, whose column names name the targets; NaN = not measured.
        If sequences and targets are both pandas objects, they are paired by their indexes.
    ids
        N names of the sequences; by default those of records, the labels of the index of a Series if each is
        there once, else 1, 2, ...
    split
        'train', 'val' or 'test' for every sequence; by default the split of `seqcnn prepare`: clusters of
        similar sequences are assigned at random, 10 % each to test and validation.  A combinatorial library
        is split by its parts, and sequences that mix parts of several sides are left out, with a note.
        A `SplitPlan` chooses another split.
    groups
        N labels; rows of one label stay in the same part of the split.  None, NaN and '' are no label.
    weights
        N weights of the rows in the loss, 0 or more.
    replicates
        (N, R) measurements of the only target, whose noise bounds the scores; NaN = not measured.
    features
        Features of the sequences, such as embeddings, for the encoder `features`: (N, D) or
        (N, positions, D), or the path of an .npz or .h5 file with an array per id.
    align
        Alignment of sequences that are shorter than the longest.
    transform
        Transform of the targets and replicates, fitted on training rows; see `seqcnn.data.transform`.
    seed
        Random seed of the split.

    Raises
    ------
    SequenceError
        If a sequence is missing or not DNA, or two records have one name.
    TableError
        If the indexes of pandas objects hold other labels or, in another order, a label twice; if the
        numbers of sequences, targets and split values differ; if a part of the split has fewer than two
        rows; or if a target is constant or missing in the training rows.
    """
    inserts, y = pack_all(sequences), number_matrix(in_order(sequences, targets, "targets"), "targets")
    refuse_lengths(len(inserts), y, "targets")
    plan = (
        split if isinstance(split, SplitPlan) else SplitPlan("auto" if split is None else "column", seed=seed)
    )
    given = None if isinstance(split, SplitPlan) else column_of(sequences, split, "split")
    labels = labels_of(column_of(sequences, groups, "groups"))
    plan, units, notes = split_units(plan, inserts, labelled=labels is not None)
    measured = np.isfinite(y).any(1)
    if given:
        audited = _given_split(inserts, measured, units, given)
    else:
        audited = _split(plan, inserts, measured, units, labels)
    notes += drop_notes(np.zeros(len(y)), y, audited.split)
    names = _ids(sequences, column_of(sequences, ids, "ids"))
    dataset = _assemble(inserts, names, y, audited, _names(targets, y.shape[1]), align)
    dataset = _with_noise(dataset, audited.keep, sequences, weights, replicates)
    if features is not None:
        values = feature_array(sequences, features, names)[audited.keep]
        dataset = replace(dataset, rows=replace(dataset.rows, features=values))
    dataset = transform_targets(dataset, transform, "targets")
    dataset.provenance.update(_provenance(plan, units, notes, groups=groups, given=given is not None))
    dataset.provenance["notes"] += target_notes(dataset, "targets")
    for note in dataset.provenance["notes"]:
        logger.warning("%s", note)
    return dataset


def _with_noise(dataset: Dataset, keep: np.ndarray, sequences: Any, weights: Any, replicates: Any) -> Dataset:
    """Return the dataset with the weights and the replicates of the kept rows."""
    if (column := column_of(sequences, weights, "weights")) is not None:
        values = number_matrix(column, "weights")[:, 0]
        if not (values >= 0).all():
            row = int(np.flatnonzero(~(values >= 0))[0])
            raise TableError(f"weights: row {row + 1}: {values[row]:g} found; expected numbers of 0 or more")
        dataset = replace(dataset, weights=values[keep])
    if replicates is None:
        return dataset
    if len(dataset.target_names) > 1:
        raise TableError("replicates: belong to one target; give one column of targets")
    values = number_matrix(in_order(sequences, replicates, "replicates"), "replicates")
    refuse_lengths(len(sequences), values, "replicates")
    if hasattr(replicates, "columns"):
        dataset.provenance["replicates"] = {dataset.target_names[0]: [*map(str, replicates.columns)]}
    return replace(dataset, replicates=values[keep][:, None])


def _assemble(
    inserts: list[bytes],
    ids: list[str],
    y: np.ndarray,
    audited: AuditedSplit,
    names: list[str],
    align: Align,
) -> Dataset:
    """Return the dataset of the rows that are in a part of the split."""
    keep = audited.keep
    kept = ByteStrings.of(inserts).take(keep)
    layout = Layout(int(kept.sizes.max()), align)
    return Dataset(
        ids=[ids[i] for i in keep],
        rows=layout.rows(kept),
        targets=y[keep],
        weights=np.ones(len(keep), np.float32),
        split=audited.split[keep],
        groups=audited.groups.take(keep).number,
        max_train_identity=audited.max_train_identity,
        nearest_train_row=audited.nearest_train_row,
        recurring_fraction=audited.recurring_fraction,
        replicates=np.empty((len(keep), len(names), 0), np.float32),
        categories=np.empty((len(keep), 0), object),
        target_names=names,
        category_names=[],
        units=[""] * len(names),
        layout=layout,
    )


def _provenance(
    plan: SplitPlan, units: SplitUnits, notes: list[str], *, groups: Any, given: bool
) -> dict[str, Any]:
    """Return the split in words, what it keeps together, and the notes."""
    method = "given" if given else describe_split(plan, units.kind)
    if groups is not None and not given:
        method += f", grouped by {show(str(getattr(groups, 'name', None) or 'labels'))[1:-1]}"
    return {"inputs": {}, "split": method, "split_unit": units.kind, "notes": notes}


def _split(
    plan: SplitPlan,
    inserts: list[bytes],
    measured: np.ndarray,
    units: SplitUnits,
    labels: Sequence[str] | None,
) -> AuditedSplit:
    """Split the measured sequences at random and audit the split."""
    values = [""] * len(inserts)
    parts, remedy = PARTS if plan.test_fraction else PARTS[:2], group_remedy("groups", labels)

    def check(_: Sequence[bytes], split: np.ndarray, groups: Keys) -> None:
        """Raise `TableError` if a part of the split is too small."""
        refuse_small_parts(split, "split", parts, remedy=remedy or cluster_remedy(groups))

    return split_and_audit(plan, inserts, measured, units, values=values, labels=labels, check=check)


def _given_split(
    inserts: list[bytes], measured: np.ndarray, units: SplitUnits, split: Sequence[str]
) -> AuditedSplit:
    """Audit a split that the caller gives; rows that are not measured are left out."""
    parts = np.array([str(part) for part in split])
    if unknown := sorted(set(parts.tolist()) - set(PARTS)):
        raise TableError(f"split: {show(unknown[0])} found; expected train, val or test")
    keep = np.flatnonzero(measured)
    kept = [inserts[i] for i in keep]
    refuse_small_parts(parts[keep], "split")
    duplicates = strand_keys(inserts)
    keys = group_keys(duplicates, None, units.links)
    return AuditedSplit(parts, duplicates, keys, keep, **leakage(kept, parts[keep]))


def _names(targets: Any, count: int) -> list[str]:
    """Return the names of the columns, or numbered names."""
    name = str(getattr(targets, "name", None) or "target")
    names = [name] if count == 1 else [f"target {t}" for t in range(1, count + 1)]
    names = [str(name) for name in targets.columns] if hasattr(targets, "columns") else names
    check_targets(names, [""] * len(names), "targets")
    return names


def _ids(sequences: Any, names: Sequence[Any] | None) -> list[str]:
    """Return the names, or by default those of records or of the index, or numbers; they must be unique."""
    if names is None and hasattr(sequences, "iloc") and sequences.index.is_unique:
        names = sequences.index.tolist()
    given = [getattr(item, "id", None) for item in sequences] if names is None else names
    ids = [str(n) if i in (None, _NO_ID) else str(i) for n, i in enumerate(given, start=1)]
    check_names(ids, Path("sequences"))
    return ids
