"""The folder that `seqcnn init` writes."""

import os
import re

import pytest
from support.command_line import cli

from seqcnn.config.pipeline import load_models, load_pipeline
from seqcnn.errors import UsageError
from seqcnn.workflow import project
from seqcnn.workflow.project import init_project


def tree(folder):
    """Return the files of a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_project_has_a_configuration_a_place_for_data_and_a_readme(tmp_path):
    init_project(tmp_path / "my library")
    assert tree(tmp_path / "my library") == ["README.md", "configs/pipeline.yaml"]
    assert (tmp_path / "my library/data").is_dir()
    config = load_pipeline(tmp_path / "my library/configs/pipeline.yaml")
    assert (config.name, config.data.targets, config.seeds) == ("my_library", ("activity",), (1, 2, 3))
    assert config.data.replicates == {}
    assert list(load_models(config)) == ["cnn", "ridge", "boosting", "gc", "mean"]
    assert "results/my_library/report.html" in (tmp_path / "my library/README.md").read_text()


def test_what_is_commented_out_is_valid_too(tmp_path):
    init_project(tmp_path / "p")
    path = tmp_path / "p/configs/pipeline.yaml"
    text = re.sub(r"^( *)# (?=( *)\w+: [\[{\w])", r"\1", path.read_text(), flags=re.MULTILINE)
    path.write_text(text.replace("# biology:", "biology:"))
    config = load_pipeline(path)
    assert config.data.replicates == {"activity": ("rep1", "rep2")}
    assert (config.data.group, config.data.weight, config.data.weight_by) == ("gene", "n_barcodes", "counts")
    assert (config.cross_validate, config.learning_curve) == (("cnn", "ridge"), "cnn")
    assert config.biology.attribute == {"max_sequences": 200}


def test_an_example_can_be_run_at_once(tmp_path, monkeypatch, started):
    assert cli("init", tmp_path / "try", "--example") == 0
    names = ["motifs.meme", "oligos.fa", "simulation.json", "targets.tsv", "truth.tsv"]
    assert tree(tmp_path / "try/data") == names
    assert (tmp_path / "try/data/oligos.fa").read_text().count(">") == 400
    monkeypatch.chdir(tmp_path / "try")
    assert cli("run", "--dry-run") == 0
    assert started[0][-1] == "--dry-run"


def test_an_empty_folder_is_used(tmp_path):
    init_project(tmp_path)
    assert tree(tmp_path) == ["README.md", "configs/pipeline.yaml"]


@pytest.mark.parametrize("name", ["folder/", "file"])
def test_what_is_there_is_refused(name, tmp_path):
    if name == "file":
        (tmp_path / name).write_text("text")
    else:
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("text")
    before = tree(tmp_path)
    with pytest.raises(UsageError, match=r"folder holds files; give the name of a new folder|file: "):
        init_project(tmp_path / name)
    assert tree(tmp_path) == before


def test_a_full_disk_leaves_no_configuration(tmp_path, monkeypatch, capfd):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(project.Path, "rename", full)
    assert cli("init", tmp_path / "p") == 3
    assert tree(tmp_path) == []
    assert "No space left on device" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("target", "fault"), [("link", "leads back to itself"), ("nowhere", "does not exist")]
)
def test_a_link_that_leads_nowhere_is_refused_in_one_line(tmp_path, target, fault, capsys):
    (tmp_path / "link").symlink_to(target)
    assert cli("init", tmp_path / "link") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert fault in line
    assert os.listdir(tmp_path) == ["link"]
