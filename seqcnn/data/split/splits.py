"""Split methods: assignment of rows to training, validation (model selection) and test.

Rows of one *group* are in one part, see `seqcnn.data.split.clusters`.  Random methods order the groups by
the SHA-256 of seed and key, so a split does not depend on the order of the rows or on a random generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from seqcnn.data.split.keys import Digests, Keys
from seqcnn.errors import ConfigError, TableError, listed, show

PARTS = ("train", "val", "test")
"""The values of a split, in the order in which reports show them."""

LEAKY_FRACTION = 0.25
"""Fraction of test rows with a similar training sequence above which a split is called leaky."""

CLUSTERED_METHODS = ("auto", "kfold")
"""Methods that assign whole clusters of similar sequences."""

Fraction = Annotated[float, Gt(0), Lt(0.5)]

_MAX_GROUP_FRACTION = 1 / 3
"""Largest fraction of the test or validation rows in one group: one family does not represent the others."""

_PART_FRACTION = {"all": 0.25, "one": 0.1}  # of the parts, that are for test, and that are for validation

GIANT_FRACTION = 0.5
"""Fraction of all rows in one group above which the group is assigned to training."""

UNTESTED = (
    "they are in the cluster of most sequences, which is always in training, or mix parts of several folds"
)
"""Reason why no fold of a cross-validation tests a row."""

_SYNONYMS = {"valid": "val", "validation": "val", "dev": "val", "training": "train", "testing": "test"}


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The split method, a name of `SPLITS`, and its settings."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    method: Literal["auto", "random", "column", "values", "kfold", "parts"] = "auto"
    """Split method, see docs/concepts-and-splits.md."""
    column: str | None = None
    """Table column that `column` (train/val/test) and `values` (chromosomes, folds) read."""
    val: tuple[str, ...] = ()
    """Values of `column` that are validation rows; for `values`."""
    test: tuple[str, ...] = ()
    """Values of `column` that are test rows; for `values`."""
    val_fraction: Fraction = 0.1
    """Fraction of validation rows (of the training rows, if the column names no val rows)."""
    test_fraction: Annotated[float, Ge(0), Lt(0.5)] = 0.1
    """Fraction of test rows; for `auto` and `random`.  0 leaves none, where no scores are needed."""
    folds: Annotated[int, Ge(3), Le(100)] = 5
    """Number of folds; for `kfold`."""
    fold: Annotated[int, Ge(0), Lt(100)] = 0
    """The test fold, 0-based; the next one is the validation fold; for `kfold`."""
    parts: Literal["all", "one"] = "all"
    """How many parts of a test row are in no training row; for `parts`."""
    seed: Annotated[int, Ge(0), Lt(2**31)] = 1
    """Random seed."""


@dataclass(frozen=True, slots=True)
class SplitInput:
    """What a split method knows of the rows."""

    keys: Sequence[str]
    """One name per row; equal within a group."""
    values: Sequence[str]
    """The split column's text per row; empty strings when no column is used."""
    duplicates: Sequence[str] | None = None
    """As `keys`, but without grouping sequences that are similar and not equal."""
    parts: np.ndarray | None = None
    """Parts of each row, int64 (N, bins), see `seqcnn.data.split.parts`; for `parts` and folds by parts."""


