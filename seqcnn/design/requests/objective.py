"""An objective or several goals, with targets by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqcnn.design.objective import Goal, Goals, Objective
from seqcnn.errors import UsageError, show
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveRequest:
    """An objective, or several goals, with targets by name."""

    maximize: tuple[str, ...] = ()
    minimize: tuple[str, ...] = ()
    """Targets to maximize and to minimize; '' is `target`.  Two or more are goals of a Pareto set."""
    value: float | None = None
    """Prediction to reach, in the units of the target."""
    target: str | None = None
    """Name of the target; None is the first one."""
    difference: str | None = None
    """Two targets, `a,b` for a minus b, instead of `target`."""
    risk_aversion: float = 1.0
    """Standard deviations of an ensemble that are subtracted from the score."""
    allow_ood: bool = False
    """Whether out-of-distribution sequences may be designed."""

    @property
    def goals(self) -> list[tuple[Goal, str]]:
        """Each direction and its target."""
        return [("maximize", name) for name in self.maximize] + [("minimize", name) for name in self.minimize]

    @property
    def differing(self) -> list[str]:
        """The targets of `difference`; empty without it."""
        return [part.strip() for part in self.difference.split(",")] if self.difference else []

    @property
    def named(self) -> list[str]:
        """All targets that are named."""
        return [*filter(None, [*self.maximize, *self.minimize, self.target]), *self.differing]


def objective_of(model: LoadedModel, request: ObjectiveRequest) -> Objective | Goals:
    """Return the objective, or the goals if there are several.

    Raises
    ------
    UsageError
        If options exclude each other, or a target is not the model's.
    """
    refuse_objective(request)
    goals = request.goals
    if len(goals) > 1:
        return Goals(tuple(_objective(model, request, goal, [name]) for goal, name in goals))
    goal, name = goals[0] if goals else ("maximize", "")
    if request.value is not None:
        goal = "to"
    return _objective(model, request, goal, request.differing or [name or request.target])


def refuse_objective(request: ObjectiveRequest) -> None:
    """Raise `UsageError` if options exclude each other, or one cannot be read; no model is needed."""
    goals = request.goals
    if goals and request.value is not None:
        raise UsageError(f"--{goals[0][0]} and --to (a prediction to reach): give one of them")
    if request.difference and request.target:
        raise UsageError("--difference and --target: give one of them")
    if len(goals) > 1:
        _refuse_goals(request)
    for goal, name in goals:
        for option in ("target", "difference"):
            if name and getattr(request, option):
                raise UsageError(f"--{goal} {show(name)} and --{option}: give one of them")
    if request.difference and len(request.differing) != 2:
        raise UsageError(f"--difference {show(request.difference)}: expected two targets, such as a,b")


def _refuse_goals(request: ObjectiveRequest) -> None:
    """Raise `UsageError` unless several goals have a target each."""
    given = ", ".join(f"--{goal} {name}".strip() for goal, name in request.goals)
    if request.target or request.difference:
        raise UsageError(f"{given}: several goals name their targets; leave out --target and --difference")
    names = [name for _, name in request.goals]
    if not all(names) or len(set(names)) < len(names):
        raise UsageError(f"{given}: several goals need a target each, such as --maximize a --minimize b")


def _objective(
    model: LoadedModel, request: ObjectiveRequest, goal: Goal, names: Sequence[str | None]
) -> Objective:
    """Return the objective of a goal for a target, or for the difference of two."""
    columns = [chosen_target(model, name) for name in names]
    return Objective(
        goal,
        request.value or 0.0,
        columns[0],
        columns[1] if len(columns) > 1 else None,
        risk_aversion=request.risk_aversion,
        allow_ood=request.allow_ood,
    )
