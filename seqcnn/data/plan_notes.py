"""What a person should know of the plan of a dataset: options that weigh rows, or that do nothing."""

from __future__ import annotations

import re

import numpy as np

from seqcnn.data.assay.plan import DataPlan
from seqcnn.data.dataset import Dataset
from seqcnn.errors import show

_LIKE_AN_ERROR = re.compile(r"(^|[_. -])(sd|se|sem|std|stdev|stderr|error)([_. -]|$)", re.IGNORECASE)


def plan_notes(dataset: Dataset, plan: DataPlan) -> list[str]:
    """Return notes on weights, on flanks that no sequence has room for, and on single replicates."""
    return [*_weight_notes(dataset.weights, plan), *_flank_notes(dataset), *_replicate_notes(plan)]


def _weight_notes(weights: np.ndarray, plan: DataPlan) -> list[str]:
    """Say how rows are weighted, and what is odd about it."""
    if plan.weight is None and plan.weight_by != "replicates":
        return []
    source = "the replicates' standard errors" if plan.weight is None else f"column {show(plan.weight)}"
    how = "as they are" if plan.weight_by == "weight" else f"by {plan.weight_by}"
    notes = [f"weights in the loss: {source}, {how}, from {weights.min():.3g} to {weights.max():.3g}"]
    if plan.weight_by == "weight" and _LIKE_AN_ERROR.search(plan.weight or ""):
        notes.append(
            f"weight {show(plan.weight)}: rows of a larger value count more; "
            "if it is a standard deviation or error, say --weight-by sd"
        )
    if plan.weight_by == "sd" and (exact := int((weights == 1).sum())):
        notes.append(f"weight {show(plan.weight)}: {exact} rows with an SD of 0 count as if they were exact")
    return notes


def _flank_notes(dataset: Dataset) -> list[str]:
    """Say if no sequence leaves room for the flanks."""
    layout = dataset.layout
    if not (layout.flank5 or layout.flank3) or (dataset.rows.size < layout.length).any():
        return []
    return [
        f"flank5 and flank3 are not seen by the model: every sequence fills the window of {layout.length} bp;"
        " raise --length to show it more of the construct"
    ]


def _replicate_notes(plan: DataPlan) -> list[str]:
    """Say which targets have one replicate only."""
    single = [target for target, columns in plan.replicates.items() if len(columns) == 1]
    return [f"target {show(target)}: one replicate column, so there is no ceiling" for target in single]
