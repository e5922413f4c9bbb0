"""The simulated library: the truth is computable from letters, and the files are what they were."""

import csv
import hashlib
import json
import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import ROOT
from support.strategies import dna

from seqcnn.data.simulate import FILES, FLANK3, FLANK5, simulate, true_activity
from seqcnn.data.simulation import ground_truth as motifs
from seqcnn.data.simulation.ground_truth import BASELINE, MOTIFS, TERMS, affinities, packed_blocks, true_terms
from seqcnn.errors import SequenceError, UsageError
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

DATA = ROOT / "data"
SITE = {name: motif.consensus.upper() for name, motif in MOTIFS.items()}


def rc(sequence):
    return unpack(reverse_complement(pack(sequence)))


def terms(sequence):
    (_, packed), *_ = packed_blocks([sequence])
    return {name: float(value[0]) for name, value in true_terms(packed).items()}


def affinity(sequence, name):
    (_, packed), *_ = packed_blocks([sequence])
    return affinities(packed, MOTIFS[name])[0]


def records(path):
    lines = path.read_text().splitlines()
    return {name[1:]: sequence for name, sequence in zip(lines[::2], lines[1::2], strict=True)}


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    simulate(folder, n=400, length=120, seed=5)
    return folder


# the truth


def test_log_odds_are_millibits_of_the_pwm_against_equal_bases():
    ap1 = MOTIFS["AP1"]
    assert ap1.consensus == "gaTGACTCAtc"
    # G at position 1 is 0.61 and the others 0.13; T at position 3 is 0.94 and the others 0.02
    assert ap1.log_odds[[1, 2, 4, 8], 0].tolist() == [-943, -943, 1287, -943]
    assert ap1.log_odds[[1, 2, 4, 8], 2].tolist() == [-3644, -3644, -3644, 1911]
    assert ap1.log_odds[15].tolist() == [0] * 11  # N says nothing
    assert ap1.log_odds[5, 0] == round(1000 * np.log2(4 * (0.61 + 0.13) / 2))  # R
    assert ap1.best == 4 * 1287 + 7 * 1911


def test_affinity_is_one_for_the_consensus_and_falls_with_the_log_odds():
    best, least = MOTIFS["GATA"].best, MOTIFS["GATA"].best / 2
    assert affinity("CAGATAAGGA", "GATA").tolist() == [[1.0], [0.0]]
    assert affinity("TCCTTATCTG", "GATA").tolist() == [[0.0], [1.0]]  # its reverse complement
    weaker = (best - (1287 + 943) - least) / (best - least)  # one weak position changed
    assert affinity("TAGATAAGGA", "GATA").tolist() == [[pytest.approx(weaker)], [0.0]]
    assert affinity("CAGTTAACGA", "GATA").tolist() == [[0.0], [0.0]]
    assert affinity("CAGATAAGG", "GATA").shape == (2, 0)  # too short to hold one


def test_activity_of_a_sequence_without_a_match_is_baseline_and_gc():
    assert true_activity(["A" * 20, "AC" * 10]).tolist() == pytest.approx(
        [BASELINE + 1.2 * (0 - 0.45), BASELINE + 1.2 * (0.5 - 0.45)]
    )


def test_a_repressive_site_lowers_and_two_sites_saturate():
    one, two = SITE["REST"] + "A" * 28, SITE["REST"] + "AAAA" + SITE["REST"] + "A" * 12
    assert terms(one)["REST"] == pytest.approx(-1.6 * (1 - np.exp(-1)))
    assert terms(two)["REST"] == pytest.approx(-1.6 * (1 - np.exp(-2)))


def test_a_site_near_the_3_prime_end_weighs_most():
    near, far = "A" * 100 + SITE["AP1"], SITE["AP1"] + "A" * 100
    assert terms(near)["AP1"] == pytest.approx(2.2 * (1 - np.exp(-1)))
    assert terms(far)["AP1"] == pytest.approx(2.2 * (1 - np.exp(-(1 - 0.7 * (1 - np.exp(-2))))))


@pytest.mark.parametrize(("gap", "weight"), [(1, 1 / 6), (6, 1.0), (11, 1 / 6), (12, 0.0)])
def test_synergy_depends_on_the_gap(gap, weight):
    pair = SITE["GATA"] + "A" * gap + SITE["ETS"]
    assert terms(pair)["synergy"] == pytest.approx(1.6 * weight)
    assert terms(rc(pair))["synergy"] == pytest.approx(1.6 * weight)


def test_synergy_needs_order_and_orientation():
    for left, right in [("GATA", "ETS"), ("ETS", "GATA")]:
        assert terms(rc(SITE[left]) + "AAAAAA" + SITE[right])["synergy"] == 0
    assert terms(SITE["ETS"] + "AAAAAA" + SITE["GATA"])["synergy"] == 0


