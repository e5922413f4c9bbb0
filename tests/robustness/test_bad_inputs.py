"""Every row of the manifests of bad inputs, through the command line: exit code, one line, no output.

Rows with a file are run in process by `test_every_file_...`.  Rows that describe a situation have a
test of their own, marked by `scenario`; those of killed and interrupted runs are in `FAULTS`.
"""

import csv
import gzip
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from support.command_line import cli
from support.generated_inputs import GENERATED
from support.manifests import FILES, OK, OK20, ROWS, SITUATIONS, TABLE, check_refusal
from support.paths import BAD_INPUTS, ROOT, TESTS

RESUMED = (
    "model/training/test_resume.py::test_a_run_that_is_stopped_or_killed_goes_on_as_if_nothing_had_happened"
)
FAULTS = {  # killed, interrupted and competing runs: where they are tested
    "B149": "robustness/test_disk_faults.py::test_whichever_call_fails_files_are_whole_and_a_rerun_completes",
    "B155": "io/test_atomic.py::test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not",
    "B296": "robustness/test_kills.py::test_trainings_killed_at_random_moments_give_the_same_files",
    "B298": "robustness/test_kills.py::test_trainings_killed_at_random_moments_give_the_same_files",
    "B299": "model/training/test_resume.py::test_three_kills_of_one_run_change_nothing",
    "B301": RESUMED,
    "B302": RESUMED,
    "B304": RESUMED,
    "B305": "robustness/test_disk_faults.py::test_whichever_call_fails_files_are_whole_and_a_rerun_completes",
    "B307": "model/training/test_resume.py::test_a_folder_of_temporary_files_that_is_missing_changes_nothing",
    "B308": "model/test_train.py::test_a_loss_that_is_nan_stops_training_and_names_the_step",
    "B310": "model/training/test_resume.py::test_a_process_that_is_killed_ends_the_others_in_one_line",
    "B311": "io/test_lock.py::test_a_lock_that_is_held_is_refused_with_its_holders_number_machine_and_time",
    "B313": "robustness/test_kills.py::test_pipelines_killed_at_random_moments_give_the_same_files",
    "B314": "workflow/test_changed_outputs.py::test_an_output_that_was_cut_is_named",
}
COVERED = set()


def scenario(*keys):
    """Say which rows of the manifest a test covers."""
    COVERED.update(keys)
    return lambda test: test


