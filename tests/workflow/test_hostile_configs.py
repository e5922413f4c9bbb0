"""How a config of others comes to the Snakefile: checked first, and never read by Snakemake."""

import os
import re
from importlib import import_module
from pathlib import Path

import pytest
from support.command_line import cli
from support.paths import BAD_CONFIGS
from support.pipeline import PLAIN, lay_out, snakemake

from seqcnn.workflow import DEFAULT_PROFILE, SNAKEFILE, profile

run_module = import_module("seqcnn.commands.run")

CONFIGS = sorted(BAD_CONFIGS.glob("*.yaml"))
RUNS_PYTHON = "__use_yte__: true\nname: ?open('RAN', 'w').close() or 'x'\nsequences: a.fa\ntargets: t.tsv\n"


def test_a_good_config_goes_by_its_path_and_the_rest_to_snakemake(folder, started):
    (folder / "configs/pipeline.yaml").rename(folder / "other.yaml")
    assert cli("run", "other.yaml", "-n", "--cores", "2") == 0
    package = ["--snakefile", str(SNAKEFILE), "--workflow-profile", "profiles/default"]
    assert started[0][2:] == ["-m", "seqcnn.workflow", "INFO", "", *package, "-n", "--cores", "2"]
    assert os.environ["SEQCNN_CONFIG"] == "other.yaml"
    assert "rule report" in snakemake("-n", folder=folder)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_snakemake_is_not_started_on_a_hostile_config(config, folder, started, capfd):
    assert cli("run", config, "-n") == 2
    assert not started
    assert capfd.readouterr().err.count("\n") == 1


def test_python_in_a_config_runs_neither_by_the_command_nor_by_the_variable(folder, started, monkeypatch):
    (folder / "x.yaml").write_text(RUNS_PYTHON)
    assert cli("run", "x.yaml", "-n") == 2
    monkeypatch.setenv("SEQCNN_CONFIG", "x.yaml")
    assert "templates are not run" in snakemake("-n", folder=folder, code=1)
    assert not (folder / "RAN").exists()


def test_snakemake_itself_would_run_python_in_a_config(folder):
    (folder / "x.yaml").write_text(RUNS_PYTHON)  # why `seqcnn run` exists; nothing here can prevent it
    snakemake("-n", "--configfile", "x.yaml", folder=folder, code=1)
    assert (folder / "RAN").exists()


def test_without_a_configuration_the_remedy_is_said(tmp_path, started, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("run") == 2
    assert not started
    assert "configs/pipeline.yaml: not found; name a configuration" in capfd.readouterr().err


def test_a_folder_without_profiles_has_those_of_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = Path(profile(DEFAULT_PROFILE), "config.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Settings of a bare")
    assert Path(profile("profiles/slurm"), "config.yaml").is_file()
    assert [profile(name) for name in ("profiles/none", "slurm", "-n")] == ["profiles/none", "slurm", "-n"]
    (tmp_path / DEFAULT_PROFILE).mkdir(parents=True)
    assert profile(DEFAULT_PROFILE) == DEFAULT_PROFILE


def test_without_snakemake_the_extra_is_named(folder, started, monkeypatch, capfd):
    monkeypatch.setattr(run_module, "find_spec", lambda name: None)
    assert cli("run") == 3
    assert not started
    assert "snakemake is not installed; pip install 'seqcnn[workflow]'" in capfd.readouterr().err


def test_every_value_in_a_shell_command_is_quoted_or_a_number():
    rules = SNAKEFILE.read_text()
    shells = re.findall(r'shell:\s+r?"""(.*?)"""', rules, re.DOTALL)
    assert len(shells) == rules.count("shell:") >= 10
    found = {v for shell in shells for v in re.findall(r"(?<!\{)\{([^{}]+)\}", shell)}
    numbers = {"threads", "params.folds", "params.n_shards"}
    assert {value for value in found if not value.endswith(":q")} == numbers
    assert not re.search(r"^ +(run|script|message|notebook):", rules, re.MULTILINE)


def test_names_of_files_reach_the_shell_as_they_are(tmp_path):
    name = "$(touch RAN); `touch RAN` & a' \"b *=1+1|<>~ !x"
    folder = tmp_path / name
    lay_out(folder, PLAIN | {"sequences": f"{name}/s.fa", "targets": f"{name}.tsv"})
    (folder / name).mkdir()
    (folder / name / "s.fa").write_text("")
    (folder / f"{name}.tsv").write_text("")
    words = snakemake("--cores", "1", "--until", "prepare", folder=folder, code=1)
    assert f"{name}.tsv: empty; there are no rows" in words
    assert not list(tmp_path.rglob("RAN"))
