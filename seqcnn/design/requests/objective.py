"""An objective or several goals, with targets by name."""

from __future__ import annotations

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


def objective_of(model: LoadedModel, request: ObjectiveRequest) -> Objective | Goals:
    """Return the objective, or the goals if there are several.

    Raises
    ------
    UsageError
        If options exclude each other, or a target is not the model's.
    """
    goals = request.goals
    if goals and request.value is not None:
        raise UsageError(f"--{goals[0][0]} and --to (a prediction to reach): give one of them")
    if request.difference and request.target:
        raise UsageError("--difference and --target: give one of them")
    if len(goals) > 1:
        return _goals_of(model, request)
    goal, name = goals[0] if goals else ("maximize", "")
    for option in ("target", "difference"):
        if name and getattr(request, option):
            raise UsageError(f"--{goal} {show(name)} and --{option}: give one of them")
    names: list[str | None] = [name or request.target]
    if request.difference:
        names = [part.strip() for part in request.difference.split(",")]
    if request.difference and len(names) != 2:
        raise UsageError(f"--difference {show(request.difference)}: expected two targets, such as a,b")
    columns = [chosen_target(model, column) for column in names]
    return Objective(
        "to" if request.value is not None else goal,
        request.value or 0.0,
        columns[0],
        columns[1] if request.difference else None,
        risk_aversion=request.risk_aversion,
        allow_ood=request.allow_ood,
    )


def _goals_of(model: LoadedModel, request: ObjectiveRequest) -> Goals:
    """Return several goals, each of another target."""
    given = ", ".join(f"--{goal} {name}".strip() for goal, name in request.goals)
    if request.target or request.difference:
        raise UsageError(f"{given}: several goals name their targets; leave out --target and --difference")
    names = [name for _, name in request.goals]
    if not all(names) or len(set(names)) < len(names):
        raise UsageError(f"{given}: several goals need a target each, such as --maximize a --minimize b")
    return Goals(
        tuple(
            Objective(
                goal, 0.0, chosen_target(model, name), None,
                risk_aversion=request.risk_aversion, allow_ood=request.allow_ood,
            )
            for goal, name in request.goals
        )
    )  # fmt: skip
