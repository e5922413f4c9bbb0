"""The manifests of bad inputs: each row has a file or a situation, an exit code and a message."""

import csv
import re

import pytest

from support.paths import BAD_BUNDLES, BAD_CONFIGS, BAD_INPUTS

FOLDERS = (BAD_INPUTS, BAD_BUNDLES, BAD_CONFIGS)
OK, OK20, TABLE = (BAD_INPUTS / name for name in ("blank_lines_leading.fa", "_ok20.fa", "_ok.tsv"))


def _rows():
    for folder in FOLDERS:
        with (folder / "manifest.tsv").open(newline="") as stream:
            yield from ({"folder": folder} | row for row in csv.DictReader(stream, delimiter="\t"))


ROWS = {row["id"]: row for row in _rows()}
FILES = [pytest.param(r, id=f"{k}-{r['file']}") for k, r in ROWS.items() if not r["file"].startswith("(")]
SITUATIONS = {key for key, row in ROWS.items() if row["file"].startswith("(")}
OTHERWISE = {  # rows whose message we word in another way, and why
    "B281": "'seed'; did you mean 'seeds'",  # our config has `seeds`, so that key is what is wrong
    "B293": "'sequences' is missing",  # our name of the key `fasta`
}


def check_refusal(row, code, said):
    """Hold a refusal to exit code, message and form."""
    assert str(code) == row["expect_exit"], said
    assert re.search(OTHERWISE.get(row["id"], row["message_regex"]), said, re.IGNORECASE), said
    assert said.startswith("seqcnn: error: ")
    assert said.count("\n") == 1
    assert len(said) < 500
    assert said.rstrip("\n").isprintable()
