"""Options that several commands share are the same in all of them."""

from pathlib import Path

import click
import pytest

from seqcnn.cli import app
from seqcnn.cli_support.options import BEST_MODEL, Output, OutputFile

SHARED = ["--seed", "--threads", "--device", "--genome", "--epochs", "--window-bp", "--fdr", "--overwrite"]
SHARED += [
    "--chromosome-prefix",
    "--sheet",
    "--sequence-column",
    "--id",
    "--id-until",
    "--decimal",
    "--encoding",
]


OWN = {("fit", "--seed")}
"""Commands with an option of their own: without `--seed`, the preset of `fit` has several seeds."""


def options(flag):
    commands = [command for name, command in app.commands.items() if (name, flag) not in OWN]
    found = [p for command in commands for p in command.params if flag in p.opts]
    return [(p.opts, p.default, p.help, repr(p.type)) for p in found]


@pytest.mark.parametrize("flag", SHARED)
def test_a_shared_option_has_one_definition(flag):
    first, *others = options(flag)
    assert others
    assert all(other == first for other in others)


def test_the_seed_is_the_random_seed():
    assert {help for _, _, help, _ in options("--seed")} == {"Random seed."}


def test_model_is_a_bundle_with_one_default():
    for command in app.commands.values():
        for parameter in command.params:
            if "--model" in parameter.opts:
                assert parameter.opts == ["-m", "--model"]
                assert parameter.help.startswith("Model bundle")
                assert parameter.required == (command.name == "ensemble")
                assert parameter.required or parameter.help.endswith(BEST_MODEL)


READING = ["--sequence-column", "--id", "--id-until", "--sheet", "--decimal", "--encoding"]
"""Options of `fit` that say how a table is written."""


def flags(command):
    return {flag for parameter in command.params for flag in parameter.opts}


def test_a_command_that_reads_a_users_table_has_all_options_of_fit_that_say_how_it_is_written():
    """A table of sequences is an argument `sequences` or the file of an option."""
    files = {"sequences", "--sequences", "--start", "--candidates", "--int8"}
    readers = {name for name, command in app.commands.items() if files & flags(command)}
    assert readers == {
        "attribute", "check", "dependencies", "design", "export", "fit", "marginalize", "motifs",
        "next", "predict", "prepare",
        "saturate", "variants",
    }  # fmt: skip
    assert set(READING) <= flags(app.commands["fit"])
    for name in readers:
        assert set(READING) <= flags(app.commands[name]), name
        assert {"--genome", "--chromosome-prefix"} <= flags(app.commands[name]), name
    assert set(READING[1:]) <= flags(app.commands["evaluate"])


@pytest.mark.parametrize("name", ["effects.csv", "effects.XLSX", "effects.tsv.gz", "effects.zip"])
def test_an_output_in_a_format_that_a_command_does_not_write_is_refused(name):
    with pytest.raises(click.BadParameter, match=r"writes no \.\w+ file; give another suffix, such as \.tsv"):
        OutputFile.convert(name, None, None)
    with pytest.raises(click.BadParameter, match="writes no"):
        Output(formats=(".json",)).convert(name, None, None)


def test_commands_write_the_formats_that_they_name_and_any_folder():
    for name in ("x.csv", "x.xlsx", "x.parquet", "x.tsv.gz", "x.tsv", "x"):
        assert Output(formats=(".csv", ".xlsx", ".parquet", ".gz")).convert(name, None, None) == Path(name)
    assert Output(folder=True).convert("run.csv", None, None) == Path("run.csv")
