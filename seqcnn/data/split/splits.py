"""Splits: which rows train, which choose the model (val), and which give the score (test).

Rows of one *group* stay on one side, see `seqcnn.data.split.clusters`.  Random choices order the groups by
the SHA-256 of seed and key, so a split does not depend on the order of the rows or on a random generator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from seqcnn.errors import ConfigError, TableError, listed, show

PARTS = ("train", "val", "test")
"""The values of a split, in the order in which reports show them."""

LEAKY_FRACTION = 0.25
"""Part of the test rows with a relative in training from which on a split is called leaky."""

CLUSTERED_METHODS = ("auto", "kfold")
"""Methods that deal out clusters of similar sequences."""

Fraction = Annotated[float, Gt(0), Lt(0.5)]

_LARGEST = 1 / 3
"""Part of the test or validation rows that one group may be: a score of one family says little of others."""

_SYNONYMS = {"valid": "val", "validation": "val", "dev": "val", "training": "train", "testing": "test"}


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How rows are split; `method` is a name of `SPLITS`."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    method: Literal["auto", "random", "column", "values", "kfold"] = "auto"
    column: str | None = None
    """Table column that `column` (train/val/test) and `values` (chromosomes, folds) read."""
    val: tuple[str, ...] = ()
    """Values of `column` that are validation rows; for `values`."""
    test: tuple[str, ...] = ()
    """Values of `column` that are test rows; for `values`."""
    val_fraction: Fraction = 0.1
    """Part of the rows (of the training rows, if the column names no val rows) that validate."""
    test_fraction: Fraction = 0.1
    """Part of the rows that test; for `auto` and `random`."""
    folds: Annotated[int, Ge(3), Le(100)] = 5
    """Number of folds; for `kfold`."""
    fold: Annotated[int, Ge(0), Lt(100)] = 0
    """The fold that tests, 0-based; the next one validates; for `kfold`."""
    seed: int = 1
    """Changes which groups are drawn."""


@dataclass(frozen=True, slots=True)
class SplitInput:
    """What a split method sees of the rows."""

    keys: list[str]
    """One name per row; equal within a group."""
    values: list[str]
    """The split column's text per row; empty strings when no column is used."""
    twins: list[str] | None = None
    """As `keys`, without sequences that are merely alike."""