@given(st.lists(dna("ACGTN", max_size=60), min_size=1, max_size=8))
def test_activity_of_a_sequence_does_not_depend_on_its_company(sequences):
    alone = [true_activity([sequence])[0] for sequence in sequences]
    assert true_activity(sequences).tolist() == pytest.approx(alone, abs=1e-12)


@given(dna("ACGTN", max_size=80))
def test_only_the_position_dependent_terms_change_on_the_other_strand(sequence):
    forward, reverse = terms(sequence), terms(rc(sequence))
    for name in ("ETS", "GATA", "REST", "synergy", "gc"):
        assert forward[name] == pytest.approx(reverse[name], abs=1e-9)


def test_activity_in_blocks_equals_activity_at_once(monkeypatch):
    sequences = [SITE[name] + "ACGT" * k for name in SITE for k in (1, 2, 2)]
    whole = true_activity(sequences)
    monkeypatch.setattr(motifs, "_BLOCK", 2)
    assert true_activity(sequences).tolist() == pytest.approx(whole.tolist(), abs=1e-12)


def test_activity_names_the_sequence_that_is_not_dna():
    with pytest.raises(SequenceError, match=r"^sequence 2: 'X' at position 3"):
        true_activity(["ACGT", "ACXT"])


def test_the_flanks_hold_no_site():
    for flank in (FLANK5, FLANK3):
        assert all(not affinity(flank, name).any() for name in MOTIFS)


# the files


