"""A table of variants in SPDI or HGVS gives the numbers of the VCF that says the same."""

import pandas as pd
import pytest
from support.planted import planted

from seqcnn.errors import SequenceError, TableError, UsageError
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
from seqcnn.genome.variants import VariantInput, score_table, score_vcf, variant_effects

CONTIG = "".join(planted(4, seed=5)[0])  # 120 bp
NO_NULL = VariantPlan(n_null=0)
REF, INSERTED = CONTIG[59], "GATTACA"
ALT = "ACGT"[("ACGT".index(REF) + 1) % 4]


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(f">chr7\n{CONTIG}\n")
    return SequenceSource(tmp_path / "g.fa")


def effects(path):
    return pd.read_csv(path, sep="\t", keep_default_na=False)


@pytest.fixture
def of_vcf(tmp_path, genome, model):
    rows = [f"60\t.\t{REF}\t{ALT}", f"60\t.\t{CONTIG[59:62]}\t{REF}", f"60\t.\t{REF}\t{REF}{INSERTED}"]
    head = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "v.vcf").write_text(head + "".join(f"chr7\t{row}\t.\t.\t.\n" for row in rows))
    score_vcf(tmp_path / "v.vcf", model, tmp_path / "v.tsv", source=genome, plan=NO_NULL)
    return effects(tmp_path / "v.tsv")


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("hgvs", [f"chr7:g.60{REF}>{ALT}", "chr7:g.61_62del", f"chr7:g.60_61ins{INSERTED}"]),
        ("spdi", [f"NC_000007.14:59:{REF}:{ALT}", "NC_000007.14:60:2:", f"NC_000007.14:60::{INSERTED}"]),
        (
            "variant",
            [f"chr7:60:{REF}:{ALT}", f"chr7-60-{CONTIG[59:62]}-{REF}", f"7:60:{REF}:{REF}{INSERTED}"],
        ),
    ],
)
def test_every_notation_has_the_numbers_of_the_vcf(column, texts, of_vcf, genome, model, tmp_path, caplog):
    rows = [f"gene,{column},y", *(f"g,{text},1" for text in texts)]
    (tmp_path / "t.csv").write_text("".join(f"{row}\n" for row in rows))
    caplog.set_level("INFO")
    source = SequenceSource(genome.genome, chromosome_prefix="add")
    counts = score_table(tmp_path / "t.csv", model, tmp_path / "e.tsv", source=source, plan=NO_NULL)
    table = effects(tmp_path / "e.tsv")
    assert counts == {"-": 3}
    assert table["id"].tolist() == texts
    assert table.drop(columns="id").equals(of_vcf.drop(columns="id"))
    assert ("3 variants name a human chromosome by its RefSeq" in caplog.text) == (column == "spdi")


def test_what_the_genome_does_not_have_is_a_reason(genome, model, tmp_path, caplog):
    texts = ["chr8:g.60del", "chr7:g.121del", f"chr7:g.60{ALT}>{REF}", f"chr7:g.60{REF}>{ALT}"]
    (tmp_path / "t.tsv").write_text("hgvs\n" + "".join(f"{text}\n" for text in texts))
    score_table(tmp_path / "t.tsv", model, tmp_path / "e.tsv", source=genome, plan=NO_NULL)
    assert effects(tmp_path / "e.tsv")["reason"].tolist() == [
        "missing_contig",
        "beyond_contig",
        "ref_mismatch",
        "-",
    ]
    assert f"t.tsv, line 4, '{texts[2]}': REF '{ALT}', but '{REF}' at position 60 of 'chr7'" in caplog.text


def test_a_row_that_is_no_variant_has_a_reason_and_is_counted(genome, model, tmp_path, caplog):
    rows = [f"chr7\t60\t{REF}\t{ALT}", f"chr7\t60\t{REF}\t", "chr7\tsixty\tA\tC", f"chr7\t60\t{REF}\t<DEL>"]
    (tmp_path / "t.tsv").write_text("chrom\tpos\tref\talt\n" + "".join(f"{row}\n" for row in rows))
    counts = score_table(tmp_path / "t.tsv", model, tmp_path / "e.tsv", source=genome, plan=NO_NULL)
    assert counts == {"-": 1, "no_alt": 1, "malformed": 1, "symbolic": 1}
    table = effects(tmp_path / "e.tsv")
    assert table["reason"].tolist() == ["-", "no_alt", "malformed", "symbolic"]
    assert table.loc[2, ["contig", "position", "id", "ref", "alt"]].tolist() == [
        ".", "NA", "chr7:sixty:A:C", ".", ".",
    ]  # fmt: skip
    assert (
        "1 not scored, malformed: the row is no variant in the notation of its column; the first"
        in caplog.text
    )
    assert f"{tmp_path / 't.tsv'}, line 4: variant 'chr7:sixty:A:C'; expected chr1:100:A:G" in caplog.text
    assert "contigs:" not in caplog.text