def process(*arguments, code=0, before="", **options):
    """Run the command line in a process of its own, after some words of bash; return stdout and stderr."""
    command = [sys.executable, "-m", "seqcnn", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | options.pop("env", {})
    done = subprocess.run(
        ["bash", "-c", f'{before} "$@"', "bash", *command], capture_output=True, env=environment, **options
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr.decode()


def arguments_of(row, path, model, output):
    """Return the command that a row of the manifest runs: by its class, as the manifest's own column says."""
    if row["class"] == "model":
        return ["predict", OK, "-m", path, "--overwrite", "-o", output]
    if row["class"] == "config":
        return ["run", path, "--dry-run"]
    if row["class"] == "leakage" or row["file"] == "dup_ids_train.fa":
        return ["check", path, TABLE, "--target", "y"]
    if row["class"] == "table":
        fasta = path.with_name("_na_ids.fa") if row["file"] == "t_ids_na.tsv" else OK20
        return ["check", fasta, path, "--target", "y"]
    return ["predict", path, "-m", model, "--overwrite", "-o", output]


@pytest.mark.parametrize("row", FILES)
def test_every_file_is_used_or_refused_as_its_manifest_says(row, short_model, work, capfd):
    path = row["folder"] / row["file"]
    if row["file"] in GENERATED:
        path = work / row["file"]
        path.write_bytes(GENERATED[row["file"]]())
    output = work / "out" / "predictions.tsv"
    output.parent.mkdir()
    output.write_bytes(b"old")
    before = sorted(work.rglob("*"))
    if row["id"] == "B088":  # no `--length pad-crop`: whether sequences are cropped is part of the model
        short_model = _cropping(short_model, work / "crop.safetensors")
        before.append(short_model)
    code = cli(*arguments_of(row, path, short_model, output))
    said = capfd.readouterr().err
    assert sorted(work.rglob("*")) == sorted(before)
    assert not Path("/tmp/SEQCNN_PWNED").exists()
    if row["expect_exit"] == "0":
        assert code == 0, said
        check_acceptance(row, said, output)
        return
    check_refusal(row, code, said)
    assert output.read_bytes() == b"old"


def _cropping(model, path):
    """Write the same model, now one that crops longer sequences."""
    from seqcnn.model.network.bundle import load_bundle, save_bundle

    network, header = load_bundle(model)
    save_bundle(path, network, header.model_copy(update={"layout": _crop(header.layout)}))
    return path


def _crop(layout):
    from dataclasses import replace

    return replace(layout, crop=True)


SAID = {  # of accepted files: what the user is told
    "B040": "more than half of their letters ambiguous",
    "B041": "11 ambiguous letters",
    "B047": r"a protein\?",
    "B070": "1 record with the name of an earlier record",
    "B088": "1 sequence cropped to 50 bp",
    "B173": "3 sequences have no row: 's18', 's19', 's20'",
    "B202": "classification",
    "B203": "range",
    "B229": "10 groups of identical sequences",
    "B230": "10 groups of sequences identical up to reverse complement",
    "B232": "10 groups of several rows",  # no warning: grouping what overlaps is what the split does always
}
NAMES = {  # of accepted files: the names in the output
    "B011": [b"s1"],
    "B029": [b">s1"],
    "B055": [b"s1", b"s2", b"s3"],
    "B065": [b"s1"],
    "B067": [b"s\xe9q1"],
    "B068": ["séquence_1".encode()],
    "B076": [b"gi|123|ref|NM_1.1|"],
}
PLAIN = "blank_lines_leading.fa"
EQUAL = ("B016", "B017", "B020", "B037", "B055", "B092", "B094", "B095", "B098")
"""Files that hold the three records of `PLAIN`, written in another way."""


def check_acceptance(row, said, output):
    """Hold what was accepted to the words, names and numbers that the manifest asks for."""
    assert "error" not in said
    assert re.search(SAID.get(row["id"], ""), said), said
    if row["class"] in ("table", "leakage"):
        return
    head, *lines = output.read_bytes().splitlines()
    assert {line.count(b"\t") for line in (head, *lines)} == {2}
    headers = [h[1:].split()[0] for h in _text(row).split(b"\n") if h.startswith(b">") and h[1:].split()]
    names = [
        next(csv.reader([line.decode("latin-1")], delimiter="\t"))[0].encode("latin-1") for line in lines
    ]
    assert names == headers
    assert names == NAMES.get(row["id"], names)


def _text(row):
    """Return the decompressed text of an accepted file, without a byte order mark."""
    content = (row["folder"] / row["file"]).read_bytes()
    content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"")


@pytest.mark.parametrize("key", EQUAL)
def test_what_is_written_in_another_way_gives_the_same_bytes(key, short_model, work):
    row = ROWS[key]
    assert cli("predict", BAD_INPUTS / PLAIN, "-m", short_model, "-o", "plain.tsv") == 0
    assert cli("predict", row["folder"] / row["file"], "-m", short_model, "-o", "other.tsv") == 0
    assert (work / "other.tsv").read_bytes() == (work / "plain.tsv").read_bytes()


def test_every_row_of_the_manifests_is_run_somewhere():
    assert len([key for key in ROWS if key.startswith("B")]) == 210
    assert not COVERED & FAULTS.keys()
    assert COVERED | FAULTS.keys() == SITUATIONS


@pytest.mark.parametrize("test", sorted(set(FAULTS.values())))
def test_the_tests_of_faults_are_there(test):
    file, name = test.split("::")
    assert f"def {name}(" in (TESTS / file).read_text()


@scenario("B137")
def test_a_missing_file_is_refused(short_model, work, capfd):
    code = cli("predict", "/nonexistent/x.fa", "-m", short_model, "-o", "o.tsv")
    check_refusal(ROWS["B137"], code, capfd.readouterr().err)


@scenario("B139")
def test_a_file_that_may_not_be_read_is_refused(short_model, work, capfd):
    shutil.copy(OK, work / "x.fa")
    (work / "x.fa").chmod(0)
    shutil.copy(short_model, work / "m")
    (work / "m").chmod(0o644)
    work.chmod(0o755)
    cli("predict", OK, "-m", "m", "-o", "first.tsv")  # imports all that is needed
    capfd.readouterr()
    if os.geteuid() == 0:  # root may read everything: ask the system as nobody, by paths from here
        os.seteuid(65534)
    try:
        code = cli("predict", "x.fa", "-m", "m", "-o", "o.tsv")
    finally:
        os.seteuid(os.getuid())
    check_refusal(ROWS["B139"], code, capfd.readouterr().err)


@scenario("B140", "B142")
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input_gives_the_bytes_of_the_file(pack, short_model, work, monkeypatch):
    (work / "x").write_bytes(pack(OK.read_bytes()))
    with (work / "x").open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert cli("predict", "-", "-m", short_model, "-o", "pipe.tsv") == 0
    assert cli("predict", OK, "-m", short_model, "-o", "file.tsv") == 0
    assert (work / "pipe.tsv").read_bytes() == (work / "file.tsv").read_bytes()


@scenario("B143", "B146")
def test_closed_streams_are_refused(short_model, work):
    _, said = process("predict", "-", "-m", short_model, "-o", work / "o", code=2, before="exec <&-;")
    check_refusal(ROWS["B143"], 2, said)
    _, said = process("predict", OK, "-m", short_model, code=3, before="exec >&-;")
    check_refusal(ROWS["B146"], 3, said)
    assert not (work / "o").exists()


@scenario("B145")
def test_a_reader_that_stops_early_is_no_error(short_model, work):
    (work / "big.fa").write_bytes(OK.read_bytes() * 4000)
    command = '"$@" | head -1; exit ${PIPESTATUS[0]};'
    out, said = process("-q", "predict", work / "big.fa", "-m", short_model, code=141, before=command)
    assert out.count(b"\n") == 1
    assert said == ""


@scenario("B148", "B151", "B152")
def test_an_output_that_cannot_be_written_is_refused(short_model, work, capfd):
    shutil.copy(OK, work / "x.fa")
    for key, output in (("B148", "/dev/full"), ("B151", work), ("B152", "x.fa")):
        code = cli("predict", "x.fa", "-m", short_model, "-o", output)
        check_refusal(ROWS[key], code, capfd.readouterr().err)
    assert (work / "x.fa").read_bytes() == OK.read_bytes()


@scenario("B154")
def test_a_failed_run_leaves_the_old_output(short_model, work, capfd):
    (work / "x.fa").write_bytes(GENERATED["bad_last_of_many.fa"]())
    (work / "o.tsv").write_bytes(b"old")
    check_refusal(
        ROWS["B154"],
        cli("predict", "x.fa", "-m", short_model, "--overwrite", "-o", "o.tsv"),
        capfd.readouterr().err,
    )
    assert (work / "o.tsv").read_bytes() == b"old"
    assert len(list(work.iterdir())) == 2


@scenario("B157")
def test_a_record_larger_than_memory_is_too_long(short_model, work, capfd):
    (work / "x.gz").write_bytes(GENERATED["bomb_400MB_one_record.fa.gz"]())
    used = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000, hard))
    try:
        code = cli("predict", "x.gz", "-m", short_model, "-o", "o.tsv")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    check_refusal(ROWS["B157"], code, capfd.readouterr().err)


