"""Standard input, pipes and process substitution as files; no folder for temporary files."""

import io
import os
import re
import subprocess
import sys
import tempfile

import pytest
from support.command_line import cli
from support.paths import ROOT
from support.planted import planted

SEQUENCE = "ACGTTGCA" * 4


@pytest.fixture
def lab(tmp_path, bundle):
    """A folder with a model `m`, 64 sequences of 30 bp, a genome, a BED file and a VCF."""
    (tmp_path / "m").symlink_to(bundle)
    sequences = planted()[0]
    (tmp_path / "s.fa").write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(sequences)))
    (tmp_path / "x.bed").write_text("chr1\t0\t30\n")
    (tmp_path / "g.fa").write_text(f">chr1\n{SEQUENCE * 3}\n")
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    (tmp_path / "v.vcf").write_text(f"##fileformat=VCFv4.3\n{columns}\nchr1\t41\t.\tA\tG\t.\t.\t.\n")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("predict - -m m", "standard input, line 1: record 'a' has 3 bp"),
        ("attribute - -m m -o a.h5", "standard input, line 1: record 'a'"),
        ("saturate - -m m -o s.tsv", "standard input, line 1: record 'a'"),
        ("check -", "standard input cannot be both the sequences and the targets"),
        ("audit -", "standard input: random access is needed; give the name of a file of a dataset"),
        ("predict s.fa -m -", "standard input: random access is needed"),
        ("seqlets - -o s.bed", "standard input: random access is needed"),
        ("scan - -m m -o scan", "standard input: random access is needed"),
        ("predict x.bed --genome - -m m", "standard input: random access is needed"),
        ("variants --vcf v.vcf --genome - -m m -o v.tsv", "standard input: random access is needed"),
    ],
)
def test_messages_call_standard_input_by_its_name(command, message, lab, monkeypatch, capsys):
    monkeypatch.chdir(lab)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b">a\nACG\n"), encoding="utf-8"))
    assert cli(*command.split()) == 2
    said = capsys.readouterr().err
    assert message in said
    assert not re.search(r"(^|[ (])-[:,]", said)


@pytest.mark.parametrize(
    "command",
    [
        "predict x.bed --genome g.fa -m m -o out",
        "scan g.fa -m m -o out",
        "variants --vcf v.vcf --genome g.fa -m m -o out",
        "export m --int8 s.fa -o out.onnx",
    ],
)
def test_without_a_folder_for_temporary_files_a_command_ends_in_one_line(command, lab, monkeypatch, capsys):
    monkeypatch.chdir(lab)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(lab / "missing")])
    assert cli(*command.split()) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        "seqcnn: error: no folder for temporary files can be written to; "
        "set TMPDIR to a folder that you may write to"
    )
    assert not [path for path in lab.rglob("*") if path.is_file() and "out" in str(path.relative_to(lab))]


def test_process_substitution_and_the_standard_streams_are_read_and_written(lab):
    """One shell, for the sake of time: three ways to give the input and the output of `predict`."""
    predict = f"{sys.executable} -m seqcnn -q predict -m m"
    script = f"""set -e
        {predict} s.fa > plain.tsv
        {predict} /dev/stdin -o /dev/stdout < s.fa > stdin.tsv
        {predict} <(cat s.fa) -o >(cat > substituted.tsv)
        for i in $(seq 100); do cmp -s plain.tsv substituted.tsv && break; sleep 0.05; done
        cmp plain.tsv stdin.tsv; cmp plain.tsv substituted.tsv"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", script], cwd=lab, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len((lab / "plain.tsv").read_text().splitlines()) == 65
