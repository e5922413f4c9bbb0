"""Random changes of a genome or library, and percentiles among their effects."""

from itertools import islice

import numpy as np
import pytest

from seqcnn.genome.reference import open_reference
from seqcnn.genome.variant.alleles import Kind, kind_of
from seqcnn.genome.variant.effects import calls, score_pairs
from seqcnn.genome.variant.null_distribution import NullDistributions, random_variants, threshold
from seqcnn.genome.variant.windows import AlleleWindows, GenomeWindows, RecordWindows
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.onehot import pack

RNG = np.random.default_rng(7)
CONTIG = "".join(RNG.choice([*"ACGT"], size=5000))


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(
        f">short\nACGT\n>c1\n{CONTIG[:12]}\n>c2\n{CONTIG[:2000]}\n>n\n{'N' * 40}\n"
    )
    with open_reference(tmp_path / "g.fa") as opened:
        yield opened


def sample(make, kind, n=2000):
    return list(islice(random_variants(make, Kind(*kind), np.random.default_rng(0)), n))


@pytest.mark.parametrize("kind", [(1, 1), (4, 4), (0, 3), (3, 0)])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_random_change_is_of_its_kind_and_its_windows_are_in_a_contig(genome, kind, strand):
    make = GenomeWindows(genome, 10, strand=strand, shifts=(-1, 1))
    for change in sample(make, kind):
        assert kind_of(change.ref, change.alt) == kind
        found = make(*change)
        if isinstance(found, AlleleWindows):
            assert found.kind == kind
        else:  # an indel may shift out of the contig
            assert "N" in change.ref or found == "n_rich" or (found == "contig_end" and 0 in kind)


def test_places_are_uniform_over_all_positions_with_windows(genome):
    make = GenomeWindows(genome, 10)  # a base of a window: 4 before it, 5 after it
    changes = sample(make, (1, 1), 30_000)
    counts = {contig: sum(c.contig == contig for c in changes) for contig in genome.sizes}
    assert counts["short"] == 0
    assert {c.start for c in changes if c.contig == "c1"} == {4, 5, 6}
    assert {c.start for c in changes if c.contig == "n"} == set(range(4, 35))
    assert counts["c2"] / 30_000 == pytest.approx(1991 / (1991 + 3 + 31), abs=0.005)
    assert counts["c1"] / 30_000 == pytest.approx(3 / 2025, abs=0.001)


def test_all_bases_are_inserted_and_all_substitutions_made(genome):
    make = GenomeWindows(genome, 10)
    inserted = "".join(change.alt[1:] for change in sample(make, (0, 4)))
    assert [inserted.count(base) / 8000 for base in "ACGT"] == pytest.approx([0.25] * 4, abs=0.02)
    assert len({(c.ref, c.alt) for c in sample(make, (1, 1)) if c.ref in "ACGT"}) == 12


def test_a_genome_without_a_window_has_no_random_change(genome):
    assert sample(GenomeWindows(genome, 2001), (1, 1)) == []


def null(model, make, n=200, seed=1):
    return NullDistributions(model, make, target=0, n=n, seed=seed)


def test_a_null_distribution_depends_on_kind_and_seed_only(genome, model):
    make = GenomeWindows(genome, 30)
    first, other = null(model, make), null(model, make)
    kinds = [Kind(1, 1), Kind(3, 3), Kind(0, 2), Kind(2, 0), Kind(0, 5)]
    found = {kind: first.effects(kind) for kind in kinds}
    assert {len(effects) for effects in found.values()} == {200}
    for kind in kinds[::-1]:
        assert (other.effects(kind) == found[kind]).all()
    assert len({effects.tobytes() for effects in found.values()}) == 5
    assert (null(model, make, seed=2).effects(Kind(1, 1)) != found[1, 1]).any()


def test_ambiguous_places_are_replaced_by_others(tmp_path, model):
    (tmp_path / "g.fa").write_text(f">c\n{'N' * 1500}{CONTIG[:500]}\n")
    with open_reference(tmp_path / "g.fa") as genome:
        assert len(null(model, GenomeWindows(genome, 30)).effects(Kind(1, 1))) == 200


