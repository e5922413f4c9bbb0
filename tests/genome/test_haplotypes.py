"""Haplotypes of a phased VCF: numbers against plain predictions of hand-built sequences."""

import csv

import numpy as np
import pytest
from support.planted import planted

from seqcnn.cli import main
from seqcnn.errors import TableError, UsageError
from seqcnn.genome.haplotypes import score_haplotypes
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
from seqcnn.genome.variants import score_vcf
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

CONTIG = "".join(planted(4, seed=5)[0])  # 120 bp
HEAD = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
WINDOW = 30


def other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def snv(position):
    """Return REF and ALT of a substitution, counted from 1."""
    return CONTIG[position - 1], other(CONTIG[position - 1])


def edited(*changes):
    """Return the contig with changes: position from 1, REF, ALT."""
    text = CONTIG
    for position, ref, alt in sorted(changes, reverse=True):
        assert text[position - 1 : position - 1 + len(ref)] == ref
        text = text[: position - 1] + alt + text[position - 1 + len(ref) :]
    return text


@pytest.fixture
def run(tmp_path, model):
    """Return a function that scores records (position, REF, ALT, FORMAT, genotypes) and returns the rows."""
    (tmp_path / "g.fa").write_text(f">c1\n{CONTIG}\n")

    def score(*records, samples=("s1",), chosen=(), model=model, **plan):
        lines = [
            f"c1\t{p}\tv{p}\t{ref}\t{alt}\t.\t.\t.\t{form}\t" + "\t".join(genotypes)
            for p, ref, alt, form, *genotypes in records
        ]
        (tmp_path / "v.vcf").write_text("\n".join(["\t".join([HEAD, *samples]), *lines]) + "\n")
        output = tmp_path / "h.tsv"
        score_haplotypes(
            tmp_path / "v.vcf", model, output, source=SequenceSource(tmp_path / "g.fa"),
            samples=chosen, plan=VariantPlan(**plan),
        )  # fmt: skip
        with output.open(newline="") as file:
            return list(csv.DictReader(file, delimiter="\t"))

    return score


def predicted(model, *sequences):
    return model.predict_array(list(sequences))[:, 0].astype(float)


def around(contig, position):
    """Return the window of a base of a contig, counted from 1."""
    start = position - 1 - (WINDOW - 1) // 2
    return contig[start : start + WINDOW]


def test_variants_of_one_haplotype_are_applied_together_and_alone(run, model):
    a, b = (50, *snv(50)), (55, *snv(55))
    rows = run((*a, "GT", "0|1"), (*b, "GT", "0|1"))
    assert [(r["position"], r["haplotype"], r["n_variants"]) for r in rows] == [
        ("50", "2", "2"), ("55", "2", "2"),
    ]  # fmt: skip
    for row, position in zip(rows, (50, 55), strict=True):
        contigs = [CONTIG, edited(a, b), edited(a), edited(b)]
        ref, both, first, second = predicted(model, *(around(c, position) for c in contigs))
        assert float(row["ref_prediction"]) == pytest.approx(ref, abs=1e-5)
        assert float(row["effect"]) == pytest.approx(both - ref, abs=1e-5)
        singles = [float(text) for text in row["single_effects"].split(";")]
        assert singles == pytest.approx([first - ref, second - ref], abs=1e-5)
        assert float(row["sum_of_singles"]) == pytest.approx(first + second - 2 * ref, abs=1e-5)
        assert float(row["non_additivity"]) == pytest.approx(both - first - second + ref, abs=1e-5)
        assert row["variants"] == f"50:{a[1]}>{a[2]};55:{b[1]}>{b[2]}"


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(("length", "distance", "moved"), [(20, 5, False), (20, 6, True), (8, 9, False)])
def test_a_variant_that_an_insertion_moves_out_of_the_window_has_no_sum(
    run, caplog, strand, length, distance, moved
):
    inserted = (50, CONTIG[49], CONTIG[49] + "G" * length)
    beside = (50 + distance, *snv(50 + distance))
    row, other_row = run((*inserted, "GT", "0|1"), (*beside, "GT", "0|1"), strand=strand)
    assert (row["n_variants"], row["sum_of_singles"] == "NA", row["non_additivity"] == "NA") == (
        "2",
        moved,
        moved,
    )
    assert other_row["non_additivity"] != "NA"
    warned = "1 window has a variant that insertions of the haplotype move out; their" in caplog.text
    assert warned == moved


def test_variants_of_two_haplotypes_are_not_applied_together(run):
    rows = run((50, *snv(50), "GT", "0|1"), (55, *snv(55), "GT", "1|0"))
    assert [(r["position"], r["haplotype"], r["n_variants"]) for r in rows] == [
        ("50", "2", "1"), ("55", "1", "1"),
    ]  # fmt: skip
    assert {float(r["non_additivity"]) for r in rows} == {0.0}


