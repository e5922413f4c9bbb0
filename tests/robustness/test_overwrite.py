"""What the user named and is there already stays, unless `--overwrite` is given; in every command."""

import os
import shutil

import pytest

from benchmarks.reliability.writing_commands import BY_MODEL, FITTED, PREDICTED, RESUMED, WRITING
from seqcnn.cli import app, main
from seqcnn.cli_support.options import Output

FOLDERS = ["motifs", "marginalize", "design", "next", "scan"]
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


def test_every_command_with_an_output_has_the_option_but_fit_and_tune_which_refuse():
    writing = {
        name
        for name, command in app.commands.items()
        if any("--output" in parameter.opts for parameter in command.params)
    }
    assert {n for n in writing if any("--overwrite" in p.opts for p in app.commands[n].params)} == (
        writing - {"fit", "tune"}
    )
    assert {*FILES, *FOLDERS, "fetch", "simulate"} == writing - RESUMED - {"tune"}


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
        ("next", "batch.fa", [*BY_MODEL, "--library"]),
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


TRAINED = {
    "train": ["out/m.safetensors", "out/m.run.json", "out/m.history.csv"],
    "baseline": ["out/p.run.json"],
    "cross-validate": ["out/cnn/model.safetensors", "out/cnn/metrics.json", "out/cnn/out_of_fold.tsv"],
    "learning-curve": ["out/curve.json"],
}


@pytest.mark.parametrize(("name", "output"), [(name, o) for name, all_ in TRAINED.items() for o in all_])
def test_what_an_earlier_fit_wrote_is_kept(name, output, folder, capsys):
    path = folder / output
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert exit_code(*command_line(name)) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith(f"{output}: file exists; give another name, or --overwrite")
    assert [p.read_text() for p in (folder / "out").rglob("*") if p.is_file()] == ["mine"]


def test_two_bundles_of_one_folder_have_their_own_files(folder):
    words = [word for word in command_line("train") if word != "out/m.safetensors"]
    for seed in ("1", "2"):
        assert exit_code(*words, f"out/seed{seed}.safetensors", "--seed", seed) == 0
    names = {f"seed{n}.{name}" for n in "12" for name in ("safetensors", "run.json", "history.csv")}
    assert {*os.listdir("out")} == names


def test_fit_keeps_the_files_of_another_run(folder, capsys):
    fit = command_line("fit")
    (folder / "out").mkdir()
    shutil.copy(folder / "run/dataset.h5", folder / "out")
    (folder / "other.tsv").write_text((folder / "lab.tsv").read_text().replace("o1\t", "o1\t1"))
    before = (folder / "out/dataset.h5").read_bytes()
    assert exit_code(*[word.replace("lab.tsv", "other.tsv") for word in fit]) == 2
    expected = "out/dataset.h5: holds other data than those of this fit; name another folder, or remove it"
    assert capsys.readouterr().err.splitlines()[-1].endswith(expected)
    (folder / "out/tiny/seed1").mkdir(parents=True)
    shutil.copy(folder / "run/tiny/seed1/model.safetensors", folder / "out/tiny/seed1")
    assert exit_code(*fit, "--epochs", "2") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "out/tiny/seed1/model.safetensors: trained on other data or with another configuration" in error
    assert (folder / "out/dataset.h5").read_bytes() == before
    (folder / "out/dataset.h5").unlink()
    assert exit_code(*fit) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith("model.safetensors: file exists; name another folder, or remove it")


@pytest.mark.parametrize("output", ["out/tuned.yaml", "out/trials.tsv"])
def test_tune_keeps_results_that_are_of_no_study(output, folder, capsys):
    path = folder / output
    path.parent.mkdir()
    path.write_text("mine")
    assert exit_code("tune", "d.h5", "--configs", "tiny.yaml", "--trials", "1", "-o", "out") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith(f"{output}: file exists; name another folder, or remove it")
    assert os.listdir("out") == [path.name]


OUTPUTS = {
    (name, max(parameter.opts, key=len)): parameter.type
    for name, command in app.commands.items()
    for parameter in command.params
    if isinstance(parameter.type, Output)
}


def test_the_options_of_outputs_have_the_type_of_outputs():
    writing = {"--output", "--plot", "--html", "--logo-dir", "--vcf-out", "--pair-summary"}
    assert {flag for _, flag in OUTPUTS} == writing | {"--seqlets", "--pairs", "project"}
    for command in app.commands.values():
        for parameter in command.params:
            assert not writing & {*parameter.opts} or isinstance(parameter.type, Output)


@pytest.mark.parametrize(("name", "flag"), OUTPUTS)
def test_a_dash_and_the_name_of_a_folder_are_no_names_of_files(name, flag, tmp_path, monkeypatch, capsys):
    """Only `predict` writes to standard output; a folder may be named with a slash."""
    monkeypatch.chdir(tmp_path)
    option = [] if flag == "project" else [flag]
    kind = OUTPUTS[name, flag]
    if not kind.stdout:
        assert exit_code(name, *option, "-") == 2
        assert "'-' is not standard output here; give the name of a f" in capsys.readouterr().err
    if not kind.folder:
        assert exit_code(name, *option, "new/") == 2
        assert "'new/' is the name of a folder; give the name of a file" in capsys.readouterr().err
    assert os.listdir() == []


def test_predict_writes_to_standard_output_for_a_dash(folder, capsysbinary):
    words = command_line("predict")
    assert exit_code(*words[:-1], "-") == 0
    assert capsysbinary.readouterr().out.startswith(b"id\tactivity")
    assert not (folder / "-").exists()


@pytest.mark.parametrize("name", ["predict", "evaluate", "scan", "train"])
def test_with_the_option_the_output_is_replaced(name, folder):
    assert exit_code(*command_line(name)) == 0
    before = {path: path.read_bytes() for path in (folder / "out").iterdir() if "run.json" not in path.name}
    for path in before:
        path.write_text("old")
    assert exit_code(*command_line(name), "--overwrite") == 0
    assert {path: path.read_bytes() for path in before} == before