@scenario("B158", "B160", "B161", "B163", "B164")
def test_neither_locale_time_zone_nor_path_changes_a_byte(short_model, work):
    name = BAD_INPUTS / "utf8_name.fa"
    expected, _ = process("predict", name, "-m", short_model)
    odd = [b"-a b\"c'd\n\xf0\x9f\xa7\xac.fa", b"\xff\xfe.fa"]
    for path in odd:
        shutil.copy(name, os.path.join(os.fsencode(work), path))
    cases = (
        ({"LC_ALL": "C", "TZ": "Pacific/Kiritimati"}, "", name),
        ({"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "TZ": "UTC"}, "", odd[0]),
        ({"LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"}, "ulimit -n 32;", odd[1]),
    )
    for number, (environment, before, path) in enumerate(cases):
        output = os.path.join(os.fsencode(work), b"out \xff%d" % number)
        arguments = ["predict", "-m", short_model, "-o", output, "--", path]
        process(*arguments, before=before, cwd=work, env=environment)
        with open(output, "rb") as stream:
            assert stream.read() == expected


@scenario("B166")
def test_a_file_that_is_cut_while_it_is_read_is_refused(short_model, work, capfd, monkeypatch):
    from seqcnn.model.inference.predict_records import CHUNK
    from seqcnn.model.inference.trained_model import LoadedModel

    record = b">s1\n" + b"ACGTC" * 10 + b"\n"
    (work / "x.fa").write_bytes(record * 4 * CHUNK)
    (work / "o.tsv").write_bytes(b"old")
    found = LoadedModel.predict_members

    def cut(self, *arguments):
        os.truncate("x.fa", len(record) * 3 * CHUNK)
        return found(self, *arguments)

    monkeypatch.setattr(LoadedModel, "predict_members", cut)
    code = cli("predict", "x.fa", "-m", short_model, "--overwrite", "-o", "o.tsv")
    check_refusal(ROWS["B166"], code, capfd.readouterr().err)
    assert (work / "o.tsv").read_bytes() == b"old"


@scenario("B265", "B266", "B268", "B269")
def test_a_model_that_is_damaged_or_a_device_that_is_not_there_is_refused(short_model, work, capfd):
    from seqcnn.model.network.bundle import load_bundle, save_bundle

    content = bytearray(short_model.read_bytes())
    content[-3] ^= 4  # 1,000 random ones: test_bundle_damage
    (work / "bit").write_bytes(content)
    check_refusal(ROWS["B265"], cli("predict", OK, "-m", "bit"), capfd.readouterr().err)
    network, header = load_bundle(short_model)
    network.state_dict()["head.bias"].fill_(torch.nan)
    save_bundle(work / "nan", network, header)
    check_refusal(ROWS["B266"], cli("predict", OK, "-m", "nan"), capfd.readouterr().err)
    for key, device in (("B268", "cuda"), ("B269", "cuda:7")):
        if torch.cuda.is_available() and key == "B268":
            continue
        code = cli("predict", OK, "-m", short_model, "--device", device)
        check_refusal(ROWS[key], code, capfd.readouterr().err)


def test_names_are_written_byte_for_byte_unless_a_spreadsheet_will_read_them(short_model, work):
    (work / "x.fa").write_text(
        ">=1+1\n" + "ACGTC" * 10 + "\n>-x\n" + "ACGTC" * 10 + "\n>a=1\n" + "ACGTC" * 10
    )
    assert cli("predict", "x.fa", "-m", short_model, "-o", "plain.tsv") == 0
    assert cli("predict", "x.fa", "-m", short_model, "-o", "safe.tsv", "--spreadsheet-safe") == 0
    names = [[line.split("\t")[0] for line in (work / name).read_text().splitlines()[1:]]
             for name in ("plain.tsv", "safe.tsv")]  # fmt: skip
    assert names == [["=1+1", "-x", "a=1"], ["'=1+1", "'-x", "a=1"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", OK, "--interval", "nan"], "'nan' is not a finite number; see `seqcnn predict --help`"),
        (["predict", OK, "--threads", "1000000000"], "1000000000 is not in the range 1<=x<=1024"),
        (["simulate", "-o", "x", "--seed", "9" * 30], "is too large"),
        (["predict", OK, "--lenght", "3"], "No such option"),
        (["predict", OK, "--device", "\x1b[31m"], r"device '\\x1b\[31m': expected"),
        (["predict", "x" * 5000, "-o", "o.tsv"], "File name too long; check the path"),
        (["prdict"], "No such command 'prdict'"),
        (["train"], "Missing argument 'DATASET'; see `seqcnn train --help`"),
    ],
)
def test_usage_that_makes_no_sense_is_one_line(arguments, message, short_model, work, capfd):
    model = ["-m", short_model] if arguments[0] == "predict" else []
    row = {"id": "", "expect_exit": "2", "message_regex": message}
    check_refusal(row, cli(*arguments, *model), capfd.readouterr().err)
    assert not list(work.iterdir())
