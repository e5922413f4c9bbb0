"""Predictions and their uncertainty on the original scale of targets that were transformed for the training.

The prediction is the back-transformed mean, which estimates the median on the original scale; bounds of an
interval are transformed back, so its coverage stays; the SD is half the distance between the back-transformed
mean + SD and mean - SD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seqcnn.data.assay.target_names import ENDINGS
from seqcnn.data.transform import Transform
from seqcnn.errors import TableError, show
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.network.header import Header

_SD, _LOW, _HIGH = ENDINGS


def transforms_of(header: Header) -> list[Transform | None]:
    """Return the transform of each target of a model, None for those without."""
    return [header.transforms.get(target) for target in header.targets]


def scale_names(targets: Sequence[str], transforms: Mapping[str, Transform]) -> list[str]:
    """Return the names of predictions on the scale of the training.

    `log2(y + 0.1)` for a target `y` that is transformed so, and `y` for one without a transform.
    """
    return [transforms[name].unit_of(name) if name in transforms else name for name in targets]


def target_difference(header: Header, first: Header) -> str:
    """Return in what the targets of a model differ from those of the first one; '' if they do not."""
    headers = (header, first)
    texts = {
        "targets": [", ".join(model.targets) for model in headers],
        "units": [", ".join(model.units) for model in headers],
        "transforms": [", ".join(scale_names(model.targets, model.transforms)) for model in headers],
    }
    for name, (given, expected) in texts.items():
        if getattr(header, name) != getattr(first, name):
            same = " of other training values" if given == expected else ""
            return f"{name}: {show(given)} found; expected {show(expected)}{same}"
    return ""


def on_scale(y: np.ndarray, transform: Transform, where: str) -> np.ndarray:
    """Return values of the original scale, (n,), on that of the training, float64.

    Raises
    ------
    TableError
        If a logarithm has no value for one; `where` is their place in the message.
    """
    if transform.name != "rank-normal":
        positive = transform.name != "log1p" and transform.pseudocount == 0
        if ((y <= 0) if positive else (y < 0)).any():
            bound = "above 0" if positive else "of 0 or more"
            fault = f"{where}: {np.nanmin(y):g} found"
            raise TableError(f"{fault}; the model's {transform.name} needs values {bound}")
    return transform.apply(y)


def table_values(
    predictions: Predictions, half_width: np.ndarray | None, transforms: Sequence[Transform | None]
) -> dict[str, np.ndarray]:
    """Return the numbers of a table of predictions.

    Parameters
    ----------
    predictions
        Predictions of n sequences and T targets, as the model makes them.
    half_width
        (n, T): half the width of each interval, NaN where there is none; None gives no intervals.
    transforms
        Transform of each target that is inverted; empty for the scale of the model.

    Returns
    -------
    Ending of a column's name -> values (n, T): '' for the prediction, `_sd` if the model has it, and with
    `half_width` `_low` and `_high`.
    """
    mean, sd = predictions.mean, predictions.sd
    values = {"": mean} | ({} if sd is None else {_SD: sd})
    if half_width is not None:
        values |= {_LOW: mean - half_width, _HIGH: mean + half_width}
    if not any(transforms):
        return values
    inverted = {ending: array.copy() for ending, array in values.items()}
    for t, transform in enumerate(transforms):
        if transform is None:
            continue
        for ending, array in values.items():
            inverted[ending][:, t] = transform.invert(array[:, t])
        if sd is not None:
            inverted[_SD][:, t] = transform.invert_sd(mean[:, t], sd[:, t])
    return inverted