def test_a_table_of_which_all_reach_beyond_the_contig_is_refused_with_what_helps(genome, model, tmp_path):
    (tmp_path / "t.tsv").write_text("hgvs\nchr7:g.3del\n")
    plan = VariantPlan(n_null=0, windows=9)
    with pytest.raises(UsageError, match=r"t.tsv: 0 of 1 allele scored; contig_end: .*; --windows 1"):
        score_table(tmp_path / "t.tsv", model, tmp_path / "e.tsv", source=genome, plan=plan)
    assert not (tmp_path / "e.tsv").exists()


def test_a_missing_call_is_missing_in_python(genome, model):
    texts = [f"chr7:g.60{REF}>{ALT}", f"chr7:g.60{ALT}>{REF}"]
    table = model.variants(pd.DataFrame({"hgvs": texts}), genome=genome.genome, null=20)
    assert table["call"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("text", "fault"), [("", "empty; there are no records"), ("hello\n", "line 1: ")])
def test_a_genome_that_is_no_fasta_is_refused_in_one_line(text, fault, genome, model, tmp_path):
    (tmp_path / "g.fa").write_text(text)
    (tmp_path / "t.tsv").write_text("hgvs\nchr7:g.60del\n")
    source = SequenceSource(genome=tmp_path / "g.fa")
    with pytest.raises(SequenceError, match=f"g.fa[:,] {fault}"):
        score_table(tmp_path / "t.tsv", model, tmp_path / "e.tsv", source=source, plan=NO_NULL)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\trs1\nx\ty\n", "no column of variants; expected one of spdi .*; hgvs .*; variant "),
        ("hgvs\tspdi\nx\ty\n", "columns 'hgvs'; 'spdi'; expected one of"),
        ("hgvs\tn\nrs1\t1\nrs2\t2\n", "t.tsv, line 2: hgvs 'rs1'; expected .* .none of 2 rows is a variant"),
        ("hgvs\tn\nchr7:g.60del\n", "t.tsv: line 2 has 1 cells; the header"),
    ],
)
def test_a_table_without_one_notation_is_refused(text, message, genome, model, tmp_path):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(TableError, match=message):
        score_table(tmp_path / "t.tsv", model, tmp_path / "e.tsv", source=genome, plan=NO_NULL)
    assert not (tmp_path / "e.tsv").exists()


def test_only_one_file_of_variants_is_taken_and_only_a_vcf_annotated(genome, model, tmp_path):
    for variants, vcf_out, message in (
        (VariantInput(), None, "--vcf, --variants, --pairs or --saturate, and only one"),
        (VariantInput(vcf=tmp_path / "v", table=tmp_path / "t"), None, "and only one of them"),
        (VariantInput(table=tmp_path / "t"), tmp_path / "o.vcf", "--vcf-out annotates a VCF"),
    ):
        with pytest.raises(UsageError, match=message):
            variant_effects(
                model, tmp_path / "e", variants=variants, source=genome, also=VariantOutputs(vcf_out)
            )


def test_rows_of_a_dataframe_that_are_no_variant_have_a_reason(genome, model):
    table = pd.DataFrame({"hgvs": [f"chr7:g.60{REF}>{ALT}", "chr7:g.60"]})
    scored = model.variants(table, genome=genome.genome, null=0)
    assert scored["reason"].tolist() == ["-", "malformed"]
    assert scored["position"].isna().tolist() == [False, True]
    table = pd.DataFrame({"chrom": "chr7", "pos": [60, 60], "ref": [REF, REF], "alt": [ALT, ""]})
    assert model.variants(table, genome=genome.genome, null=0)["reason"].tolist() == ["-", "no_alt"]


def test_a_dataframe_with_a_column_of_a_notation_is_scored(genome, model, of_vcf):
    table = model.variants(pd.DataFrame({"hgvs": [f"chr7:g.60{REF}>{ALT}"]}), genome=genome.genome, null=0)
    assert table["effect"].tolist() == pytest.approx([float(of_vcf["effect"][0])], rel=1e-5)
