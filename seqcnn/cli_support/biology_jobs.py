"""Map the `biology` section of a pipeline config to command lines of `seqcnn`.

A key of the section is a command of `STATIONS`; its options are those of the command line, without dashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from seqcnn.cli_support.biology_values import refuse_values
from seqcnn.cli_support.options import File
from seqcnn.cli_support.renamed import RENAMED_FLAGS
from seqcnn.config.model import plain_path
from seqcnn.config.pipeline import BiologyConfig, PipelineConfig
from seqcnn.errors import ConfigError, SeqcnnError, did_you_mean, show
from seqcnn.extras import refuse_without_extra

DATASET = "results/{run}/dataset.h5"
"""Sequences of a command for which the configuration names no file."""

_MACHINE = ("help", "model", "output", "threads", "device", "overwrite", "shard")
"""Options that only the pipeline sets."""


@dataclass(frozen=True)
class Station:
    """Options that the pipeline adds to those of a command."""

    extra: str
    """Extra with the libraries that it needs, '' if there is none."""
    output: str = ""
    """Name of the output in the command's folder; '' if the output is the folder."""
    also: dict[str, str] = field(default_factory=dict)
    """Option -> a further output in that folder."""
    default: dict[str, str] = field(default_factory=dict)
    """Option -> its value if the configuration has none of the options `unless`."""
    unless: tuple[str, ...] = ("sequences",)
    needs: dict[str, str] = field(default_factory=dict)
    """Option of `also` -> the option that it requires."""
    has_shards: bool = False
    """Whether its outputs can be joined from parts; see `shards` of the configuration."""
    whole: tuple[str, ...] = ()
    """Options with outputs that need the whole result: with them it has no shards."""
    unsharded: tuple[str, ...] = ()
    """Options of `also` that are left out with shards."""
    follow: tuple[str, ...] = ()
    """Command, named as an option of `unsharded`, that makes its output from the joined one; its options."""
    not_with: dict[str, str] = field(default_factory=dict)
    """Option of `also` -> the option that excludes it."""


STATIONS = {
    "attribute": Station(
        "interpret", "attributions.h5", {"seqlets": "seqlets.bed", "html": "attributions.html"},
        {"sequences": DATASET, "split_part": "test"},
        has_shards=True, whole=("logo_dir",), unsharded=("seqlets", "html"),
        follow=("seqlets", "fdr", "null"),
    ),
    "motifs": Station(
        "interpret", default={"sequences": DATASET}, unless=("sequences", "attributions")
    ),
    "marginalize": Station("interpret", default={"sequences": DATASET}),
    "dependencies": Station(
        "interpret", "dependencies.tsv",
        {"html": "dependencies.html", "pairs": "pairs.tsv", "pair_summary": "pair_summary.tsv"},
        {"sequences": DATASET, "split_part": "test"},
        needs={"pairs": "hits", "pair_summary": "hits"},
    ),
    "variants": Station(
        "genome", "effects.tsv", {"vcf_out": "annotated.vcf", "html": "effects.html"},
        needs={"vcf_out": "vcf"}, has_shards=True, whole=("database", "phased"),
        unsharded=("html",), not_with={"html": "phased", "vcf_out": "phased"},
    ),
    "saturate": Station(
        "interpret", "saturation.tsv", {"plot": "saturation.pdf"}, has_shards=True, unsharded=("plot",)
    ),
    "scan": Station("genome", has_shards=True, whole=("hits",)),
    "design": Station("design", default={"start": DATASET}, unless=("start", "random")),
    "next": Station("", default={"library": DATASET}, unless=("library",)),
}  # fmt: skip
"""Name of the key, of the rule and of the folder in results/<run>/biology/ -> the command."""


@dataclass(frozen=True)
class Job:
    """One rule of the pipeline."""

    station: str
    arguments: list[str]
    """Arguments of `seqcnn`, without model, threads and device."""
    files: list[str]
    """Inputs beside the model."""
    output: str
    """Folder."""
    names: list[str]
    """Names of its outputs in that folder; '.' is the folder."""
    has_shards: bool
    """Whether the outputs are joined from parts."""
    after: list[str]
    """Arguments of `seqcnn` that make a further output from the joined one; empty if there is none."""

    def arguments_in(self, folder: str) -> list[str]:
        """Return the arguments with outputs in another folder."""
        n_outputs = len(self.names)
        moved = [word.replace(f"={self.output}", f"={folder}", 1) for word in self.arguments[-n_outputs:]]
        return [*self.arguments[:-n_outputs], *moved]


