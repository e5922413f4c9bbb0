"""Choice of one target of a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from seqcnn.errors import UsageError, show
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.cautions import target_weakness

logger = logging.getLogger(__name__)


def chosen_target(model: LoadedModel, name: str | None) -> int:
    """Return the index of a target by its name; None is the first one, which is logged if there are several.

    A low score of this target, among several, on validation rows is logged, too.

    Raises
    ------
    UsageError
        If the model has no such target.
    """
    if name is None and len(model.targets) > 1:
        logger.warning("target: %s, the first of %d; another with --target",
                       show(model.targets[0]), len(model.targets))  # fmt: skip
    target = 0 if name is None else index_of_target(model.targets, name)
    if text := target_weakness(model.header, model.targets[target]):
        logger.warning("%s", text)
    return target


def index_of_target(known: Sequence[str], name: str) -> int:
    """Return the index of a target by its name; raise `UsageError` if it is not known."""
    if name not in known:
        raise UsageError(f"no target {show(name)} in the model; known: {show(', '.join(known), 400)}")
    return [*known].index(name)


def target_in_words(model: LoadedModel, target: int) -> str:
    """Return a target's name with its unit."""
    unit = model.header.units[target]
    return show(model.targets[target])[1:-1] + (f" ({show(unit)[1:-1]})" if unit else "")