def split_rows(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Assign every row to a part.

    Returns
    -------
    str (N,): 'train', 'val', 'test', or '' for rows that no part takes.

    Raises
    ------
    ConfigError
        If the plan contradicts itself, or lacks what its method reads.
    TableError
        If the split column holds other values than the plan expects.
    """
    _check(plan)
    return SPLITS[plan.method](plan, rows)


def describe_split(plan: SplitPlan, *, clustered: bool) -> str:
    """Say how rows are split; `clustered` tells whether similar sequences were grouped."""
    kept = ", clusters of similar sequences kept together" if clustered else " rows"
    by = "clusters of similar sequences" if clustered else "rows"
    return {
        "auto": f"random{kept} (seed {plan.seed})",
        "random": f"random rows (seed {plan.seed})",
        "column": f"by column {plan.column}",
        "values": f"by {plan.column}: val {', '.join(plan.val)}; test {', '.join(plan.test)}",
        "kfold": f"fold {plan.fold} of {plan.folds}, by {by} (seed {plan.seed})",
    }[plan.method]


def _check(plan: SplitPlan) -> None:
    """Refuse a plan that would leave a part empty whatever the rows are."""
    if plan.method in ("column", "values") and plan.column is None:
        raise ConfigError(f"split: method {plan.method} needs `column`, the table's column to read")
    if plan.method == "values" and not plan.test:
        raise ConfigError(f"split: method values needs `test`, values of {show(plan.column)} to hold out")
    if both := sorted({*plan.val} & {*plan.test}):
        raise ConfigError(f"split: {show(both[0])} is in `val` and in `test`; expected one of them")
    if plan.method == "kfold" and plan.fold >= plan.folds:
        raise ConfigError(f"split: fold {plan.fold} of {plan.folds}; expected 0 to {plan.folds - 1}")


def factorize(keys: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the distinct keys in order, and the number of each row's key, int32 (N,).

    As `np.unique` does, in an array of as many letters a row as the longest key has.
    """
    distinct = sorted(set(keys))
    number = {key: k for k, key in enumerate(distinct)}
    return distinct, np.fromiter((number[key] for key in keys), np.int32, len(keys))


def _draw(keys: Sequence[str], fractions: Sequence[float], seed: int, *, largest: float = 1.0) -> np.ndarray:
    """Deal groups, in hashed order, into parts 1, 2, ... of the given sizes; 0 is the rest.

    Groups of more than `largest` times a part go to the rest, unless the others are too few to spare for
    the parts.  A part that got nothing, because the groups are large, takes the smallest group that another
    can spare.
    """
    unique, group = factorize(keys)
    counts = np.bincount(group)
    order = np.argsort([hashlib.sha256(f"{seed}:{key}".encode()).digest() for key in unique])
    small = counts[order] <= largest * min(fractions) * counts.sum()
    if counts[order][small].sum() >= 2 * sum(fractions) * counts.sum():
        order = np.concatenate([order[small], order[~small]])
    middle = (np.cumsum(counts[order]) - counts[order] / 2) / counts.sum()
    part = np.zeros(len(unique), int)
    part[order] = (np.searchsorted(np.cumsum(fractions), middle, side="right") + 1) % (len(fractions) + 1)
    for empty in sorted({*range(1, len(fractions) + 1)} - {*part.tolist()}):
        spare = order[np.bincount(part)[part[order]] > 1]
        if len(spare):
            part[spare[np.argmin(counts[spare])]] = empty
    dealt: np.ndarray = part[group]
    return dealt


def _random(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Draw test and validation rows group by group."""
    fractions = plan.test_fraction, plan.val_fraction
    part = _draw(rows.keys, fractions, plan.seed, largest=_LARGEST)
    split: np.ndarray = np.array(["train", "test", "val"])[part]
    return split


def _column(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Read train, val and test from a column; without val rows, draw them from the training rows."""
    split = np.array([_SYNONYMS.get(value.lower(), value.lower()) for value in rows.values])
    unknown = sorted(
        {v for v, part in zip(rows.values, split, strict=True) if part not in (*PARTS, "", "na")}
    )
    if unknown:
        found = listed([show(value) for value in unknown])
        raise TableError(f"split column {show(plan.column)}: {found} found; expected train, val, test or NA")
    return _with_validation(plan, rows, np.where(split == "na", "", split))


def _values(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Hold out the rows whose column has one of the named values: chromosomes, or folds."""
    if missing := sorted({*plan.val, *plan.test} - set(rows.values)):
        known = listed([show(value) for value in sorted(set(rows.values))])
        raise TableError(
            f"split column {show(plan.column)}: no row has {listed([*map(show, missing)])}; found {known}"
        )
    split = np.where(np.isin(rows.values, plan.test), "test", "train")
    return _with_validation(plan, rows, np.where(np.isin(rows.values, plan.val), "val", split))


def _kfold(plan: SplitPlan, rows: SplitInput) -> np.ndarray:
    """Deal groups into equal folds; one tests, the next one validates."""
    fold = _draw(rows.keys, [1 / plan.folds] * (plan.folds - 1), plan.seed)
    split = np.where(fold == plan.fold, "test", "train")
    return np.where(fold == (plan.fold + 1) % plan.folds, "val", split)


def _with_validation(plan: SplitPlan, rows: SplitInput, split: np.ndarray) -> np.ndarray:
    """Draw validation rows from the training rows when a split names none, of the kind of its test rows.

    Where test rows have relatives in training, so have validation rows: else they would choose models
    for another question than the test asks.
    """
    if (split == "val").any() or not (train := np.flatnonzero(split == "train")).size:
        return split
    known, test = {rows.keys[i] for i in train}, np.flatnonzero(split == "test")
    torn = sum(rows.keys[i] in known for i in test)
    keys = rows.twins if rows.twins and torn >= LEAKY_FRACTION * max(1, len(test)) else rows.keys
    drawn = _draw([keys[i] for i in train], (plan.val_fraction,), plan.seed)
    split = split.astype("<U5")
    split[train[drawn == 1]] = "val"
    return split


SPLITS: dict[str, Callable[[SplitPlan, SplitInput], np.ndarray]] = {
    "auto": _random,
    "random": _random,
    "column": _column,
    "values": _values,
    "kfold": _kfold,
}
"""The only registry of split methods; for `random`, sequences that are merely alike are no group."""