def test_a_single_variant_has_the_effect_of_the_plain_table(run, model, tmp_path):
    deleted = (80, CONTIG[79:83], CONTIG[79])
    rows = run((50, *snv(50), "GT", "0|1"), (*deleted, "GT", "1|1"))
    source, plan = SequenceSource(tmp_path / "g.fa"), VariantPlan(n_null=0)
    score_vcf(tmp_path / "v.vcf", model, tmp_path / "e.tsv", source=source, plan=plan)
    with (tmp_path / "e.tsv").open(newline="") as file:
        plain = {row["position"]: row["effect"] for row in csv.DictReader(file, delimiter="\t")}
    assert [r["haplotype"] for r in rows] == ["2", "1", "2"]
    assert [float(r["effect"]) for r in rows] == pytest.approx(
        [float(plain[r["position"]]) for r in rows], abs=1e-6
    )


@pytest.mark.parametrize("strand", "+-")
def test_indels_near_a_variant_shift_the_bases_of_its_window(run, model, strand):
    a = (60, *snv(60))
    inserted, deleted = (55, CONTIG[54], CONTIG[54] + "GAT"), (64, CONTIG[63:66], CONTIG[63])
    rows = run(*((*v, "GT", "1|1") for v in (inserted, a, deleted)), strand=strand)
    middle = [row for row in rows if row["position"] == "60"]
    assert {row["n_variants"] for row in middle} == {"3"}
    haplotype = edited(inserted, a, deleted)
    place = 60 + 3  # the insertion moves it
    before = (WINDOW - 1) // 2 if strand == "+" else WINDOW - 1 - (WINDOW - 1) // 2
    windows = [c[p - 1 - before : p - 1 - before + WINDOW] for c, p in ((CONTIG, 60), (haplotype, place))]
    if strand == "-":
        windows = [unpack(reverse_complement(pack(window))) for window in windows]
    ref, alt = predicted(model, *windows)
    assert [float(row["effect"]) for row in middle] == pytest.approx([alt - ref] * 2, abs=1e-5)


def test_several_windows_are_averaged(run, model):
    a, b = (60, *snv(60)), (64, *snv(64))
    row = run((*a, "GT", "0|1"), (*b, "GT", "0|1"), windows=2)[0]
    # shifts of -4 and 4 bp
    windows = [c[59 - 14 + shift :][:WINDOW] for c in (CONTIG, edited(a, b)) for shift in (-4, 4)]
    y = predicted(model, *windows)
    assert float(row["effect"]) == pytest.approx(y[2:].mean() - y[:2].mean(), abs=1e-5)


def test_phase_sets_are_respected_and_what_is_not_phased_is_counted(run):
    rows = run(
        (50, *snv(50), "GT:PS", "0|1:7"),
        (52, *snv(52), "GT:PS", "0|1:9"),
        (54, *snv(54), "GT:PS", "0|1:7"),
        (56, *snv(56), "GT", "0/1"),
        (58, *snv(58), "GT", "./."),
        (60, *snv(60), "GT", "1/1"),
    )
    of = {(r["position"], r["haplotype"]): r for r in rows}
    first = of["50", "2"]
    assert [text.split(":")[0] for text in first["variants"].split(";")] == ["50", "54", "60"]
    assert (first["phase_set"], first["unphased"], first["missing"]) == ("7", "2", "1")
    unknown = of["56", "."]
    assert [text.split(":")[0] for text in unknown["variants"].split(";")] == ["56", "60"]
    assert (unknown["phase_set"], unknown["unphased"], unknown["missing"]) == (".", "3", "1")
    homozygous = of["60", "1"], of["60", "2"]  # in the phase set of the nearest phased genotype
    assert [len(r["variants"].split(";")) for r in homozygous] == [1, 3]
    assert ("58", "2") not in of


def test_a_missing_allele_of_a_haplotype_is_counted_there_alone(run):
    rows = run((50, *snv(50), "GT", "1|1"), (54, *snv(54), "GT", ".|1"))
    assert [(r["position"], r["haplotype"], r["missing"], r["n_variants"]) for r in rows] == [
        ("50", "1", "1", "1"), ("50", "2", "0", "2"), ("54", "2", "0", "2"),
    ]  # fmt: skip


OVERLAPS = {
    "deletion over a substitution": [(50, CONTIG[49:55], CONTIG[49]), (53, *snv(53))],
    "two alleles of one base": [(50, *snv(50)), (50, CONTIG[49], other(other(CONTIG[49])))],
    "two insertions at one place": [(50, CONTIG[49], CONTIG[49] + "GA"), (50, CONTIG[49], CONTIG[49] + "TC")],
    "insertion into a deletion": [(50, CONTIG[49:55], CONTIG[49]), (53, CONTIG[52], CONTIG[52] + "GATC")],
}


