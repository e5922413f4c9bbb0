"""What the user named and is there already stays, unless `--overwrite` is given; in every command."""

import os

import pytest

from benchmarks.reliability.writing_commands import BY_MODEL, FITTED, PREDICTED, RESUMED, WRITING
from seqcnn.cli import app, main

FOLDERS = ["motifs", "marginalize", "design", "scan"]
FILES = sorted({*WRITING} - {*FOLDERS, *RESUMED, "simulate"})


def exit_code(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([*map(str, arguments)])
    return stop.value.code or 0


@pytest.fixture
def folder(inputs, tmp_path, monkeypatch):
    """Stand in a folder with the inputs of all commands."""
    for path in inputs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command_line(name):
    """Return the arguments of a command without `--overwrite`."""
    return [name, *(word for word in WRITING[name] if word != "--overwrite")]


def test_every_command_with_an_output_has_the_option_or_resumes():
    writing = {
        name
        for name, command in app.commands.items()
        if any("--output" in parameter.opts for parameter in command.params)
    }
    assert {n for n in writing if any("--overwrite" in p.opts for p in app.commands[n].params)} == (
        writing - RESUMED
    )
    assert {*FILES, *FOLDERS, "fetch", "simulate"} == writing - RESUMED


@pytest.mark.parametrize("name", FILES)
def test_an_existing_file_is_refused_in_one_line_and_kept(name, folder, capsys):
    words = command_line(name)
    output = folder / words[-1]
    output.parent.mkdir()
    output.write_text("mine")
    assert exit_code(*words) == 2
    (error,) = [line for line in capsys.readouterr().err.splitlines() if "file exists" in line]
    assert error.endswith(f"{words[-1]}: file exists; give another name, or --overwrite")
    assert output.read_text() == "mine"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_with_files_is_refused_in_one_line_and_kept(name, folder, capsys):
    (folder / "out").mkdir()
    (folder / "out/notes.txt").write_text("mine")
    assert exit_code(*command_line(name)) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith("out: folder holds files; give another name, or --overwrite")
    assert os.listdir("out") == ["notes.txt"]


@pytest.mark.parametrize(
    ("name", "output", "words"),
    [
        ("scan", "peaks.tsv", ["g.fa", *PREDICTED, "--bed"]),
        ("scan", "plus.bedgraph", [*PREDICTED]),
        ("motifs", "motifs.meme", ["d.h5", *BY_MODEL, "--database"]),
        ("marginalize", "marginal.tsv", [*BY_MODEL, "--motif", "TGACTCA"]),
        ("design", "designs.fa", [*BY_MODEL, "--start"]),
        ("fit", "dataset.h5", ["lab.fa"]),
        ("fit", "tiny/seed1/predictions.tsv", ["lab.fa"]),
        ("fit", "ridge/fit/metrics.json", ["lab.fa"]),
    ],
)
def test_an_input_with_the_name_of_an_output_of_the_folder_is_kept(name, output, words, folder, capsys):
    path = folder / "out" / output
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    options = FITTED if name == "fit" else ["--overwrite"]
    assert exit_code(name, *words, path, *options, "-o", "out") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith(f"{output}: output and input are the same file; give another name")
    assert [p.read_text() for p in (folder / "out").rglob("*") if p.is_file()] == ["mine"]


@pytest.mark.parametrize(
    ("name", "also"),
    [("attribute", "s.bed"), ("variants", "v.vcf.gz"), ("saturate", "s.pdf"), ("attribute", "logos/1.svg")],
)
def test_an_output_of_another_option_is_refused_too(name, also, folder, capsys):
    path = folder / "out" / also
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert exit_code(*command_line(name)) == 2
    assert "--overwrite" in capsys.readouterr().err.splitlines()[-1]
    assert path.read_text() == "mine"
    assert [p for p in (folder / "out").rglob("*") if p.is_file()] == [path]


@pytest.mark.parametrize("name", ["predict", "evaluate", "scan"])
def test_with_the_option_the_output_is_replaced(name, folder):
    assert exit_code(*command_line(name)) == 0
    before = {path: path.read_bytes() for path in (folder / "out").iterdir()}
    for path in before:
        path.write_text("old")
    assert exit_code(*command_line(name), "--overwrite") == 0
    assert {path: path.read_bytes() for path in (folder / "out").iterdir()} == before
