"""The option `--shard` of commands that compute one part of a result, and what such a part records."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqcnn.cli_support.options import Output, option
from seqcnn.errors import SeqcnnError, UsageError
from seqcnn.io.shard.shard import Shard, parse_shard
from seqcnn.log import silenced

if TYPE_CHECKING:
    from seqcnn.io.shard.part import Part

_MACHINE = {"shard", "threads", "device", "overwrite", "output"}
"""Options that do not change a result."""


class ShardType(click.ParamType):
    """A shard, such as `2/4`."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the shard; refuse other text."""
        if isinstance(value, Shard):
            return value
        try:
            return parse_shard(str(value))
        except SeqcnnError as error:
            return self.fail(str(error).partition(": ")[2] + ".", param, ctx)


shard = option(
    "--shard", type=ShardType(), metavar="I/N",
    help="Compute part I of N of the result only, by position in the input; `seqcnn gather` joins the parts.",
)  # fmt: skip


def part_of(shard: Shard | None, *, without: tuple[str, ...] = (), indexed: str | None = None) -> Part | None:
    """Return what a part of the result of the running command records; None for the whole result.

    Parameters
    ----------
    shard
        Value of `--shard`.
    without
        Options of further outputs that need the whole result, such as `--plot`.
    indexed
        Argument of the file of which a shard reads its own records only, if it has an index.

    Raises
    ------
    UsageError
        If one of these options is given, or an input is standard input, which can be read only once.
    """
    if shard is None:
        return None
    from seqcnn.io.shard.part import Part

    context = click.get_current_context()
    for parameter in context.command.params:
        flag = max(parameter.opts, key=len)
        if flag in without and context.params[str(parameter.name)] is not None:
            raise UsageError(f"{flag}: needs the whole result; leave it out with --shard")
    return Part(str(context.command.name), shard, _run(context, indexed))


def _run(context: click.Context, indexed: str | None) -> dict[str, str]:
    """Return what all parts have in common: version, device, and each option with its value or digest."""
    from seqcnn.data.readers.shards.fasta_index import index_of, sample_digest
    from seqcnn.io.shard.part import INDEX
    from seqcnn.io.stream import digest

    run: dict[str, str] = {"version": version("seqcnn"), "device": _device(context.params["device"])}
    for parameter in context.command.params:
        name, value = str(parameter.name), context.params[str(parameter.name)]
        if name in _MACHINE or isinstance(parameter.type, Output):
            continue
        if name in ("model", "models"):
            value = value or _default_model(context.command.name == "predict")
        key = max(parameter.opts, key=len)
        if isinstance(parameter.type, click.Path) and value is not None:
            if name == indexed and (index := index_of(value)):
                run[INDEX], key, value = digest(index), f"SHA-256 of samples of {key}", sample_digest(value)
            else:
                key, value = f"SHA-256 of {key}", _digests(value)
        if value not in (None, False, ()):
            run[key] = str(value)
    return run


def _default_model(any_model: bool) -> Path:
    """Return the model that is used if none is named; the command itself logs it."""
    from seqcnn.model.default_model import default_model

    with silenced("seqcnn.model"):
        return default_model(network=not any_model)


def _device(name: str) -> str:
    """Return the type of a device: predictions of a GPU and of a CPU differ in the last digits."""
    from seqcnn.model.inference.device import resolve_device

    return resolve_device(name).type


def _digests(paths: Path | tuple[Path, ...]) -> str:
    """Return the SHA-256 of a file, or of several."""
    from seqcnn.io.regular_file import require_file
    from seqcnn.io.stream import STDIN, digest

    given = paths if isinstance(paths, tuple) else (paths,)
    for path in given:
        if path == STDIN:
            raise UsageError("standard input: --shard reads the input twice; give the name of a file")
        require_file(path, "check the path")
    return " ".join(map(digest, given))
