"""Seqlets, against both nulls."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.readers.records import Record
from seqcnn.interpret.attribute import attribute
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.seqlet.null import null_attributions
from seqcnn.interpret.seqlets import MATCH_COLUMNS, call_seqlets, name_seqlets, write_bed, write_seqlets
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.train import train

N, LENGTH = 200, 30


def planted(size=1.0, **header):
    """200 random sequences whose bases 8 to 16 carry `size`, or minus it in every other one, and noise
    elsewhere.
    """
    rng = np.random.default_rng(1)
    bases = rng.integers(0, 4, (N, LENGTH))
    hypothetical = rng.normal(0, 0.05, (N, 4, LENGTH)).astype(np.float32)
    one_hot = np.eye(4, dtype=np.uint8)[bases].transpose(0, 2, 1)
    signs = np.where(np.arange(N) % 2, -size, size)[:, None, None]
    hypothetical[:, :, 8:16] += signs * np.where(one_hot[:, :, 8:16], 1, -1 / 3)
    return Attributions(
        [f"r{i}" for i in range(N)], one_hot, hypothetical, hypothetical * one_hot,
        rng.normal(0, 0.05, (N, LENGTH)).astype(np.float32), np.zeros(N, np.int32),
        np.full(N, LENGTH, np.int32), np.zeros(N, np.float32),
        {"target": "y", "unit": "", "method": "ism", **header},
    )  # fmt: skip


@pytest.mark.parametrize("null", ["other-bases", "shuffled-sequences"])
def test_seqlets_are_the_planted_stretches_with_their_sign(null):
    seqlets = call_seqlets(planted(), fdr=0.05, null=null)
    near = (seqlets["end"].clip(upper=16) - seqlets["start"].clip(lower=8)).ge(6)  # of 8 bp
    assert near.mean() >= 0.95
    assert set(seqlets["row"]) == set(range(N))
    assert ((seqlets["score"] > 0) == (seqlets["row"] % 2 == 0))[near].all()
    assert (seqlets["bases"].str.len() == seqlets["end"] - seqlets["start"]).all()


def test_motifs_of_shuffled_sequences_hide_those_of_the_sequences_from_one_null_only(caplog):
    found = planted()
    found.control[:] = found.by_position
    assert len(call_seqlets(found)) >= N
    assert len(call_seqlets(found, null="shuffled-sequences")) == 0
    assert "relative to shuffled sequences in 200 sequences; there are none at any rate" in caplog.text


@pytest.mark.parametrize("null", ["other-bases", "shuffled-sequences"])
def test_attributions_that_do_not_depend_on_the_bases_have_no_seqlets(null):
    assert len(call_seqlets(planted(size=0), null=null)) == 0


def test_the_smallest_rate_with_seqlets_is_named_and_calls_them(caplog):
    found = planted(size=0.12)
    found.control[: N // 5] = found.by_position[: N // 5]
    assert len(call_seqlets(found, fdr=0.01, null="shuffled-sequences")) == 0
    rates = [text.split("calls any is ")[1].split()[0] for text in caplog.messages]
    assert len(rates) == 2  # of those that raise, and of those that lower the prediction
    assert len(call_seqlets(found, fdr=max(map(float, rates)), null="shuffled-sequences")) > 0


def test_the_null_of_other_bases_has_no_base_of_the_sequence():
    found = planted()
    found.hypothetical[:] = np.where(found.one_hot, 7, 1)
    found.one_hot[0, :, 3] = 0  # an ambiguous base
    drawn = null_attributions(found, "other-bases").reshape(-1, N, LENGTH)
    assert set(np.unique(drawn)) == {0, 1}
    assert (drawn[:, 0, 3] == 0).all()
    assert (drawn == 0).sum() == len(drawn)


@pytest.mark.parametrize(("r", "called"), [(0.2, False), (None, False), (0.21, True)])
def test_a_model_that_predicts_nothing_has_no_seqlets(r, called, caplog):
    found = planted(validation_r=r)
    assert bool(len(call_seqlets(found))) == called
    assert ("no seqlets are called, because the model hardly predicts" in caplog.text) == (not called)
    assert len(call_seqlets(found, null="shuffled-sequences")) >= N


def test_a_model_of_shuffled_measurements_has_no_seqlets(dataset, tiny, one_thread, tmp_path):
    order = np.random.default_rng(1).permutation(len(dataset.targets))
    shuffled = replace(dataset, targets=dataset.targets[order])
    train(shuffled, tiny(), tmp_path / "m.safetensors", machine=one_thread)
    named = zip(dataset.ids, dataset.rows.bases, strict=True)
    found = attribute(
        load_model(tmp_path / "m.safetensors"),
        [Record(name, bases.tobytes(), 0, 0) for name, bases in named],
    )
    assert "validation_r" in found.header
    for null in ("other-bases", "shuffled-sequences"):
        assert len(call_seqlets(found, null=null)) == 0


def test_the_bed_file_names_the_null(tmp_path):
    for null, text in [
        ("other-bases", "attributions of other bases"),
        ("shuffled-sequences", "shuffled sequences"),
    ]:
        write_seqlets(planted(), tmp_path / null, null=null)
        first = (tmp_path / null).read_text().splitlines()[0]
        assert first == f"# seqcnn seqlets at a false-discovery rate of 0.05 relative to {text}"


def test_seqlets_have_the_names_of_known_motifs(tmp_path):
    letters = dict(zip("ACGT", np.eye(4), strict=True))
    known = {
        name: np.array([letters[base] for base in word]).T
        for name, word in [("AP1", "TGACTCATG"), ("GATA", "AGATAAGGC")]
    }
    seqlets = pd.DataFrame(
        [(0, "r0", 3, 12, "TGACTCATG", 1.0), (1, "r1", 0, 9, "GCCTTATCT", -0.5), (1, "r1", 9, 11, "CN", 0.5)],
        columns=["row", "record", "start", "end", "bases", "score"],
    )
    named = name_seqlets(seqlets, known)
    assert named[["match", "match_strand"]].to_numpy().tolist()[:2] == [["AP1", "+"], ["GATA", "-"]]
    assert (named["match_q"][:2] < 0.01).all()
    write_bed(named, tmp_path / "s.bed", fdr=0.05)
    _, first, second, _ = (tmp_path / "s.bed").read_text().splitlines()
    assert first.split("\t")[:9] == ["r0", "3", "12", "TGACTCATG", "1000", "+", "1", "AP1", "+"]
    assert second.split("\t")[4:7] == ["500", "+", "-0.5"]
    assert len(second.split("\t")) == 11
    assert name_seqlets(seqlets.iloc[:0], known).columns[-4:].tolist() == MATCH_COLUMNS
