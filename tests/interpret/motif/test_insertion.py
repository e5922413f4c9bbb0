"""Motifs inserted into shuffled backgrounds."""

import numpy as np
import pytest

from seqcnn.cli import main
from seqcnn.errors import SequenceError, UsageError
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.insertion import (
    Effect,
    insert,
    insert_in_center,
    pack_motif,
    scan_gaps,
    scan_positions,
    shuffled_backgrounds,
)
from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.window import Layout


@pytest.fixture
def backgrounds(model, dataset):
    return shuffled_backgrounds(model, Sample(dataset.ids[:6], dataset.rows.take(np.arange(6))))


def test_a_motif_is_written_over_the_insert_and_n_keeps_a_base():
    rows = Layout(8, flank3="GG").rows([pack("AAAAAA")])
    assert unpack(insert(rows, pack("TNC"), 2).bases.tobytes()) == "AATACAGG"


def test_a_letter_for_several_bases_keeps_one_of_them_and_draws_another():
    rows = Layout(4).rows([pack("AAAA"), pack("ACGT")] + [pack("TTTT")] * 50)
    inserted = insert(rows, pack("RSN"), 0).bases
    assert unpack(inserted[0].tobytes())[::2] == "AA"  # A is an R and an N
    assert unpack(inserted[1].tobytes()) == "ACGT"  # C is an S
    assert sorted({unpack(row.tobytes()) for row in inserted[2:]}) == ["ACTT", "AGTT", "GCTT", "GGTT"]
    assert np.array_equal(insert(rows, pack("RSN"), 0).bases, inserted)


def test_an_effect_has_students_interval_of_the_mean():
    effect = Effect.of(np.array([1.0, 2.0, 3.0]))
    assert (effect.n, effect.mean, effect.sd) == (3, 2.0, 1.0)
    assert effect.high - effect.mean == pytest.approx(4.302653 / 3**0.5)


def test_one_background_has_no_interval():
    assert np.isnan(Effect.of(np.array([1.0])).low)


def test_the_interaction_of_a_pair_is_the_effect_beyond_the_sum(backgrounds):
    pair = scan_gaps(backgrounds, "TGA", "CCC", max_gap=1)[1]
    first, second = pack("TGA"), pack("CCC")
    both = backgrounds.changes((first, pair.start), (second, pair.start + 4))
    alone = backgrounds.changes((first, pair.start)) + backgrounds.changes((second, pair.start + 4))
    assert (pair.strand, pair.gap) == ("++", 1)
    assert pair.interaction.mean == pytest.approx((both - alone).mean())


def test_a_palindrome_has_one_strand_and_a_pair_of_equals_one_order(backgrounds):
    assert [p.strand for p in insert_in_center(backgrounds, "GAATTC")] == ["+"]
    assert len(scan_gaps(backgrounds, "TGA", "TGA", max_gap=0)) == 4


def test_a_gap_that_does_not_fit_is_refused_before_anything_is_built(backgrounds):
    with pytest.raises(UsageError, match=r"gaps up to 1000000000 bp: .* lower the largest gap"):
        scan_gaps(backgrounds, "TGA", "CCC", max_gap=1_000_000_000)


def test_positions_go_from_end_to_end(backgrounds):
    assert [p.start for p in scan_positions(backgrounds, "GAATTC", n_positions=3)] == [0, 12, 24]


def test_what_is_no_motif_is_refused():
    with pytest.raises(SequenceError, match="motif 'AXC': 'X' at position 2; expected an IUPAC DNA letter"):
        pack_motif("AXC", 10)
    with pytest.raises(UsageError, match="4 bp; the shortest background has 3 bp"):
        pack_motif("AAAA", 3)


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def test_marginalize_writes_a_table_and_a_picture(dataset, bundle, tmp_path, capsys):
    dataset.save(tmp_path / "d.h5")
    command = ("marginalize", tmp_path / "d.h5", "-m", bundle, "-n", 5, "--n-positions", 2, "--max-gap", 1)
    assert run(*command, "--motif", "TGACTCA", "--motif", "GGG", "-o", tmp_path / "m") == 0
    lines = (tmp_path / "m/marginal.tsv").read_text().splitlines()
    assert len(lines) == 1 + 4 + 8 + 16
    assert "<svg" in (tmp_path / "m/marginal.svg").read_text()
    assert run(*command, "--motif", "TGAX", "-o", tmp_path / "x") == 2
    assert "'X' at position 4" in capsys.readouterr().err
