"""The ledger of test scores: a line for each, none twice, none of a configuration that is not committed."""

import hashlib
import json
import subprocess

import pytest

from benchmarks.accuracy.ledger import COLUMNS, record, refuse_uncommitted
from seqcnn.config.recipes import model_files


@pytest.fixture
def metrics(tmp_path):
    """Return the metrics of one fit of the run `yeast`, with two targets."""
    scores = {"a": {"n": 7, "pearson": {"value": 0.51234}}, "b": {"n": 2, "pearson": {"value": None}}}
    path = tmp_path / "results/yeast/cnn/seed1/metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"parts": {"test": scores}}))
    return path


def test_each_test_score_is_a_line_with_its_commit_and_the_digest_of_its_configuration(metrics, tmp_path):
    ledger = tmp_path / "ledger.tsv"
    assert record([metrics], ledger) == 2
    lines = [line.split("\t") for line in ledger.read_text().splitlines()]
    digest = hashlib.sha256(model_files()["cnn"].read_bytes()).hexdigest()[:12]
    assert lines[0] == list(COLUMNS)
    assert [line[2:] for line in lines[1:]] == [
        ["yeast", "cnn", "seed1", digest, "a", "7", "0.5123"],
        ["yeast", "cnn", "seed1", digest, "b", "2", "not defined"],
    ]
    assert all(len(line[1]) == 12 for line in lines[1:])


def test_a_score_is_recorded_once_and_a_changed_one_again(metrics, tmp_path):
    ledger = tmp_path / "ledger.tsv"
    record([metrics], ledger)
    before = ledger.read_text()
    assert record([metrics], ledger) == 0
    assert ledger.read_text() == before
    metrics.write_text(metrics.read_text().replace("0.51234", "0.6"))
    assert record([metrics], ledger) == 1
    assert ledger.read_text().startswith(before)


def test_a_configuration_that_is_not_committed_is_refused(tmp_path):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=tmp_path, check=True
        )

    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/cnn.yaml").write_text("encoder: cnn\n")
    git("init", "-q")
    git("add", "configs")
    git("commit", "-qm", "Freeze")
    refuse_uncommitted(tmp_path)
    (tmp_path / "configs/cnn.yaml").write_text("encoder: mlp\n")
    with pytest.raises(SystemExit, match="commit these configurations"):
        refuse_uncommitted(tmp_path)