def split_rows(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Assign every row to a part.

    Returns
    -------
    str (N,): 'train', 'val', 'test', or '' for rows in no part.

    Raises
    ------
    ConfigError
        If the plan contradicts itself, or lacks a setting of its method.
    TableError
        If the split column holds other values than the plan expects.
    """
    _check(plan)
    return SPLITS[plan.method](plan, rows)


def describe_split(plan: SplitPlan, unit: str) -> str:
    """Return the split in words.

    Parameters
    ----------
    plan
        The split method.
    unit
        What the split kept together: `clusters`, `smaller clusters` (all but the largest), `parts` or `rows`.
    """
    kept = {
        "clusters": ", clusters of similar sequences kept together",
        "smaller clusters": ", clusters of similar sequences except the largest kept together",
    }.get(unit, " rows")
    by = "clusters of similar sequences" if "clusters" in unit else unit
    return {
        "auto": f"random{kept} (seed {plan.seed})",
        "random": f"random rows (seed {plan.seed})",
        "column": f"by column {plan.column}",
        "values": f"by {plan.column}: val {', '.join(plan.val)}; test {', '.join(plan.test)}",
        "kfold": f"fold {plan.fold} of {plan.folds}, by {by} (seed {plan.seed})",
        "parts": f"by parts, {plan.parts} of a test sequence in no training sequence (seed {plan.seed})",
    }[plan.method]


def _check(plan: SplitPlan) -> None:
    """Raise `ConfigError` for a plan that lacks settings or would leave a part empty."""
    if plan.method in ("column", "values") and plan.column is None:
        raise ConfigError(f"split: method {plan.method} needs `column`, the table's column to read")
    if plan.method == "values" and not plan.test:
        raise ConfigError(f"split: method values needs `test`, values of {show(plan.column)} to hold out")
    if shared := sorted({*plan.val} & {*plan.test}):
        raise ConfigError(f"split: {show(shared[0])} is in `val` and in `test`; expected one of them")
    if plan.method == "kfold" and plan.fold >= plan.folds:
        raise ConfigError(f"split: fold {plan.fold} of {plan.folds}; expected 0 to {plan.folds - 1}")


def _assign(
    keys: Sequence[str], fractions: Sequence[float], seed: int, *, largest: float = 1.0
) -> np.ndarray:
    """Assign groups, in hashed order, to parts 1, 2, ... of the given fractions; 0 is the rest.

    Groups larger than `largest` times a part go to the rest, unless the other groups are too few.  Where
    one of them has most rows, it always does, and the parts share what the other groups have.  A part
    that stays empty, because the groups are large, gets the smallest group of a part that has several.

    Returns
    -------
    int64 (N,), the part of each row.
    """
    keys = Keys.of(keys)
    group, counts = keys.number, np.bincount(keys.number)
    order = np.argsort(Digests.of(f"{seed}:{key}".encode() for key in keys.distinct).values)
    small = counts[order] <= largest * min(fractions) * counts.sum()
    if counts[order][small].sum() >= 2 * sum(fractions) * counts.sum():
        order = np.concatenate([order[small], order[~small]])
    if largest < 1 and counts.max() > GIANT_FRACTION * counts.sum():
        giant = counts[order] > GIANT_FRACTION * counts.sum()
        order, others = np.concatenate([order[~giant], order[giant]]), counts[order[~giant]].sum()
        scale = min(1, others / (sum(fractions) * counts.sum()))
        fractions = [fraction * scale for fraction in fractions]
    # a group goes to the part in whose range its middle lies, on the cumulative fraction of rows
    middle = (np.cumsum(counts[order]) - counts[order] / 2) / counts.sum()
    part = np.zeros(len(counts), int)
    part[order] = (np.searchsorted(np.cumsum(fractions), middle, side="right") + 1) % (len(fractions) + 1)
    for empty in sorted({*range(1, len(fractions) + 1)} - {*part.tolist()}):
        spare = order[np.bincount(part)[part[order]] > 1]
        if len(spare):
            part[spare[np.argmin(counts[spare])]] = empty
    return part[group]


def _random(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Assign random groups to test and validation."""
    held_out = {"test": plan.test_fraction, "val": plan.val_fraction}
    names = [name for name, fraction in held_out.items() if fraction]
    fractions = [held_out[name] for name in names]
    part = _assign(rows.keys, fractions, plan.seed, largest=_MAX_GROUP_FRACTION)
    return np.array(["train", *names])[part]


def _column(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Read train, val and test from a column; without val rows, choose them among the training rows."""
    split = np.array([_SYNONYMS.get(value.lower(), value.lower()) for value in rows.values])
    unknown = sorted(
        {v for v, part in zip(rows.values, split, strict=True) if part not in (*PARTS, "", "na")}
    )
    if unknown:
        values = listed([show(value) for value in unknown])
        remedy = "pass --missing CELL for what is in no part"
        fault = f"{values} found; expected train, val, test or NA; {remedy}"
        raise TableError(f"split column {show(plan.column)}: {fault}")
    return _with_validation(plan, rows, np.where(split == "na", "", split))


def _values(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Hold out the rows whose column has one of the named values: chromosomes, or folds."""
    if missing := sorted({*plan.val, *plan.test} - set(rows.values)):
        present = listed([show(value) for value in sorted(set(rows.values))])
        raise TableError(
            f"split column {show(plan.column)}: no row has {listed([*map(show, missing)])}; found {present}"
        )
    split = np.where(np.isin(rows.values, plan.test), "test", "train")
    return _with_validation(plan, rows, np.where(np.isin(rows.values, plan.val), "val", split))


def _kfold(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Assign groups to equal folds; one is the test fold, the next one the validation fold.

    A group of most rows is in training in every fold.  Where rows share parts, the parts are assigned to
    folds; a row of parts of several folds is in training if none of them is tested or validates, and left
    out otherwise.
    """
    fractions = [1 / plan.folds] * (plan.folds - 1)
    if rows.parts is not None:
        fold = _assign_parts(rows.parts, fractions, plan.seed)
        return _by_sides(fold == plan.fold, fold == (plan.fold + 1) % plan.folds)
    keys = Keys.of(rows.keys)
    group = keys.number
    free = np.flatnonzero(np.bincount(group)[group] <= GIANT_FRACTION * len(group))
    split = np.full(len(group), "train")
    if len(free):
        fold = _assign(keys.take(free), fractions, plan.seed)
        split[free[fold == plan.fold]] = "test"
        split[free[fold == (plan.fold + 1) % plan.folds]] = "val"
    return split


def _parts(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Assign parts at random; a row is in a part of the split if its parts agree on it.

    With `all`, test rows consist of test parts only.  With `one`, they have a test part, and others of
    training.  Training rows have no test or validation part in either case; other rows are left out.
    """
    if rows.parts is None:
        raise TableError(
            "split: the sequences do not consist of parts that can be separated; use another `method`"
        )
    share = _PART_FRACTION[plan.parts]
    side = _assign_parts(rows.parts, (share, share), plan.seed)  # 0 train, 1 test, 2 val
    return _by_sides(side == 1, side == 2, every=plan.parts == "all")


def _assign_parts(parts: np.ndarray, fractions: Sequence[float], seed: int) -> np.ndarray:
    """Return the side of each part of each row, int64 (N, bins), see `_assign`.

    Parts of each bin are assigned separately, so that every side has some of them.
    """
    home = np.zeros(int(parts.max()) + 1, np.int64)  # the first bin in which a part occurs
    for column in reversed(range(parts.shape[1])):
        home[parts[:, column]] = column
    side = np.zeros(len(home), np.int64)
    for column in np.unique(home):
        members = np.flatnonzero(home == column)
        side[members] = _assign([str(part) for part in members], fractions, seed)
    return side[parts]


def _by_sides(test: np.ndarray, val: np.ndarray, *, every: bool = True) -> np.ndarray:
    """Assign rows by the sides of their parts, bool (N, bins) each; mixed rows are in no part.

    Test and validation rows have `every` part on their side, or at least one and the others in training.
    """
    agree = np.all if every else np.any
    split = np.where((test | val).any(1), "", "train").astype("<U5")
    for side, other, name in ((test, val, "test"), (val, test, "val")):
        split[agree(side, axis=1) & ~other.any(1)] = name
    return split


def _with_validation(plan: SplitPlan, rows: SplitInput, split: np.ndarray) -> np.ndarray:
    """Choose validation rows among the training rows if a split has none, by the kind of its test rows.

    Where test rows have similar sequences in training, so have the validation rows; otherwise the model
    would be selected for another task than the one that is tested.
    """
    if (split == "val").any() or not (train := np.flatnonzero(split == "train")).size:
        return split
    keys, test = Keys.of(rows.keys), np.flatnonzero(split == "test")
    leaking = np.isin(keys.number[test], keys.number[train]).sum()
    if rows.duplicates and leaking >= LEAKY_FRACTION * max(1, len(test)):
        keys = Keys.of(rows.duplicates)
    part = _assign(keys.take(train), (plan.val_fraction,), plan.seed)
    split = split.astype("<U5")
    split[train[part == 1]] = "val"
    return split


SPLITS: dict[str, Callable[[SplitPlan, SplitInput], np.ndarray]] = {
    "auto": _random,
    "random": _random,
    "column": _column,
    "values": _values,
    "kfold": _kfold,
    "parts": _parts,
}
"""The registry of split methods; `random` does not group sequences that are similar and not equal."""
