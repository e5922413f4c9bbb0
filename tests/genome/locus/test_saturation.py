"""All single-base changes of a locus as a VCF, and variants of chosen regions."""

import csv

import pytest
from support.planted import planted

from seqcnn.cli import main
from seqcnn.errors import UsageError
from seqcnn.genome.locus.saturation import saturation_header
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
from seqcnn.genome.variant.vcf import read_vcf
from seqcnn.genome.variants import VariantInput, score_locus, score_vcf, variant_effects

CONTIG = "".join(planted(4, seed=5)[0])  # 120 bp
NULL = VariantPlan(n_null=20)


@pytest.fixture
def source(tmp_path):
    (tmp_path / "g.fa").write_text(f">c1\n{CONTIG[:70]}N{CONTIG[71:]}\n>c2\nACGT\n")
    return SequenceSource(tmp_path / "g.fa")


def info(site):
    return dict(item.split("=") for item in site.fields[7].split(";"))


def test_a_locus_has_every_change_of_every_base_with_its_effect(source, model, tmp_path, caplog):
    caplog.set_level("INFO")
    counts = score_locus("c1:66-75", model, tmp_path / "x.vcf", source=source, plan=NULL)
    header, sites = read_vcf(tmp_path / "x.vcf")
    sites = list(sites)
    assert header[0] == "##fileformat=VCFv4.3"
    assert header[2:4] == ["##contig=<ID=c1,length=120>", "##contig=<ID=c2,length=4>"]
    assert counts == {"-": 27}
    assert [site.start + 1 for site in sites] == [p for p in range(66, 76) if p != 71]
    for site in sites:
        assert site.ref == CONTIG[site.start]
        assert sorted([site.ref, *site.alts]) == list("ACGT")
        assert {len(values.split(",")) for values in info(site).values()} == {3}
    assert "1 base is ambiguous and without variants" in caplog.text


def test_the_vcf_of_a_locus_gives_the_same_effects_as_variants(source, model, tmp_path):
    score_locus("c1:40-60", model, tmp_path / "x.vcf", source=source, plan=NULL)
    also = VariantOutputs(tmp_path / "again.vcf")
    score_vcf(tmp_path / "x.vcf", model, tmp_path / "e.tsv", source=source, also=also, plan=NULL)
    assert (tmp_path / "again.vcf").read_text() == (tmp_path / "x.vcf").read_text()
    score_locus("c1:40-60", model, tmp_path / "table.tsv", source=source, plan=NULL)
    assert (tmp_path / "table.tsv").read_text() == (tmp_path / "e.tsv").read_text()


def test_htslib_reads_the_vcf_of_a_locus(source, model, tmp_path):
    cyvcf2 = pytest.importorskip("cyvcf2")
    score_locus("c1:40-42", model, tmp_path / "x.vcf", source=source, plan=NULL)
    records = list(cyvcf2.VCF(str(tmp_path / "x.vcf")))
    assert [len(record.INFO["SEQCNN_EFFECT"]) for record in records] == [3, 3, 3]


def test_the_ends_of_a_contig_are_lines_with_a_reason(source, model, tmp_path, caplog):
    score_locus("c1:14-16", model, tmp_path / "x.vcf", source=source, plan=VariantPlan(n_null=0))
    values = [info(site) for site in read_vcf(tmp_path / "x.vcf")[1]]
    assert [v["SEQCNN_REASON"] for v in values] == ["contig_end,contig_end,contig_end"] * 1 + [".,.,."] * 2
    assert values[0]["SEQCNN_EFFECT"] == ".,.,."
    needed = "a substitution needs 14 bp before it and 15 bp after it; give a genome that has them"
    assert f"3 not scored, contig_end: a window reaches beyond an end of the contig; {needed}" in caplog.text


def test_a_locus_without_a_single_score_is_refused(source, model, tmp_path):
    with pytest.raises(
        UsageError, match=r"c1:1-2: 0 of 6 alleles scored; contig_end: .* needs 14 bp before it"
    ):
        score_locus("c1:1-2", model, tmp_path / "x.vcf", source=source, plan=VariantPlan(n_null=0))
    assert not (tmp_path / "x.vcf").exists()


def test_a_contig_whose_name_a_vcf_does_not_allow_is_refused():
    assert saturation_header({"HLA-A*01:01": 5})[-2] == "##contig=<ID=HLA-A*01:01,length=5>"
    with pytest.raises(UsageError, match="contig 'a,b': a VCF does not allow this name"):
        saturation_header({"a,b": 5})


def test_variants_outside_of_the_regions_are_left_out_and_counted(source, model, tmp_path, caplog):
    caplog.set_level("INFO")
    score_locus("c1:40-60", model, tmp_path / "x.vcf", source=source, plan=NULL)
    (tmp_path / "r.bed").write_text("c1\t41\t43\nc1\t50\t51\n")
    plan = VariantPlan(n_null=20, regions=str(tmp_path / "r.bed"))
    variants = VariantInput(vcf=tmp_path / "x.vcf")
    variant_effects(model, tmp_path / "e.tsv", variants=variants, source=source, plan=plan)
    with (tmp_path / "e.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["position"] for row in rows] == [p for p in ("42", "43", "51") for _ in range(3)]
    assert "18 sites are outside of --regions and left out" in caplog.text
    frame = model.variants(tmp_path / "x.vcf", genome=source.genome, regions="c1:42-43", null=20)
    assert frame["effect"].tolist() == pytest.approx([float(row["effect"]) for row in rows[:6]])
    whole = model.variants(genome=source.genome, saturate="c1:42-43", null=20)
    assert whole.equals(frame)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--saturate", "c1:9-121"], "region 'c1:9-121': 9-121 found; 'c1' has the positions 1 to 120"),
        (["--saturate", "c1:9-12", "--vcf", "x.vcf"], "and only one of them"),
        (
            ["--saturate", "c1:9-12", "--regions", "c1:9-10"],
            "--regions: chooses variants of --vcf or --variants",
        ),
        (["--saturate", "c1:9-12", "--vcf-out", "o.vcf"], "--vcf-out: the output is the VCF already"),
        (
            ["--vcf", "x.vcf", "--regions", "none.bed"],
            "--regions 'none.bed': no such file; expected a BED file",
        ),
    ],
)
def test_the_command_refuses_in_one_line(words, message, source, bundle, tmp_path, monkeypatch, capsys):
    (tmp_path / "x.vcf").write_text("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["variants", *words, "--genome", "g.fa", "-m", str(bundle), "-o", "e.vcf", "--threads", "1"])
    error = capsys.readouterr().err.splitlines()[-1]
    assert stop.value.code == 2
    assert message in error
    assert not (tmp_path / "e.vcf").exists()