@pytest.mark.parametrize("name", OVERLAPS)
def test_overlapping_variants_are_reported_and_not_applied(run, name, caplog):
    rows = run(*((*change, "GT", "0|1") for change in OVERLAPS[name]))
    assert [(r["reason"], r["effect"], r["n_variants"]) for r in rows] == [("overlap", "NA", "2")] * 2
    assert "2 windows not scored, overlap: variants of the haplotype overlap each other" in caplog.text


def test_variants_that_touch_are_applied(run):
    rows = run((50, CONTIG[49:53], CONTIG[49], "GT", "0|1"), (54, *snv(54), "GT", "0|1"))
    assert [(r["reason"], r["n_variants"]) for r in rows] == [("-", "2")] * 2


def test_an_allele_without_a_known_place_is_not_applied_and_named(run, caplog):
    wrong, far = (54, other(CONTIG[53]), CONTIG[53]), (90, *snv(90))
    rows = run(*((*v, "GT", "0|1") for v in ((50, *snv(50)), wrong, far)))
    assert [r["reason"] for r in rows] == ["-", "ref_mismatch", "-"]
    assert [r["n_variants"] for r in rows] == ["1", "2", "1"]
    assert [r["not_applied"] for r in rows] == [f"54:{wrong[1]}>{wrong[2]}(ref_mismatch)", ".", "."]
    assert "1 window has an allele on the haplotype that cannot be placed and is not applied" in caplog.text
    alone = run((50, *snv(50), "GT", "0|1"))[0]
    assert rows[0]["effect"] == alone["effect"]
    rows = run((50, *snv(50), "GT", "0|1"), (54, CONTIG[53], "<DEL>", "GT", "0|1"))
    assert [r["reason"] for r in rows] == ["-", "symbolic"]
    assert rows[0]["not_applied"] == f"54:{CONTIG[53]}><DEL>(symbolic)"
    rows = run((50, *snv(50), "GT", "0|1"), (54, CONTIG[53], "*", "GT", "0|1"))
    assert [(r["reason"], r["n_variants"], r["not_applied"]) for r in rows] == [
        ("-", "1", "."),
        ("star", "2", "."),
    ]
    assert [r["reason"] for r in run(*((p, *snv(p), "GT", "0|1") for p in (5, 50)))] == ["contig_end", "-"]


def test_haplotypes_of_which_none_is_scored_are_refused(run):
    with pytest.raises(
        UsageError, match=r"v.vcf: 0 of 1 window scored; contig_end: .*; a substitution needs 14"
    ):
        run((5, *snv(5), "GT", "0|1"))


def test_a_wrong_ref_is_counted_by_variant_and_the_first_is_named(run, caplog):
    wrong = (54, other(CONTIG[53]), CONTIG[53])
    run(*((*v, "GT", "0|1") for v in ((50, *snv(50)), wrong, (90, *snv(90)))))
    sentence = "1 window not scored, ref_mismatch: REF of 1 variant differs from the bases that are there"
    assert f"{sentence}; the first is " in caplog.text
    assert f"v.vcf, line 4, 'v54': REF '{wrong[1]}', but '{wrong[2]}' at position 54 of 'c1'" in caplog.text


def test_one_wrong_ref_beside_another_variant_is_no_other_build(run):
    wrong = (54, other(CONTIG[53]), CONTIG[53])
    rows = run((50, *snv(50), "GT", "0|1"), (*wrong, "GT", "0|1"))
    assert [r["reason"] for r in rows] == ["-", "ref_mismatch"]
    with pytest.raises(UsageError, match=r"the only allele differs .*; the first is .*v.vcf, line 3, 'v54'"):
        run((*wrong, "GT", "0|1"))


def test_a_missing_genotype_is_counted_in_one_sentence(run, caplog):
    run((50, *snv(50), "GT", "0|1", ".|."), samples=("a", "b"))
    assert "1 genotype is missing; a missing genotype counts as no variant" in caplog.text


def test_samples_are_chosen_and_share_the_numbers_of_the_same_haplotype(run):
    records = [(50, *snv(50), "GT", "0|1", "1|0", "1"), (54, *snv(54), "GT", "0|1", "1|1", "0")]
    rows = run(*records, samples=("a", "b", "c"))
    names = [(r["sample"], r["haplotype"], r["position"], r["n_variants"]) for r in rows]
    assert names == [
        ("a", "2", "50", "2"), ("b", "1", "50", "2"), ("c", "1", "50", "1"),
        ("a", "2", "54", "2"), ("b", "1", "54", "2"), ("b", "2", "54", "1"),
    ]  # fmt: skip
    assert rows[0]["effect"] == rows[1]["effect"] != rows[2]["effect"]
    chosen = run(*records, samples=("a", "b", "c"), chosen=("c", "a"))
    assert {r["sample"] for r in chosen} == {"a", "c"}
    assert [r for r in rows if r["sample"] == "a"] == [r for r in chosen if r["sample"] == "a"]


