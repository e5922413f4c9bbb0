"""Choice of one target of a model."""

from __future__ import annotations

import logging

from seqcnn.errors import UsageError, show
from seqcnn.model.inference.trained_model import LoadedModel

logger = logging.getLogger(__name__)


def chosen_target(model: LoadedModel, name: str | None) -> int:
    """Return the index of a target by its name; None is the first one, which is logged if there are several.

    Raises
    ------
    UsageError
        If the model has no such target.
    """
    if name is None:
        if len(model.targets) > 1:
            logger.warning("target: %s, the first of %d; another with --target",
                           show(model.targets[0]), len(model.targets))  # fmt: skip
        return 0
    if name not in model.targets:
        raise UsageError(f"no target {show(name)} in the model; known: {show(', '.join(model.targets), 400)}")
    return model.targets.index(name)


def target_in_words(model: LoadedModel, target: int) -> str:
    """Return a target's name with its unit."""
    unit = model.header.units[target]
    return show(model.targets[target])[1:-1] + (f" ({show(unit)[1:-1]})" if unit else "")
