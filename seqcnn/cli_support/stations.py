"""Map the `biology` section of a pipeline config to command lines of `seqcnn`.

A station is a command of `STATIONS`; its options in a config are those of the command line, without dashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.options import File
from seqcnn.cli_support.renamed import RENAMED_FLAGS
from seqcnn.config.pipeline import BiologyConfig, PipelineConfig, plain_path
from seqcnn.errors import ConfigError, did_you_mean, show
from seqcnn.extras import refuse_without_extra

DATASET = "results/{run}/dataset.h5"
"""What a station is asked about when the config names no file."""

_MACHINE = ("help", "model", "output", "threads", "device")
"""Options that are the pipeline's own."""


@dataclass(frozen=True)
class Station:
    """What the pipeline adds to the options of a command."""

    extra: str
    """Extra with the libraries that it needs."""
    output: str = ""
    """What it writes into its folder; '' where it writes the folder."""
    also: dict[str, str] = field(default_factory=dict)
    """Option -> a further file in there."""
    default: dict[str, str] = field(default_factory=dict)
    """Option -> what it is when the config has none of `unless`."""
    unless: tuple[str, ...] = ("sequences",)
    needs: dict[str, str] = field(default_factory=dict)
    """Option of `also` -> the option without which it has no sense."""


STATIONS = {
    "attribute": Station(
        "interpret", "attributions.h5", {"seqlets": "seqlets.bed", "html": "attributions.html"},
        {"sequences": DATASET, "split_part": "test"},
    ),
    "motifs": Station(
        "interpret", default={"sequences": DATASET}, unless=("sequences", "attributions")
    ),
    "marginalize": Station("interpret", default={"sequences": DATASET}),
    "variants": Station(
        "genome", "effects.tsv", {"vcf_out": "annotated.vcf"}, needs={"vcf_out": "vcf"}
    ),
    "saturate": Station("interpret", "saturation.tsv", {"plot": "saturation.pdf"}),
    "scan": Station("genome"),
    "design": Station("design", default={"start": DATASET}, unless=("start", "random")),
}  # fmt: skip
"""Name in a config, of the rule and of the folder below results/<run>/biology/ -> the station."""


@dataclass(frozen=True)
class Job:
    """What one rule of the pipeline does."""

    station: str
    arguments: list[str]
    """Of `seqcnn`, without the model and the machine."""
    files: list[str]
    """Inputs beside the model."""
    output: str
    """Folder."""


def biology_jobs(run: PipelineConfig, commands: Mapping[str, click.Command]) -> list[Job]:
    """Return the jobs that a pipeline config asks for; `commands` are seqcnn's, by name.

    Raises
    ------
    ConfigError
        If a station does not know an option, or cannot take its value.
    EnvironmentFault
        If a library of the extra of one of the commands is not installed.
    """
    asked = run.biology or BiologyConfig()
    options = {name: getattr(asked, name) for name in STATIONS}
    jobs = [
        _job(run, name, dict(found), commands[name]) for name, found in options.items() if found is not None
    ]
    if jobs:
        refuse_without_extra(STATIONS[job.station].extra for job in jobs)
    return jobs


def _job(run: PipelineConfig, name: str, options: dict[str, Any], command: click.Command) -> Job:
    """Return the job of one station."""
    station, output = STATIONS[name], f"results/{run.name}/biology/{name}"
    known = dict(_parameters(station, command))
    for key in options:
        if key not in known:
            if new := RENAMED_FLAGS.get(name, {}).get(_flag(key)):
                raise ConfigError(f"biology.{name}: key {show(key)} is now called {show(_key(new))}")
            hint = did_you_mean(key, known) or f"; known: {', '.join(known)}"
            raise ConfigError(f"biology.{name}: unknown key {show(key)}{hint}")
    if not any(key in options for key in station.unless):
        options = {key: value.format(run=run.name) for key, value in station.default.items()} | options
    arguments, files = [name], []
    for key, value in options.items():
        if known[key].type is File:
            files.append(_file(f"biology.{name}.{key}", value))
        arguments += _arguments(known[key], f"biology.{name}.{key}", value)
    for key, file in {"output": station.output, **station.also}.items():
        if key not in station.needs or station.needs[key] in options:
            arguments.append(f"{_flag(key)}={Path(output, file)}")
    _refuse(command, name, arguments)
    return Job(name, arguments, files, output)


def _parameters(station: Station, command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    """Yield key and parameter of what a config may say."""
    for parameter in command.params:
        names = parameter.opts if isinstance(parameter, click.Option) else [str(parameter.name)]
        key = _key(names[-1])
        if key not in (*_MACHINE, *station.also):
            yield key, parameter


def _flag(key: str) -> str:
    """Return the flag of a key of a config."""
    return f"--{key.replace('_', '-')}"


def _key(flag: str) -> str:
    """Return the key of a flag in a config."""
    return flag.lstrip("-").replace("-", "_")


def _file(key: str, value: Any) -> str:
    """Return a path that neither a command line nor Snakemake takes for something else."""
    try:
        return str(plain_path(Path(str(value))))
    except ValueError as error:
        raise ConfigError(f"{key}: {show(value)} found; {error}") from None


def _arguments(parameter: click.Parameter, key: str, value: Any) -> list[str]:
    """Return an option as it stands on a command line."""
    if isinstance(parameter, click.Argument):
        return [str(value)]
    flag = _flag(key.rpartition(".")[2])
    if isinstance(value, bool):
        if not getattr(parameter, "is_flag", False):
            raise ConfigError(f"{key}: {show(value)} found; expected a value")
        return [flag] if value else list(parameter.secondary_opts)
    return [f"{flag}={one}" for one in (value if isinstance(value, tuple) else [value])]


def _refuse(command: click.Command, name: str, arguments: list[str]) -> None:
    """Raise if the command would not understand its arguments."""
    try:
        command.make_context(name, [*arguments[1:], "--model=model"])
    except click.ClickException as error:
        raise ConfigError(f"biology.{name}: {error.format_message()}") from None
