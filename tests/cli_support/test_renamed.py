"""Flags of earlier versions are refused with the name that each has now."""

import pytest
from support.command_line import cli

from seqcnn.cli import app, main
from seqcnn.cli_support.renamed import RENAMED_FLAGS

ROWS = [(command, old, new) for command, flags in RENAMED_FLAGS.items() for old, new in flags.items()]


def flags(command):
    return {flag for parameter in app.commands[command].params for flag in parameter.opts}


@pytest.mark.parametrize(("command", "old", "new"), ROWS)
def test_an_old_flag_is_refused_with_its_new_name(command, old, new, capsys):
    assert old not in flags(command)
    assert new in flags(command)
    for arguments in ([old, "x"], [f"{old}=x"]):
        with pytest.raises(SystemExit) as stop:
            main([command, *arguments])
        assert stop.value.code == 2
        error = capsys.readouterr().err
        assert error == f"seqcnn: error: {old} is now called {new}; see `seqcnn {command} --help`\n"


@pytest.mark.parametrize("flag", ["--config", "--configfile", "--configfile=x"])
def test_the_configuration_of_run_is_an_argument(flag, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["run", flag, "x.yaml"])
    assert stop.value.code == 2
    assert "the configuration is an argument: seqcnn run my.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["variants", "v.vcf", "-o", "x"], "argument (v.vcf); give a VCF with --vcf, a table of pairs with"),
        (["scan", "g.fa", "r.bed", "-o", "x"], "argument (r.bed); give regions with --bed"),
        (["predict", "s.fa", "m.safetensors"], "argument (m.safetensors); give models with -m"),
    ],
)
def test_a_file_in_the_place_of_an_option_names_the_option(arguments, hint, capsys):
    assert cli(*arguments) == 2
    assert hint in capsys.readouterr().err
