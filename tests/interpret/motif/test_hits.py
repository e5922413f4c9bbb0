"""Hits of motifs: a match of the sequence on which the prediction depends."""

import numpy as np
import pandas as pd
import pytest

from seqcnn.cli import main
from seqcnn.errors import UsageError
from seqcnn.interpret.attribution.attribution import one_hot_of
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.hits import located_motifs, refuse_hits
from seqcnn.interpret.motif.database import write_meme
from seqcnn.interpret.motif.hit_tables import HIT_FILES, hit_pairs, write_hit_tables
from seqcnn.interpret.motif.hits import find_hits
from seqcnn.interpret.motif.motif import LearnedMotif
from seqcnn.interpret.motif.tomtom import Match
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

WORD, REVERSE = "TGACGTCC", "GGACGTCA"


def word_motif(word):
    return np.eye(4)[["ACGT".index(base) for base in word]].T


def planted(n=60):
    """Sequences of 30 bp in a window of 32, with the word at 5 and its reverse complement at 18; the
    prediction depends on the word in every other one.
    """
    rng = np.random.default_rng(1)
    texts = []
    for _ in range(n):
        text = "".join(rng.choice(list("ACGT"), 30))
        texts.append(text[:5] + WORD + text[13:18] + REVERSE + text[26:])
    rows = Layout(32, align="right").rows([pack(text) for text in texts])
    one_hot = one_hot_of(rows)
    hypothetical = rng.normal(0, 0.05, one_hot.shape).astype(np.float32)
    used = np.zeros(one_hot.shape, bool)
    used[::2, :, 7:15] = used[::2, :, 20:28] = True
    hypothetical += used * np.where(one_hot, 0.5, -1 / 6)
    return Sample([f"r{i}" for i in range(n)], rows), hypothetical


@pytest.fixture(scope="module")
def hits():
    return find_hits({"word": word_motif(WORD)}, *planted())


def test_hits_are_the_matches_on_which_the_prediction_depends(hits):
    assert hits["row"].tolist() == [row for row in range(0, 60, 2) for _ in range(2)]
    assert hits["start"].tolist() == [5, 18] * 30
    assert hits["end"].tolist() == [13, 26] * 30
    assert hits["strand"].tolist() == ["+", "-"] * 30
    assert set(hits["record"]) == {f"r{i}" for i in range(0, 60, 2)}
    assert hits["contribution"].mean() == pytest.approx(4, abs=0.1)
    assert (hits["score"] > 15).all()
    assert (hits["q"] <= 0.05).all()


def test_motifs_without_contributions_have_no_hits():
    sample, hypothetical = planted()
    noise = np.random.default_rng(2).normal(0, 0.05, hypothetical.shape)
    assert find_hits({"word": word_motif(WORD)}, sample, noise).empty
    assert find_hits({}, sample, hypothetical).empty
    assert find_hits({"wide": np.full((4, 40), 0.25)}, sample, hypothetical).empty


def test_of_overlapping_hits_the_best_match_stays():
    sample, hypothetical = planted()
    both = find_hits({"part": word_motif(WORD[:6]), "word": word_motif(WORD)}, sample, hypothetical)
    assert set(both["motif"]) == {"word"}


def table(*rows):
    columns = ["row", "motif", "start", "end", "strand"]
    return pd.DataFrame(rows, columns=columns).assign(
        record=lambda t: "r" + t["row"].astype(str),
        score=8.0,
        match_p=0.001,
        contribution=0.5,
        p=0.01,
        q=0.02,
    )


PAIRS = table(
    (0, "A", 0, 5, "+"), (0, "B", 9, 14, "+"), (1, "B", 2, 7, "-"), (1, "A", 11, 16, "+"),
    (2, "A", 0, 5, "-"), (2, "A", 8, 13, "-"),
)  # fmt: skip


def test_pairs_have_their_expected_number_and_gaps():
    different, same = hit_pairs(PAIRS, 10)
    expected, p = 3 * 2 / 10, 3 * 2 / (10 * 9)  # both of two sequences among the three of ten
    assert different[:5] == ["A", "B", "2", f"{expected:.4g}", f"{p:.3g}"]
    assert different[5:] == ["2", "1", "4", "4", "4", "4", "2"]
    assert same == ["A", "A", "1", "NA", "NA", "1", "1", "3", "3", "3", "3", "1"]


def test_the_tables_of_hits_have_names_of_known_motifs(tmp_path):
    write_hit_tables(PAIRS, tmp_path, matches={"A": "AP1"}, n_sequences=10, header="rate")
    tsv, bed, counts, _ = ((tmp_path / name).read_text().splitlines() for name in HIT_FILES)
    assert tsv[0].split("\t")[-1] == "match"
    assert tsv[1].split("\t") == [
        "r0", "0", "5", "A", "+", "8", "0.001", "0.5", "0.01", "0.02", "AP1",
    ]  # fmt: skip
    assert bed[:2] == ["# rate", "r0\t0\t5\tA\t1000\t+\t0.5\t0.02\t8"]
    assert counts[1].split("\t") == ["A", "AP1", "4", "2", "3", "0.5", "0"]


def test_no_hits_are_tables_of_headers(tmp_path):
    write_hit_tables(PAIRS.iloc[:0], tmp_path, matches={}, n_sequences=10, header="rate")
    assert [len((tmp_path / name).read_text().splitlines()) for name in HIT_FILES] == [1, 1, 1, 1]


def test_located_are_patterns_with_the_names_of_good_matches_or_the_database():
    known = {"AP1": word_motif("TGAC")}
    learned = [LearnedMotif(n, n[:-1], word_motif("TG"), *np.empty((2, 0))) for n in ("pattern1", "filter1")]
    located, names = located_motifs("patterns", learned, [Match("AP1", 1e-9, 1e-8, "+"), None], known)
    assert ([*located], names) == (["pattern1"], {"pattern1": "AP1"})
    assert located_motifs("patterns", learned, [Match("AP1", 0.1, 0.4, "+"), None], known)[1] == {}
    assert located_motifs("database", learned, [None, None], known) == (known, {"AP1": "AP1"})


def test_motifs_that_are_not_there_cannot_be_located():
    with pytest.raises(UsageError, match=r"--hits database: .* expected --database"):
        refuse_hits("database", has_patterns=True, has_database=False)
    with pytest.raises(UsageError, match="--hits patterns: --no-patterns found"):
        refuse_hits("patterns", has_patterns=False, has_database=True)


def test_the_command_locates_the_motifs_of_a_database(tmp_path, bundle):
    text = "ACCA" + WORD + "TTGACTCAGCATCAGTTA"
    (tmp_path / "s.fa").write_text("".join(f">s{n}\n{text}\n" for n in range(3)))
    write_meme(tmp_path / "known.meme", {"word": (word_motif(WORD), 20)})
    arguments = [
        "motifs",
        tmp_path / "s.fa",
        "-m",
        bundle,
        "--no-patterns",
        "--no-filters",
        "--hits",
        "database",
    ]
    arguments += ["--database", tmp_path / "known.meme", "--hit-fdr", 1, "-o", tmp_path / "out"]
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, arguments)))
    assert stopped.value.code == 0
    first, *_ = (tmp_path / "out/hits.bed").read_text().splitlines()
    assert first == "# seqcnn hits at a false-discovery rate of 1 relative to attributions of other bases"
    rows = (tmp_path / "out/hits.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[:5] for row in rows][:1] in ([], [["s0", "4", "12", "word", "+"]])