def test_only_variants_in_regions_have_rows_with_their_neighbours_outside(run, caplog):
    caplog.set_level("INFO")
    rows = run((50, *snv(50), "GT", "0|1"), (54, *snv(54), "GT", "0|1"), regions="c1:50-51")
    assert [(r["position"], r["n_variants"]) for r in rows] == [("50", "2")]
    assert "1 site is outside of --regions and left out" in caplog.text


def test_an_ensemble_gives_the_sd_of_effects_and_of_non_additivity(run, bundle, dataset, tmp_path):
    second = load_model(bundle)
    for parameter in second.network.parameters():
        parameter.data *= 1.1
    second.save(tmp_path / "b.safetensors")
    ensemble(dataset, [bundle, tmp_path / "b.safetensors"], tmp_path / "e.safetensors")
    a, b = (50, *snv(50)), (55, *snv(55))
    both = load_model(tmp_path / "e.safetensors")
    (row, _) = run((*a, "GT", "0|1"), (*b, "GT", "0|1"), model=both)
    windows = [around(c, 50) for c in (CONTIG, edited(a, b), edited(a), edited(b))]
    y = np.array([predicted(load_model(path), *windows) for path in (bundle, tmp_path / "b.safetensors")])
    assert float(row["effect_sd"]) == pytest.approx((y[:, 1] - y[:, 0]).std(ddof=1), rel=1e-3)
    apart = y[:, 1] - y[:, 2] - y[:, 3] + y[:, 0]
    assert float(row["non_additivity_sd"]) == pytest.approx(apart.std(ddof=1), rel=1e-2, abs=1e-5)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([(50, "A", "C", "GT", "0|2")], "v.vcf, line 3, c1:50: allele 2 in genotype '0|2'; ALT has 1"),
        ([(50, "A", "C", "GT", "x|1")], r"c1:50: genotype 'x\|1'; expected numbers of alleles, such as 0\|1"),
        (
            [(50, "A", "C", "GT", "0|1"), (49, "A", "C", "GT", "0|1")],
            "c1:49 follows a later position; .* sort",
        ),
    ],
)
def test_a_faulty_vcf_is_named_and_nothing_is_written(run, records, message, tmp_path):
    with pytest.raises(TableError, match=message.replace("|2'", r"\|2'")):
        run(*records)
    assert not (tmp_path / "h.tsv").exists()


def test_unknown_and_repeated_samples_are_refused(run):
    record = (50, *snv(50), "GT", "0|1", "0|1")
    with pytest.raises(UsageError, match="--sample 'mother1' not found; did you mean 'mother'"):
        run(record, samples=("mother", "child"), chosen=("mother1",))
    with pytest.raises(UsageError, match="--sample 'x' not found; known: 'mother'; 'child'"):
        run(record, samples=("mother", "child"), chosen=("x",))
    with pytest.raises(TableError, match="sample 's1' is there twice"):
        run(record, samples=("s1", "s1"))
    with pytest.raises(TableError, match="c1:50: 11 columns; expected at least 12, as in the header"):
        run(record, samples=("a", "b", "c"))
    with pytest.raises(UsageError, match="no samples found; --phased needs genotypes"):
        run((50, *snv(50), "GT"), samples=())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--vcf", "v.vcf", "--genome", "g.fa", "--sample", "s1"],
            "--sample: chooses the haplotypes of --phased",
        ),
        (["--pairs", "v.vcf", "--phased"], "--phased: the haplotypes are those of a VCF; give it with --vcf"),
        (["--vcf", "v.vcf", "--phased", "--vcf-out", "o.vcf"], "leave --vcf-out, --html and --shard out"),
        (["--vcf", "v.vcf", "--phased", "--shard", "1/2"], "leave --vcf-out, --html and --shard out"),
        (["--vcf", "v.vcf", "--phased", "--sequences", "g.fa"], "give --genome instead of --sequences"),
    ],
)
def test_the_command_refuses_in_one_line(words, message, run, bundle, tmp_path, monkeypatch, capsys):
    run((50, *snv(50), "GT", "0|1"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["variants", *words, "-m", str(bundle), "-o", "e.tsv", "--threads", "1"])
    error = capsys.readouterr().err.splitlines()[-1]
    assert stop.value.code == 2
    assert message in error
    assert not (tmp_path / "e.tsv").exists()