def biology_jobs(run: PipelineConfig, commands: Mapping[str, click.Command]) -> list[Job]:
    """Return the jobs of a pipeline configuration; `commands` are those of seqcnn, by name.

    Raises
    ------
    ConfigError
        If a command has no such option, or refuses its value.
    EnvironmentFault
        If a library of the extra of one of the commands is not installed.
    """
    config = run.biology or BiologyConfig()
    options = {name: getattr(config, name) for name in STATIONS}
    jobs = [
        _job(run, name, dict(found), commands[name]) for name, found in options.items() if found is not None
    ]
    if jobs:
        refuse_without_extra(filter(None, (STATIONS[job.station].extra for job in jobs)))
    return jobs


def _job(run: PipelineConfig, name: str, options: dict[str, Any], command: click.Command) -> Job:
    """Return the job of one command."""
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
        if isinstance(known[key].type, click.Path):
            path = _file(f"biology.{name}.{key}", value)
            files += [path] if known[key].type is File else []  # a further output is no input
        arguments += _arguments(known[key], f"biology.{name}.{key}", value)
    has_shards = run.shards > 1 and station.has_shards and not any(key in options for key in station.whole)
    outputs = _outputs(station, options, has_shards=has_shards)
    arguments += [f"{_flag(key)}={Path(output, file)}" for key, file in outputs.items()]
    _refuse(command, name, arguments, () if run.data.pivot else run.data.targets)
    after = _following(station, options, output) if has_shards else []
    return Job(name, arguments, files, output, [file or "." for file in outputs.values()], has_shards, after)


def _outputs(station: Station, options: Mapping[str, Any], *, has_shards: bool) -> dict[str, str]:
    """Return option -> file name of each output that the pipeline adds."""
    left_out = {key for key, option in station.needs.items() if option not in options}
    left_out |= {key for key, option in station.not_with.items() if options.get(option)}
    left_out |= set(station.unsharded) if has_shards else set()
    return {k: file for k, file in {"output": station.output, **station.also}.items() if k not in left_out}


def _following(station: Station, options: Mapping[str, Any], folder: str) -> list[str]:
    """Return the arguments of the command that follows the joining of shards, if there is one."""
    if not station.follow:
        return []
    name, *shared = station.follow
    given = [f"{_flag(key)}={options[key]}" for key in shared if key in options]
    return [name, str(Path(folder, station.output)), f"--output={Path(folder, station.also[name])}", *given]


def _parameters(station: Station, command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    """Yield key and parameter of each option that a configuration may set."""
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
    """Return a path that is safe on a command line and in Snakemake."""
    try:
        return str(plain_path(Path(str(value))))
    except ValueError as error:
        raise ConfigError(f"{key}: {show(value)} found; {error}") from None


def _arguments(parameter: click.Parameter, key: str, value: Any) -> list[str]:
    """Return an option as on a command line."""
    if isinstance(parameter, click.Argument):
        return [str(value)]
    flag = _flag(key.rpartition(".")[2])
    if isinstance(value, bool):
        has_default = isinstance(getattr(parameter, "flag_value", None), str)  # `--maximize`, without a value
        if not (has_default or getattr(parameter, "is_flag", False)):
            raise ConfigError(f"{key}: {show(value)} found; expected a value")
        return [flag] if value else list(parameter.secondary_opts)
    return [f"{flag}={item}" for item in (value if isinstance(value, tuple) else [value])]


def _refuse(command: click.Command, name: str, arguments: list[str], targets: Sequence[str]) -> None:
    """Raise `ConfigError` if the command refuses its arguments; `targets` are those of the run, if known."""
    try:
        context = command.make_context(name, [*arguments[1:], "--model=model"])
        refuse_values(name, context.params, targets)
    except click.ClickException as error:
        raise ConfigError(f"biology.{name}: {error.format_message()}") from None
    except SeqcnnError as error:
        raise ConfigError(f"biology.{name}: {error}") from None
