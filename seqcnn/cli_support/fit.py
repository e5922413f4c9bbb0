"""Options of `fit` that choose the models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from seqcnn.cli_support.options import Whole, epochs, hours, option, strand
from seqcnn.cli_support.transfer import freeze, from_dataset, from_model, pretrained_of
from seqcnn.errors import UsageError, show

if TYPE_CHECKING:
    from seqcnn.config.fit_plan import FitPlan, PresetName

Callback = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """Values of the options of `fit_options`; None if an option is not given."""

    preset: str = "standard"
    configs: str | None = None
    seeds: str | None = None
    seed: int | None = None
    epochs: int | None = None
    loss: str | None = None
    strand: str | None = None
    hours: float | None = None
    from_model: Path | None = None
    freeze: str | None = None
    from_dataset: Path | None = None


_OPTIONS = (
    option(
        "--preset", type=click.Choice(["standard", "fast", "best"]), default="standard",
        help="standard: three seeds of each network, their ensemble, and baselines; fast: one seed, and the "
        "baselines that take seconds; best: as standard, after a search for a configuration (--hours).",
    ),
    option(
        "--configs", metavar="NAMES",
        help="Model configurations, comma-separated: names of encoders, of baselines or of files in "
        "configs/models/, or YAML files.  [default: cnn]",
    ),
    option("--seeds", metavar="NUMBERS", help="Random seeds, comma-separated.  [default: the preset's]"),
    option("--seed", type=Whole(0), help="One random seed: one model per network, and no ensemble."),
    epochs,
    hours,
    option(
        "--loss", type=click.Choice(["mse", "huber", "poisson", "gaussian"]),
        help="Loss of the networks.  [default: as configured]",
    ),
    strand,
    from_model,
    freeze,
    from_dataset,
)  # fmt: skip


def fit_options(callback: Callback) -> Callback:
    """Add the options that choose the models, and pass them as one `FitOptions` named `models`."""

    @wraps(callback)
    def collected(**parameters: Any) -> Any:
        """Collect the options in one `FitOptions`, and call the command."""
        models = FitOptions(**{field.name: parameters.pop(field.name) for field in fields(FitOptions)})
        return callback(models=models, **parameters)

    decorated: Callback = collected
    for decorate in reversed(_OPTIONS):
        decorated = decorate(decorated)
    return decorated


def plan_of(options: FitOptions) -> FitPlan:
    """Return the plan of the models."""
    from seqcnn.config.fit_plan import fit_plan

    if options.seed is not None and options.seeds is not None:
        raise UsageError("--seed and --seeds: expected one of them")
    seeds = None if options.seeds is None else [_seed(text) for text in options.seeds.split(",")]
    given = {"epochs": options.epochs, "loss": options.loss, "strand": options.strand}
    preset = cast("PresetName", options.preset)
    settings: dict[str, Any] = {
        "configs": config_names(options.configs),
        "seeds": seeds if options.seed is None else [options.seed],
        "training": {name: value for name, value in given.items() if value is not None},
        "hours": options.hours,
    }
    if pretrained := pretrained_of(options.from_model, options.freeze, options.from_dataset):
        from seqcnn.model.transfer.transfer_config import transfer_plan

        return transfer_plan(pretrained, preset, **settings)
    return fit_plan(preset, **settings)


def config_names(text: str | None) -> list[str]:
    """Return the names of a comma-separated list."""
    names = [] if text is None else [name.strip() for name in text.split(",")]
    if not all(names):
        raise UsageError(f"--configs {show(text or '')}: an empty name; expected names such as cnn,rnn,ridge")
    return names


def _seed(text: str) -> int:
    """Return a random seed of a comma-separated list."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 10 or int(digits) >= 2**31:
        raise UsageError(f"--seeds: {show(text, 40)} found; expected whole numbers below 2^31, such as 1,2,3")
    return int(digits)
