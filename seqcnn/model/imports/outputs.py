"""Outputs of a model of several outputs: their names in its file, and the targets that they predict."""

from __future__ import annotations

from collections.abc import Sequence

from seqcnn.errors import UsageError, listed, show

_MAX_NAME = 200


def in_order_of_targets(
    outputs: Sequence[int], names: Sequence[str], targets: Sequence[str]
) -> tuple[list[int], list[str]]:
    """Return outputs and their names in the order of the targets, if these are their names.

    Parameters
    ----------
    outputs, names
        Numbers of the tensors, and their names in the file, in its order; no names if it has none.
    targets
        Names of the targets.

    Raises
    ------
    UsageError
        If only some of the names are targets: which columns the others are is not clear.
    """
    if len(outputs) < 2 or len(set(names)) < len(outputs):
        return list(outputs), []
    if set(names) == set(targets):
        order = [list(names).index(target) for target in targets]
        return [outputs[i] for i in order], list(targets)
    if shared := [show(name, 40) for name in names if name in targets]:
        known = f"{listed([show(name, 40) for name in names])} are the outputs of the model"
        remedy = "give the names of all outputs, or other ones for all, in the order of the outputs"
        raise UsageError(f"--targets: {known}, of which only {listed(shared)} is a target; {remedy}")
    return list(outputs), [name[:_MAX_NAME] for name in names]