def test_example_regenerates_byte_for_byte(tmp_path):
    summary = simulate(tmp_path)
    assert sorted(path.name for path in (DATA / "example").iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (DATA / "example" / name).read_bytes(), name
    assert (summary.n, summary.length, summary.seed, summary.best_pearson) == (6000, 170, 1, 0.9733)


def test_readme_gives_the_digest_of_every_example_file():
    readme = (DATA / "README.md").read_text()
    for name in FILES:
        digest = hashlib.sha256((DATA / "example" / name).read_bytes()).hexdigest()
        assert f"| `{name}` | `{digest}` |" in readme


def test_another_seed_gives_another_library(library, tmp_path):
    simulate(tmp_path, n=400, length=120, seed=6)
    assert not set(records(tmp_path / "oligos.fa").values()) & set(records(library / "oligos.fa").values())


def test_reliability_changes_the_noise_and_not_the_design(library, tmp_path):
    simulate(tmp_path, n=400, length=120, seed=5, reliability=1)
    for name in ("oligos.fa", "truth.tsv"):
        assert (tmp_path / name).read_bytes() == (library / name).read_bytes()
    truth = {row["id"]: row["activity"] for row in rows(tmp_path / "truth.tsv")}
    for row in rows(tmp_path / "targets.tsv"):
        assert row["expression_rep1"] in {truth[row["id"]], "NA"}


def test_tables_and_fasta_have_the_same_ids_in_the_same_order(library):
    names = list(records(library / "oligos.fa"))
    targets = rows(library / "targets.tsv")
    assert names == [row["id"] for row in targets] == [row["id"] for row in rows(library / "truth.tsv")]
    assert len(set(names)) == 400
    assert list(targets[0]) == ["id", "expression", "expression_rep1", "expression_rep2", "family"]


def test_all_oligos_differ_and_have_the_length(library):
    sequences = list(records(library / "oligos.fa").values())
    assert len(set(sequences)) == 400
    assert {len(sequence) for sequence in sequences} == {120}
    assert set("".join(sequences)) == set("ACGT")


def test_truth_is_the_activity_of_the_letters_and_the_sum_of_its_terms(library):
    table = rows(library / "truth.tsv")
    activity = true_activity(list(records(library / "oligos.fa").values()))
    assert [float(row["activity"]) for row in table] == pytest.approx(activity.tolist(), abs=5.1e-5)
    for row in table:
        total = BASELINE + sum(float(row[name]) for name in TERMS)
        assert total == pytest.approx(float(row["activity"]), abs=5e-4)


def test_sites_of_the_truth_are_in_the_sequence(library):
    sequences = records(library / "oligos.fa")
    listed = [(row["id"], site) for row in rows(library / "truth.tsv") for site in row["sites"].split(";")]
    found = [(name, site.split(":")) for name, site in listed if site != "-"]
    assert len(found) > 400
    for name, (motif, start, strand, strength) in found:
        site = sequences[name][int(start) : int(start) + MOTIFS[motif].width]
        letters = site if strand == "+" else rc(site)
        assert affinity(letters, motif)[0, 0] == pytest.approx(float(strength), abs=5.1e-5)


def test_point_mutants_differ_from_their_parent_at_the_position_of_their_name(library):
    sequences = records(library / "oligos.fa")
    mutants = [name for name in sequences if "_mut" in name]
    assert len(mutants) > 40
    for name in mutants:
        family, _, position = name.partition("_mut")
        parent = sequences[f"{family}_wt"]
        differ = [
            at for at, pair in enumerate(zip(parent, sequences[name], strict=True), 1) if len(set(pair)) == 2
        ]
        assert differ == [int(position)]


def test_family_joins_variants_and_leaves_natives_alone(library):
    for row in rows(library / "targets.tsv"):
        assert row["family"] == row["id"].partition("_")[0]
    kinds = {row["id"].partition("_")[2].rstrip("0123456789") for row in rows(library / "targets.tsv")}
    assert kinds == {"", "wt", "del", "flip", "ins", "scr", "mut"}


def test_expression_is_the_mean_of_both_replicates_or_missing():
    missing = 0
    for row in rows(DATA / "example" / "targets.tsv"):
        replicates = [row["expression_rep1"], row["expression_rep2"]]
        if "NA" in replicates:
            missing += 1
            assert row["expression"] == "NA"
        else:
            mean = (float(replicates[0]) + float(replicates[1])) / 2
            assert float(row["expression"]) == pytest.approx(mean, abs=5.1e-5)
    assert missing == json.loads((DATA / "example" / "simulation.json").read_text())["missing"]
    assert 0.01 < missing / 6000 < 0.02


def test_example_keeps_its_promises_on_noise_and_gc():
    settings = json.loads((DATA / "example" / "simulation.json").read_text())
    measured = [row for row in rows(DATA / "example" / "targets.tsv") if row["expression"] != "NA"]
    truth = {row["id"]: float(row["activity"]) for row in rows(DATA / "example" / "truth.tsv")}
    sequences = records(DATA / "example" / "oligos.fa")
    columns = {
        "y": [float(row["expression"]) for row in measured],
        "rep1": [float(row["expression_rep1"]) for row in measured],
        "rep2": [float(row["expression_rep2"]) for row in measured],
        "truth": [truth[row["id"]] for row in measured],
        "gc": [sum(map(sequences[row["id"]].count, "GC")) for row in measured],
    }
    r = dict(zip(columns, np.corrcoef(list(columns.values())), strict=True))
    assert r["rep1"][2] == pytest.approx(settings["reliability"], abs=0.01)
    assert r["y"][3] == pytest.approx(settings["best_pearson"], abs=0.005)
    assert abs(r["y"][4]) < 0.35  # GC alone explains little
    assert (settings["flank5"], settings["flank3"]) == (FLANK5, FLANK3)


def test_one_oligo_is_a_library(tmp_path):
    summary = simulate(tmp_path, n=1, length=50)
    assert list(records(tmp_path / "oligos.fa")) == ["fam0001_wt"]
    assert (summary.families, summary.truth_sd, summary.noise_sd) == (1, 0, 0)


def test_motifs_are_written_in_meme_format(library):
    lines = (library / "motifs.meme").read_text().splitlines()
    assert lines[0] == "MEME version 4"
    assert [line.split()[1] for line in lines if line.startswith("MOTIF ")] == list(MOTIFS)
    at = lines.index("MOTIF GATA")
    assert lines[at + 1] == "letter-probability matrix: alength= 4 w= 10 nsites= 100 E= 0"
    assert lines[at + 2] == "0.1300 0.6100 0.1300 0.1300"  # c
    assert lines[at + 3] == "0.9400 0.0200 0.0200 0.0200"  # A


def test_simulate_logs_the_best_reachable_r(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="seqcnn.data.simulate"):
        simulate(tmp_path, n=3, length=60, reliability=0.6)
    assert "best reachable Pearson r: 0.866" in caplog.text  # sqrt(2 * 0.6 / 1.6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n is 0; at least 1"),
        ({"length": 49}, "length is 49; at least 50"),
        ({"seed": -1}, "seed is -1; at least 0"),
        ({"reliability": 0.0}, "reliability is 0.0; expected above 0 and at most 1"),
        ({"reliability": 1.1}, "reliability is 1.1"),
        ({"reliability": float("nan")}, "reliability is nan"),
    ],
)
def test_simulate_refuses_what_makes_no_sense(tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        simulate(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_simulate_overwrites_only_when_told(tmp_path):
    (tmp_path / "truth.tsv").write_text("mine")
    with pytest.raises(UsageError, match=r"holds truth\.tsv already"):
        simulate(tmp_path, n=2, length=60)
    assert [path.name for path in tmp_path.iterdir()] == ["truth.tsv"]
    simulate(tmp_path, n=2, length=60, overwrite=True)
    assert len(rows(tmp_path / "truth.tsv")) == 2


def test_simulate_refuses_a_file_as_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file; give the name of a folder"):
        simulate(tmp_path / "file", n=2)
    with pytest.raises(UsageError, match="file: is a file; give the name of a folder"):
        simulate(tmp_path / "file" / "below", n=2)