def test_too_few_places_are_reported(tmp_path, model, caplog):
    (tmp_path / "g.fa").write_text(f">c\n{'N' * 300}\n")
    with open_reference(tmp_path / "g.fa") as genome:
        distributions = null(model, GenomeWindows(genome, 30))
        assert np.isnan(distributions.percentiles(np.array([1.0, 2.0]), [Kind(1, 1), Kind(3, 0)])).all()
        distributions.log()
    assert "percentiles of deletions of 3 bp: only 0 random changes could be scored" in caplog.text
    assert "percentiles of substitutions of 1 bp: only 0 random changes could be scored" in caplog.text


def test_each_effect_is_compared_with_its_kind(genome, model):
    distributions = null(model, GenomeWindows(genome, 30), n=4)
    one, two = Kind(1, 1), Kind(0, 2)
    distributions.effects = {one: np.array([1.0, -2.0, 3.0, 4.0]), two: np.array([-10.0, 0.5])}.__getitem__
    assert distributions.percentiles(np.array([2.5, 2.5, -5.0]), [one, two, one]).tolist() == [50, 50, 100]


def test_records_of_a_library_are_changed_anywhere(bundle):
    header = load_model(bundle).header.model_copy(update={"min_length": 10})
    make = RecordWindows({"a": pack(CONTIG[:20]), "b": pack(CONTIG[20:50])}, header)
    changes = sample(make, (1, 1))
    assert {c.start for c in changes if c.contig == "a"} == set(range(20))
    assert {c.start for c in changes if c.contig == "b"} == set(range(30))
    assert {c.start for c in sample(make, (2, 0)) if c.contig == "a"} == set(range(18))
    assert {
        make(*c) if isinstance(make(*c), str) else "-" for c in sample(make, (0, 1)) if c.contig == "b"
    } == {"too_long"}


@pytest.mark.parametrize("kind", [(1, 1), (4, 4), (0, 1), (0, 4), (1, 0), (4, 0)])
def test_a_twentieth_of_random_changes_is_above_the_95th_percentile(genome, model, kind):
    """1.6 to 8.4 % are three standard deviations of chance, of 600 changes and 1,000 of the null."""
    make = GenomeWindows(genome, 30)
    changes = islice(random_variants(make, Kind(*kind), np.random.default_rng(99)), 1200)
    pairs = [pair for change in changes if isinstance(pair := make(*change), AlleleWindows)][:600]
    effects = score_pairs(model, pairs).effect
    found = null(model, make, n=1000).percentiles(effects, [Kind(*kind)] * len(effects))
    assert len(found) == 600
    assert 0.016 <= (found > 95).mean() <= 0.084


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.5])
def test_a_fraction_alpha_of_other_random_changes_is_above_the_threshold(alpha):
    rng = np.random.default_rng(1)
    limit = threshold(rng.normal(size=1000), alpha)
    above = (np.abs(rng.normal(size=20_000)) > limit).mean()
    assert above == pytest.approx(alpha, abs=4 * np.sqrt(alpha * (1 - alpha) / 1000))


def test_a_threshold_needs_enough_random_changes():
    effects = np.arange(1.0, 20.0)  # 19
    assert threshold(effects, 0.05) == 19
    assert np.isnan(threshold(effects[:18], 0.05))
    assert np.isnan(threshold(np.empty(0), 0.9))


@pytest.mark.parametrize("kind", [(1, 1), (0, 3)])
def test_a_fraction_alpha_of_random_changes_is_called_an_effect(genome, model, kind):
    """1.6 to 8.4 % are three standard deviations of chance, of 600 changes and 1,000 of the null."""
    make, kind = GenomeWindows(genome, 30), Kind(*kind)
    changes = islice(random_variants(make, kind, np.random.default_rng(99)), 1200)
    pairs = [pair for change in changes if isinstance(pair := make(*change), AlleleWindows)][:600]
    called = calls(score_pairs(model, pairs), null(model, make, n=1000).thresholds([kind] * 600))
    assert 0.016 <= np.mean([call == "effect" for call in called]) <= 0.084
    assert set(called) == {"effect", "none"}
