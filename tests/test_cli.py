"""The command line: what it prints, writes and refuses, and its exit codes."""

import errno
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from support.workbooks import workbook

from seqcnn.cli import STOP_SIGNALS, app, main
from seqcnn.data.dataset import load_dataset
from seqcnn.errors import TableError

PLANTED = "TGACTCAT"


def run(*arguments: object) -> int:
    """Run the command line in process and return its exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab's own two files: 120 sequences of 30 bp, a planted site, and its measurements."""
    folder = tmp_path_factory.mktemp("lab")
    rng = np.random.default_rng(0)
    names, fasta, table = [], [], ["name\tactivity\tgene"]
    for i in range(120):
        letters = "".join(rng.choice(list("ACGT"), 30))
        planted = i % 2
        letters = letters[:10] + PLANTED + letters[18:] if planted else letters
        names.append(f"oligo_{i}")
        fasta.append(f">oligo_{i} from the bench\n{letters}\n")
        table.append(f"oligo_{i}\t{planted + rng.normal(0, 0.1):.3f}\tgene{i // 3}")
    (folder / "design.fa").write_text("".join(fasta))
    (folder / "activity.tsv").write_text("\n".join(table) + "\n")
    return folder


@pytest.fixture(scope="module")
def fitted(lab: Path) -> Path:
    assert run("fit", lab / "design.fa", lab / "activity.tsv", "--target", "activity", "--group", "gene",
               "--epochs", 3, "--seed", 1, "--threads", 1, "-o", lab / "run") == 0  # fmt: skip
    return lab / "run"


def test_two_files_become_a_report_a_bundle_and_predictions(fitted):
    assert (fitted / "report.html").read_text().startswith("<!doctype html>")
    lines = (fitted / "cnn/seed1/predictions.tsv").read_text().splitlines()
    assert lines[0] == "id\tactivity\tout_of_distribution"
    assert len(lines) == 121
    assert set(json.loads((fitted / "ridge/fit/metrics.json").read_text())["parts"]) == {
        "train",
        "val",
        "test",
    }


def test_fit_does_not_write_over_a_finished_run(fitted, lab, capsys):
    before = (fitted / "report.html").read_bytes()
    assert run("fit", lab / "design.fa", lab / "activity.tsv", "--target", "activity", "-o", fitted) == 2
    assert "holds a finished run" in capsys.readouterr().err
    assert (fitted / "report.html").read_bytes() == before


def test_predict_writes_the_same_to_a_file_and_to_standard_output(fitted, lab, capfdbinary):
    model = fitted / "cnn/seed1/model.safetensors"
    assert run("predict", lab / "design.fa", "-m", model) == 0
    printed = capfdbinary.readouterr().out
    assert run("predict", lab / "design.fa", "-m", model, "-o", lab / "p.tsv") == 0
    assert (lab / "p.tsv").read_bytes() == printed


def test_predict_without_a_model_takes_the_last_runs_best_and_says_so(fitted, lab, capsys, monkeypatch):
    monkeypatch.chdir(lab)
    monkeypatch.delenv("SEQCNN_MODEL", raising=False)
    assert run("predict", "design.fa", "-o", "default.tsv") == 0
    assert "run/boosting/fit/model.safetensors (the best model" in capsys.readouterr().err


def test_info_says_what_a_model_was_trained_on(fitted, capsys):
    assert run("info", fitted / "cnn/seed1/model.safetensors") == 0
    assert "96 sequences" in capsys.readouterr().out


def test_check_writes_nothing_and_tells_what_prepare_would(lab, capsys):
    before = sorted(lab.rglob("*"))
    assert run("check", lab / "design.fa", lab / "activity.tsv", "--target", "activity") == 0
    assert "120 sequences of 30 bp" in capsys.readouterr().err
    assert sorted(lab.rglob("*")) == before


def test_check_counts_the_warnings_that_it_printed(lab, tmp_path, capsys):
    letters = (lab / "design.fa").read_text().splitlines()[1::2]
    letters[:3] = ["acgtnryacgt" + "a" * 19, letters[3], letters[3]]  # lower case, ambiguous, repeated
    fasta = "".join(f">{name}\n{sequence}\n" for name, sequence in enumerate(letters))
    (tmp_path / "s.fa").write_text(fasta)
    (tmp_path / "t.tsv").write_text(
        "id\ty\n" + "".join(f"{i}\t{i * 37 % 101}\n" for i in range(len(letters)))
    )
    assert run("check", tmp_path / "s.fa", tmp_path / "t.tsv", "--target", "y") == 0
    *lines, last = capsys.readouterr().err.splitlines()
    printed = sum(": warning: " in line for line in lines)
    assert printed > 1
    assert last == f"seqcnn: {printed} warnings above; nothing was written"


