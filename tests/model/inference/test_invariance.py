"""A prediction depends on the sequence and the model, bit for bit, and on nothing else."""

import gzip
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.paths import ROOT
from support.planted import planted

from seqcnn.cli import main

LETTERS = dict(enumerate(planted(12, seed=9)[0]))


def fasta(order=tuple(LETTERS), change=lambda letters: letters, company=()):
    return "".join(f">o{i}\n{change(LETTERS[i])}\n" for i in order) + "".join(f">x\n{s}\n" for s in company)


def predictions(text):
    """Return each record's line after its name, in the bytes that were written."""
    rows = (line.split("\t", 1) for line in text.splitlines()[1:])
    return {name: rest for name, rest in rows if name != "x"}


def wrapped(width):
    return lambda letters: "\n".join(letters[at : at + width] for at in range(0, len(letters), width))


@pytest.fixture
def predict(bundle, tmp_path):
    """Return a function that predicts what a file holds, by the command line in this process."""

    def predict(content, name="x.fa", *options):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        arguments = [
            "-q",
            "predict",
            tmp_path / name,
            "-m",
            bundle,
            "--overwrite",
            "-o",
            tmp_path / "o.tsv",
            *options,
        ]
        with pytest.raises(SystemExit) as stop:
            main([str(a) for a in arguments])
        assert not stop.value.code
        return predictions((tmp_path / "o.tsv").read_text())

    return predict


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (fasta(tuple(reversed(LETTERS))), "x.fa"),
        (fasta(change=str.lower), "x.fa"),
        (fasta(change=lambda s: s.replace("T", "U")), "x.fa"),
        (fasta(change=wrapped(7)), "x.fa"),
        (fasta().replace("\n", "\r\n"), "x.fa"),
        (gzip.compress(fasta().encode(), mtime=0), "x.fa.gz"),
        (fasta(company=planted(300, seed=1)[0]), "x.fa"),
    ],
    ids=["order", "case", "U", "wrapping", "line-ends", "gzip", "company"],
)
def test_the_way_a_sequence_is_written_and_what_stands_around_it_do_not_matter(predict, content, name):
    assert predict(content, name) == predict(fasta())


@pytest.mark.parametrize("threads", ["2", "3"])
def test_the_number_of_threads_does_not_matter(predict, threads):
    before, expected = torch.get_num_threads(), predict(fasta(), "x.fa", "--threads", "1")
    try:
        assert predict(fasta(), "x.fa", "--threads", threads) == expected
        many = fasta(company=planted(300, seed=1)[0])  # several batches
        assert predict(many, "x.fa", "--threads", threads) == expected
    finally:
        torch.set_num_threads(before)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), company=st.integers(0, 300))
def test_any_order_in_any_company_gives_the_same_numbers(model, seed, company):
    draw = random.Random(seed)
    sequences = [*LETTERS.values(), *planted(company, seed=seed)[0]]
    order = draw.sample(range(len(sequences)), len(sequences))
    found = model.predict_array([sequences[i] for i in order])
    alone = model.predict_array(list(LETTERS.values()))
    assert np.array_equal(found[np.argsort(order)][: len(LETTERS)], alone)


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"TZ": "Asia/Kathmandu"}, {"PYTHONHASHSEED": "7"}],
    ids=["C", "ASCII", "time-zone", "hash-seed"],
)
def test_locale_time_zone_and_hash_seed_do_not_matter(predict, bundle, tmp_path, environment):
    expected = predict(fasta())
    command = [sys.executable, "-m", "seqcnn", "-q", "predict", tmp_path / "x.fa", "-m", bundle]
    changed = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(command, capture_output=True, env=changed, check=True)
    assert predictions(done.stdout.decode()) == expected
