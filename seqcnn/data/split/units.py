"""What a split keeps together: clusters of similar sequences, or parts that sequences share.

A cluster of most sequences is assigned to training.  If hardly any sequence is outside of it, sequences
that combine parts are split by their parts; where that is impossible, as for variants of one parent, the
rows of that cluster alone are assigned one by one, and the audit calls the split leaky.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqcnn.data.split.clusters import Clusters, link_similar
from seqcnn.data.split.parts import part_numbers
from seqcnn.data.split.splits import CLUSTERED_METHODS, PARTS, SplitInput, SplitPlan, split_rows

_MIN_ROWS = 20  # in training, validation and test, for a split by parts


@dataclass(frozen=True, slots=True)
class SplitUnits:
    """What a split of N rows keeps together."""

    links: np.ndarray | None = None
    """Pairs of rows of one cluster, int64 (E, 2); None if similar sequences are not kept together."""
    parts: np.ndarray | None = None
    """Parts of each row, int64 (N, bins), if rows are split by the parts that they share."""
    inseparable: np.ndarray | None = None
    """bool (N,), rows of a cluster that no split separates and that are assigned one by one."""
    memory: int | None = None
    """Bytes that the process may use to audit the split, see `seqcnn.data.similarity.search`."""

    @property
    def kind(self) -> str:
        """Return `parts`, `clusters`, `smaller clusters` (all but the largest) or `rows`."""
        if self.parts is not None:
            return "parts"
        if self.links is None or (self.inseparable is not None and self.inseparable.all()):
            return "rows"
        return "clusters" if self.inseparable is None else "smaller clusters"


def split_units(
    plan: SplitPlan,
    inserts: Sequence[bytes],
    loci: np.ndarray | None = None,
    *,
    labelled: bool = False,
    memory: int | None = None,
) -> tuple[SplitPlan, SplitUnits, list[str]]:
    """Return what a split keeps together.

    Parameters
    ----------
    plan
        The split method.
    inserts
        N packed sequences.
    loci
        Pairs of rows of one locus or variant, see `link_similar`.
    labelled
        Whether the user has named groups of rows; then `auto` does not become `parts`.
    memory
        Bytes that the process may use, see `seqcnn.data.similarity.search`.

    Returns
    -------
    The plan, whose method `auto` becomes `parts` where only that separates the sequences; the units; and
    notes for the user.
    """
    if plan.method == "random":
        return plan, SplitUnits(memory=memory), []
    if plan.method == "parts":
        return plan, SplitUnits(parts=part_numbers(inserts, memory), memory=memory), []
    clusters = link_similar(inserts, loci, memory)
    if not clusters.inseparable:
        giant = [_giant_note(clusters)] if clusters.giant.any() else []
        notes = clusters.notes + (giant if plan.method in CLUSTERED_METHODS else [])
        return plan, SplitUnits(clusters.links, memory=memory), notes
    if plan.method in CLUSTERED_METHODS and not labelled and (by_parts := _parts(plan, inserts, memory)):
        plan, parts = by_parts
        return plan, SplitUnits(parts=parts, memory=memory), [*clusters.notes, _parts_note(plan, parts)]
    units = SplitUnits(clusters.outside(), inseparable=clusters.giant, memory=memory)
    notes = clusters.notes + ([_inseparable_note(clusters)] if plan.method in CLUSTERED_METHODS else [])
    return plan, units, notes


def _parts(
    plan: SplitPlan, inserts: Sequence[bytes], memory: int | None
) -> tuple[SplitPlan, np.ndarray] | None:
    """Return plan and parts of a split by parts, None if parts or rows are too few.

    Where too few rows have test parts only, one test part is enough.
    """
    parts = part_numbers(inserts, memory)
    if parts is None:
        return None
    plan = replace(plan, method="parts") if plan.method == "auto" else plan
    for new in (plan, replace(plan, parts="one")):
        split = split_rows(new, SplitInput([], [], parts=parts))
        if min((split == part).sum() for part in PARTS) >= _MIN_ROWS:
            return new, parts
    return None


def _giant_note(clusters: Clusters) -> str:
    """Return the note on a cluster that is assigned to training."""
    giant = clusters.giant
    return (
        f"{giant.mean():.0%} of the sequences are linked to one cluster, {clusters.reason}: it is assigned "
        f"to training, and validation and test rows are among the {(~giant).sum():,} other sequences"
    )


def _parts_note(plan: SplitPlan, parts: np.ndarray) -> str:
    """Return the note on a split by parts."""
    unseen = "all" if plan.method == "kfold" else plan.parts
    return (
        f"the sequences combine {parts.max() + 1:,} shared parts: they are split by parts, {unseen} of a "
        "test sequence in no training sequence, and sequences that combine parts of training, validation "
        "and test are left out; method `random` keeps them"
    )


def _inseparable_note(clusters: Clusters) -> str:
    """Return the note on a cluster that no split separates."""
    outside = int((~clusters.giant).sum())
    others = f"; clusters of the {outside:,} other sequences are kept together" if outside else ""
    return (
        f"{clusters.giant.mean():.0%} of the sequences are variants of one another, or share parts, so no "
        "split separates them: they are assigned at random, and the scores hold only for further variants "
        f"and combinations of these sequences{others}"
    )