def test_prepare_takes_one_table_for_both(lab, tmp_path):
    (tmp_path / "both.csv").write_text(
        "id,sequence,y\n"
        + "".join(f"s{i},{'ACGT'[i % 4] * 4}{'ACGT'[i // 4 % 4] * 4},{i}\n" for i in range(16))
    )
    assert run("prepare", tmp_path / "both.csv", "--target", "y", "-o", tmp_path / "d.h5") == 0
    np.testing.assert_array_equal(load_dataset(tmp_path / "d.h5").targets[:, 0], np.arange(16))


SHAPES = {
    "decimal commas": ("t.csv", "id;sequence;y\n", "{i};{s};{i},5\n", ["--decimal", ","]),
    "UTF-16": ("t.txt", "id\tsequence\ty\n", "{i}\t{s}\t{i}.5\n", []),
    "Sequence": ("t.csv", "name,Sequence,y\n", "{i},{s},{i}.5\n", []),
    "no ids": ("t.csv", "y,Sequence\n", "{i}.5,{s}\n", []),
    "a named column": ("t.csv", "id,letters,y\n", "{i},{s},{i}.5\n", ["--sequence-column", "letters"]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_tables_of_other_shapes_are_read_without_an_edit(shape, tmp_path):
    name, header, row, options = SHAPES[shape]
    letters = (f"{'ACGT'[i % 4] * 4}{'ACGT'[i // 4 % 4] * 4}" for i in range(16))
    text = header + "".join(row.format(i=i, s=s) for i, s in enumerate(letters))
    (tmp_path / name).write_text(text, encoding="utf-16" if shape == "UTF-16" else "utf-8")
    output = tmp_path / "d.h5"
    assert run("prepare", tmp_path / name, "--target", "y", "--unit", "y=log2", *options, "-o", output) == 0
    dataset = load_dataset(output)
    np.testing.assert_array_equal(dataset.targets[:, 0], np.arange(16) + 0.5)
    ids = [f"line_{i + 2}" if shape == "no ids" else str(i) for i in range(16)]
    assert (dataset.ids, dataset.units) == (ids, ["log2"])


def test_a_workbook_is_prepared_and_predicted(fitted, tmp_path):
    rows = [[f"s{i}", f"{'ACGT'[i % 4] * 15}{'ACGT'[i // 4 % 4] * 15}", i / 2] for i in range(16)]
    book = workbook(tmp_path / "t.xlsx", data=[["id", "sequence", "y"], *rows], notes=[["x"]])
    assert run("prepare", book, "--target", "y", "-o", tmp_path / "d.h5") == 2
    assert run("prepare", book, "--target", "y", "--sheet", "data", "-o", tmp_path / "d.h5") == 0
    np.testing.assert_array_equal(load_dataset(tmp_path / "d.h5").targets[:, 0], np.arange(16) / 2)
    one = workbook(tmp_path / "one.xlsx", data=[["id", "sequence"], *(row[:2] for row in rows)])
    model = fitted / "cnn/seed1/model.safetensors"
    assert run("predict", one, "-m", model, "-o", tmp_path / "p.tsv") == 0
    assert len((tmp_path / "p.tsv").read_text().splitlines()) == 17


def test_a_unit_without_a_target_is_refused(lab, capsys):
    files = lab / "design.fa", lab / "activity.tsv"
    assert run("check", *files, "--target", "activity", "--unit", "log2") == 2
    assert "--unit 'log2': expected a target and its unit" in capsys.readouterr().err


def test_a_unit_is_given_once_and_to_a_target(lab, capsys):
    files = lab / "design.fa", lab / "activity.tsv"
    assert run("check", *files, "--target", "activity", "--unit", "activity=a", "--unit", "activity=b") == 2
    assert "--unit: target 'activity' is there twice; give one unit for each" in capsys.readouterr().err
    assert run("check", *files, "--target", "activity", "--unit", "activty=a") == 2
    error = "units: 'activty' is not a target; targets are 'activity'; did you mean 'activity'?"
    assert error in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["predict", "{lab}/nowhere.fa", "-m", "{model}"], 2, r"No such file"),
        (["predict", "{lab}/activity.tsv", "-m", "{model}"], 2, r"no column 'sequence'"),
        (["predict", "{lab}/design.fa", "-m", "{lab}/activity.tsv"], 2, r"not a seqcnn model"),
        (["predict", "{lab}/design.fa", "-m", "{model}", "-o", "{lab}"], 2, r"is a directory"),
        (["predict", "{lab}/design.fa", "-m", "{model}", "-o", "{lab}/design.fa"], 2, r"same file"),
        (["predict", "{lab}/design.fa", "-m", "{model}", "-o", "/dev/full"], 3, r"No space left"),
        (["predict", "{lab}/design.fa", "-m", "{model}", "--device", "cuda:7"], 3, r"cuda:7"),
        (["check", "{lab}/design.fa", "{lab}/activity.tsv", "--target", "actvity"], 2, "mean 'activity'"),
        (["train", "{lab}/design.fa", "-o", "{lab}/x.safetensors"], 2, r"not a seqcnn dataset"),
        (["train", "{lab}/design.fa"], 2, r"Missing option"),
        (["fetch", "plant_terminator", "-o", "{lab}/f"], 2, r"plant_terminators"),
        (["train", "{lab}/d.h5", "--config", "cnm", "-o", "{lab}/x"], 2, r"did you mean 'cnn'"),
        (["report", "{lab}", "-o", "{lab}/x.html"], 2, r"dataset\.h5"),
        (["explode"], 2, r"No such command"),
    ],
)  # fmt: skip
def test_a_users_error_is_one_line_an_exit_code_and_no_output(arguments, code, message, fitted, lab, capfd):
    before = sorted(lab.rglob("*"))
    filled = [a.format(lab=lab, model=fitted / "cnn/seed1/model.safetensors") for a in arguments]
    assert run(*filled) == code
    said = capfd.readouterr().err
    assert re.search(message, said)
    assert "Traceback" not in said
    assert sorted(lab.rglob("*")) == before


