"""Methods of `Model` on motifs, attributions and pairs."""

import pandas as pd
import pytest
from support.planted import planted

from seqcnn.errors import TableError, UsageError
from seqcnn.interpret.seqlets import call_seqlets

SEQUENCES, _ = planted(8)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "s.fa"
    path.write_text("".join(f">o{i}\n{letters}\n" for i, letters in enumerate(SEQUENCES)))
    return path


def test_a_pair_of_records_has_the_difference_of_their_predictions(model, fasta):
    pairs = pd.DataFrame({"ref": ["o0", "o2"], "alt": ["o1", "o0"]})
    table = model.variants(pairs, sequences=fasta, null=0)
    predicted = model.predict(fasta).iloc[:, 0]
    expected = [predicted["o1"] - predicted["o0"], predicted["o0"] - predicted["o2"]]
    assert table["effect"].tolist() == pytest.approx(expected, abs=1e-6)
    assert table[["ref", "alt"]].to_numpy().tolist() == [["o0", "o1"], ["o2", "o0"]]


def test_names_with_quotes_are_pairs_too(model, tmp_path):
    (tmp_path / "q.fa").write_text(f'>"a\n{SEQUENCES[0]}\n>b\n{SEQUENCES[1]}\n')
    pairs = pd.DataFrame({"ref": ['"a'], "alt": ["b"]})
    assert model.variants(pairs, sequences=tmp_path / "q.fa", null=0)["reason"].tolist() == ["-"]


def test_flags_of_variants_are_nullable_where_one_is_not_scored(model, fasta):
    scored = pd.DataFrame({"ref": ["o0"], "alt": ["o1"]})
    unscored = pd.DataFrame({"ref": ["o1"], "alt": ["none"]})
    column = "out_of_distribution"
    flag = model.variants(scored, sequences=fasta, null=0)[column]
    both = model.variants(pd.concat([scored, unscored]), sequences=fasta, null=0)[column]
    assert (flag.dtype, both.dtype.name) == (bool, "boolean")
    assert both.isna().tolist() == [False, True]
    assert bool(both[0]) == bool(flag[0])
    with pytest.raises(TableError, match=r"no pair has both records in .*; 'none' is not among its ids"):
        model.variants(unscored, sequences=fasta, null=0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ref": ["o0"]}, "variants: no column 'alt'; expected .*; or ref and alt alone, names of records"),
        ({"ref": ["o0", None], "alt": ["o1", "o2"]}, "variants: row 2: no ref; 1 missing values"),
        ({"ref": ["o\n0"], "alt": ["o1"]}, "variants"),
    ],
)
def test_faulty_pairs_are_refused(columns, message, model, fasta):
    with pytest.raises(TableError, match=message):
        model.variants(pd.DataFrame(columns), sequences=fasta, null=0)


def test_a_marginalized_motif_has_an_effect_at_the_centre_and_by_position(model, fasta, tmp_path):
    table = model.marginalize(fasta, "TGACTCAT", number=4, n_positions=2, output=tmp_path / "m")
    assert table.groupby("experiment").size().to_dict() == {"centre": 2, "position": 4}
    assert set(table["motif"]) == {"TGACTCAT"}
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["marginal.svg", "marginal.tsv"]
    pair = model.marginalize(fasta, ["TGAC", "CCGG"], number=4, n_positions=2, max_gap=1)
    assert set(pair["experiment"]) == {"centre", "position", "pair"}


def test_a_logo_is_drawn_by_notebooks_and_saved_as_it_is(model, fasta, tmp_path):
    attributions = model.attribute(fasta)
    picture = attributions.logo("o3")
    assert picture.svg.startswith("<svg")
    assert "o3: predicted" in picture.svg
    assert picture._repr_svg_() == picture.svg
    picture.save(tmp_path / "o3.svg")
    assert (tmp_path / "o3.svg").read_text() == picture.svg
    with pytest.raises(UsageError, match="logo: 'o9' found; expected one of 'o0'"):
        attributions.logo("o9")
    with pytest.raises(UsageError, match="logo: no id; expected one of 'o0'"):
        attributions.logo()
    assert attributions.take([3]).logo().svg == picture.svg


def test_seqlets_of_attributions_are_those_of_the_command(model, fasta):
    attributions = model.attribute(fasta)
    pd.testing.assert_frame_equal(attributions.seqlets(fdr=0.5), call_seqlets(attributions, fdr=0.5))
    with pytest.raises(UsageError, match="fdr"):
        attributions.seqlets(fdr=0)
