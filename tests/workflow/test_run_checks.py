"""What `seqcnn run` checks of the files of a configuration before Snakemake is started."""

import os
import sys

import pytest
import yaml
from support.command_line import cli
from support.pipeline import PLAIN

from seqcnn.commands.run import _execute
from seqcnn.errors import EnvironmentFault

KNOWN = "; known: 'id', 'expression', 'family'"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"targets": ["expresion"]}, f"no column 'expresion'{KNOWN}; did you mean 'expression'?"),
        ({"group": "famly"}, f"no column 'famly'{KNOWN}; did you mean 'family'?"),
        ({"weight": "w"}, f"no column 'w'{KNOWN}"),
        ({"categories": ["c"]}, f"no column 'c'{KNOWN}"),
        ({"split": {"method": "column", "column": "part"}}, f"no column 'part'{KNOWN}"),
        ({"replicates": {"expression": ["a"]}}, f"no column 'a'{KNOWN}"),
        ({"id": "name"}, f"no column 'name'{KNOWN}"),
    ],
)
def test_a_dry_run_refuses_a_misspelt_column(data, message, folder, started, capfd):
    (folder / "x.yaml").write_text(yaml.safe_dump(PLAIN | {"data": {"targets": ["expression"]} | data}))
    assert cli("run", "x.yaml", "--dry-run") == 2
    assert not started
    assert capfd.readouterr().err == f"seqcnn: error: targets.tsv: {message}\n"


def test_columns_of_a_config_that_fits_are_accepted_and_a_run_leaves_them_to_its_first_job(folder, started):
    assert cli("run", "--dry-run") == 0
    (folder / "targets.tsv").write_text("id\tother\na\t1\n")
    assert cli("run") == 0
    assert len(started) == 2


@pytest.mark.parametrize("name", ["oligos.fa", "targets.tsv"])
def test_a_missing_file_is_named(name, folder, started, capfd):
    (folder / name).unlink()
    assert cli("run") == 2
    assert not started
    message = f"{name}: No such file; correct its path in the configuration"
    assert message in capfd.readouterr().err


def test_a_missing_file_of_the_biology_section_is_named_unless_the_run_makes_it(folder, started, capfd):
    made = {"sequences": "results/toy/dataset.h5", "hits": "results/toy/biology/motifs/hits.tsv"}
    biology = {"dependencies": made, "motifs": {"database": "known.meme"}}
    (folder / "x.yaml").write_text(yaml.safe_dump(PLAIN | {"biology": biology}))
    assert cli("run", "x.yaml", "--dry-run") == 2
    assert not started
    remedy = "correct its path in biology.motifs, which is relative to the current folder"
    assert capfd.readouterr().err == f"seqcnn: error: known.meme: No such file; {remedy}\n"
    (folder / "known.meme").touch()
    assert cli("run", "x.yaml", "--dry-run") == 0


def test_files_that_the_pipeline_downloads_may_be_missing(folder, started):
    files = {"sequences": "data/sequences.fa", "targets": "data/targets.tsv"}
    (folder / "x.yaml").write_text(yaml.safe_dump(PLAIN | files | {"fetch": "yeast_5utr"}))
    assert cli("run", "-n", "x.yaml") == 0
    assert started[0][-1] == "-n"


@pytest.mark.parametrize("order", [["x.yaml", "--cores", "4"], ["--cores", "4", "x.yaml"]])
def test_the_configuration_is_the_first_argument_or_the_only_yaml_file(order, folder, started, monkeypatch):
    (folder / "configs/pipeline.yaml").rename(folder / "x.yaml")
    assert cli("run", *order) == 0
    assert started[0][-2:] == ["--cores", "4"]
    assert started[0][2:5] == ["-m", "seqcnn.workflow", "INFO"]
    assert started[0][5] == "logs/toy/pipeline.log"


def test_verbose_starts_snakemake_alone_and_quiet_shows_warnings_only(folder, started):
    assert cli("run", "--verbose") == 0
    assert cli("-q", "run") == 0
    assert started[0][2:5] == ["-m", "snakemake", "--snakefile"]
    assert started[1][2:5] == ["-m", "seqcnn.workflow", "WARNING"]


def test_on_windows_the_pipeline_needs_bash_and_its_exit_code_is_that_of_snakemake(monkeypatch):
    monkeypatch.setattr(os, "name", "nt")
    monkeypatch.setattr(os, "execv", None)
    with pytest.raises(SystemExit) as stop:
        _execute([sys.executable, "-c", "raise SystemExit(7)"])
    assert stop.value.code == 7
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentFault, match="the pipeline needs bash: run it in WSL, or use `seqcnn fit`"):
        _execute([sys.executable, "-c", ""])