def test_every_command_has_help_with_an_example(capsys):
    for name in app.commands:
        assert run(name, "--help") == 0
        assert f"seqcnn {name}" in capsys.readouterr().out.split("Usage:", 1)[1].split("\n", 1)[1]


def test_a_reader_that_stops_early_is_no_error(fitted, lab):
    model = fitted / "cnn/seed1/model.safetensors"
    command = f"{sys.executable} -m seqcnn -q predict {lab}/design.fa -m {model} | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "id\tactivity\tout_of_distribution\n", "")


def test_a_reader_of_info_that_stops_early_is_told_from_a_bug(fitted):
    command = f"{sys.executable} -m seqcnn info {fitted}/cnn/seed1/model.safetensors | true"
    done = subprocess.run(
        ["bash", "-c", command + "; exit ${PIPESTATUS[0]}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_a_sequence_shorter_than_any_of_the_training_is_refused(fitted, tmp_path, capsys):
    (tmp_path / "short.fa").write_text(f">a\n{'ACGTA' * 6}\n>b\n{'ACGT' * 7}\n")
    assert run("predict", tmp_path / "short.fa", "-m", fitted / "cnn/seed1/model.safetensors") == 2
    said = capsys.readouterr().err
    assert "line 3: record 'b' has 28 bp; the model was trained on sequences of 30 bp" in said


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (click.exceptions.Abort(), 130, ""),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (SystemExit(1), 141, ""),
        (SystemExit(143), 143, ""),
        (click.ClickException("bad words."), 1, "bad words; see `seqcnn --help`"),
        (click.UsageError("bad words."), 2, "bad words; see `seqcnn --help`"),
        (TableError("data.tsv: found 1, expected 2"), 2, "data.tsv: found 1, expected 2"),
        (MemoryError(), 3, "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 3, "out of memory"),
        (OSError(errno.ENOSPC, "No space left on device", "out.tsv"), 3, "out.tsv"),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "input or output"),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error, code, message, monkeypatch, capsys):
    def fail(*arguments, **named):
        raise error

    monkeypatch.setattr(app, "main", fail)
    assert run("info") == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ImportError("no module named x")])
def test_a_bug_keeps_its_traceback(error, monkeypatch):
    def fail(*arguments, **named):
        raise error

    monkeypatch.setattr(app, "main", fail)
    with pytest.raises(type(error), match=str(error)):
        main(["info"])


def test_a_stop_signal_ends_the_command_with_128_and_its_number(monkeypatch):
    previous = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    # the handler is called, not the signal raised: real signals to whole processes are in test_kills
    monkeypatch.setattr(app, "main", lambda *a, **k: signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None))
    try:
        assert run("info") == 143
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("name", ["fit", "train", "tune", "cross-validate", "learning-curve", "run", "info"])
@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143), (SystemExit(3), 3)]
)
def test_a_command_that_resumes_says_so_in_one_line_when_it_is_stopped(name, stop, code, monkeypatch, capsys):
    def stopped(*args, **parameters):
        raise stop

    monkeypatch.setattr(app.commands[name], "callback", stopped)
    monkeypatch.setattr(app.commands[name], "params", [])
    with pytest.raises(SystemExit) as end:
        main([name])
    assert end.value.code == code
    line = "seqcnn: error: stopped; the same command continues the run\n"
    assert capsys.readouterr().err == ("" if name == "info" or code == 3 else line)


def test_no_arguments_print_the_help(capsys):
    assert run() == 2
    assert "Commands:" in capsys.readouterr().err
