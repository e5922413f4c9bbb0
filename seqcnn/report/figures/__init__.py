"""The figures of the report: each is one decorated function; `FIGURES` is the only registry.

- `figure`: what a figure is; `models`: predictions, errors and training; `data`: the measurements.
"""

from __future__ import annotations

from seqcnn.report.figures.data import replicates, target_distribution
from seqcnn.report.figures.models import (
    data_curve,
    error_by_quantile,
    predicted_against_measured,
    residuals,
    scores_of_models,
    training_curves,
)

FIGURES = (
    scores_of_models,
    predicted_against_measured,
    residuals,
    error_by_quantile,
    target_distribution,
    replicates,
    training_curves,
    data_curve,
)
"""The only registry of figures, in the order of the page."""
