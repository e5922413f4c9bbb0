"""VCFs and pairs -> effects: numbers against plain predictions, files, and refusals."""

import gzip
import io

import numpy as np
import pytest
from support.planted import planted

from seqcnn.cli import main
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.errors import SequenceError, TableError, UsageError
from seqcnn.genome.reference import open_reference
from seqcnn.genome.score_sites import CHUNK, _chunks
from seqcnn.genome.variant.alleles import Kind
from seqcnn.genome.variant.effects import percentiles
from seqcnn.genome.variant.null_distribution import NullDistributions
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.pairs import score_pairs_file
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
from seqcnn.genome.variant.vcf import Site, read_vcf
from seqcnn.genome.variant.windows import GenomeWindows
from seqcnn.genome.variants import score_vcf
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

CONTIG = "".join(planted(4, seed=5)[0])  # 120 bp
HEAD = (
    '##fileformat=VCFv4.3\n##contig=<ID=c1,length=120>\n##INFO=<ID=DP,Number=1,Type=Integer,Description="">\n'
)
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


def other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def substituted(at, alt):
    return CONTIG[:at] + alt + CONTIG[at + 1 :]


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(f">c1\n{CONTIG}\n")
    return tmp_path / "g.fa"


@pytest.fixture
def vcf(tmp_path):
    lines = [
        f"c1\t51\trs1\t{CONTIG[50]}\t{other(CONTIG[50])},<DEL>\t9\tPASS\tDP=3\tGT\t0/1",
        f"c1\t60\t.\t{CONTIG[59]}\t.\t.\t.\t.\tGT\t0/0",
        f"c1\t61\trs3\t{CONTIG[60].lower()}\t{other(CONTIG[60]).lower()}\t.\tq10\tSEQCNN_EFFECT=9;DP=4\tGT\t1/1",
    ]
    old = '##INFO=<ID=SEQCNN_EFFECT,Number=A,Type=Float,Description="an earlier run">\n'
    form = '##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n##FILTER=<ID=q10,Description="q">\n'
    path = tmp_path / "v.vcf"
    path.write_text(HEAD + old + form + f"{COLUMNS}\tFORMAT\tS1\n" + "\n".join(lines) + "\n")
    return path


def table(path):
    head, *rows = (line.split("\t") for line in path.read_text().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.fixture
def effects(vcf, genome, model, tmp_path):
    counts = score_vcf(
        vcf,
        model,
        tmp_path / "e.tsv",
        source=SequenceSource(genome),
        also=VariantOutputs(tmp_path / "o.vcf.gz"),
    )
    return counts, table(tmp_path / "e.tsv"), tmp_path / "o.vcf.gz"


def test_every_allele_has_a_row_and_every_row_an_effect_or_a_reason(effects):
    counts, rows, _ = effects
    assert counts == {"-": 2, "symbolic": 1, "no_alt": 1}
    assert [(r["position"], r["id"], r["alt"], r["reason"]) for r in rows] == [
        ("51", "rs1", other(CONTIG[50]), "-"),
        ("51", "rs1", "<DEL>", "symbolic"),
        ("60", ".", ".", "no_alt"),
        ("61", "rs3", other(CONTIG[60]).lower(), "-"),
    ]
    assert {
        rows[1][column] for column in ("ref_prediction", "effect", "percentile", "out_of_distribution")
    } == {"NA"}


def test_an_effect_is_the_difference_of_two_plain_predictions(effects, model):
    ref, alt = model.predict_array([CONTIG[36:66], substituted(50, other(CONTIG[50]))[36:66]])[:, 0]
    row = effects[1][0]
    assert [float(row[c]) for c in ("ref_prediction", "alt_prediction")] == pytest.approx(
        [ref, alt], rel=1e-6
    )
    assert float(row["effect"]) == pytest.approx(alt - ref, abs=1e-6)


def test_the_annotated_vcf_is_the_vcf_and_declared_info(effects, vcf):
    lines = gzip.decompress(effects[2].read_bytes()).decode().splitlines()
    declared = [line for line in lines if line.startswith("##INFO=<ID=SEQCNN_")]
    assert [line.split(",")[0][11:] for line in declared] == [
        "SEQCNN_REF", "SEQCNN_ALT", "SEQCNN_EFFECT", "SEQCNN_PERCENTILE", "SEQCNN_CALL", "SEQCNN_OOD",
        "SEQCNN_REASON",
    ]  # fmt: skip
    assert not [line for line in lines if "earlier run" in line]
    fields = [line.split("\t") for line in lines if not line.startswith("#")]
    before = [site.fields for site in read_vcf(vcf)[1]]
    assert [f[:7] + f[8:] for f in fields] == [f[:7] + f[8:] for f in before]
    assert fields[1][7] == "."  # no ALT, no values
    assert fields[0][7].startswith("DP=3;SEQCNN_REF=")
    assert fields[0][7].endswith(";SEQCNN_REASON=.,symbolic")
    assert fields[2][7].startswith("DP=4;SEQCNN_REF=")


def test_the_annotated_vcf_is_read_back_by_htslib(effects):
    cyvcf2 = pytest.importorskip("cyvcf2")
    first, _, third = cyvcf2.VCF(str(effects[2]))
    value, missing = first.INFO["SEQCNN_EFFECT"]
    assert value == pytest.approx(float(effects[1][0]["effect"]), abs=1e-6)
    assert missing is None
    assert third.INFO["SEQCNN_EFFECT"] == pytest.approx(float(effects[1][3]["effect"]), abs=1e-6)


def test_the_same_seed_gives_the_same_bytes_and_no_null_no_percentile(vcf, genome, model, tmp_path):
    for name in ("a", "b"):
        score_vcf(vcf, model, tmp_path / name, source=SequenceSource(genome))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    score_vcf(vcf, model, tmp_path / "c", source=SequenceSource(genome), plan=VariantPlan(n_null=0))
    assert "percentile" not in (tmp_path / "c").read_text()


@pytest.mark.parametrize(("windows", "warns"), [(1, True), (3, False)])
def test_indels_in_one_window_each_are_warned_of(windows, warns, genome, model, tmp_path, caplog):
    vcf = tmp_path / "i.vcf"
    base = CONTIG[59]
    vcf.write_text(f"{HEAD}{COLUMNS}\nc1\t60\t.\t{base}\t{base}AC\t.\t.\t.\n")
    score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome), plan=VariantPlan(windows=windows))
    text = "1 allele with inserted or deleted bases: those beside them are shifted in the window"
    assert any(text in message for message in caplog.messages) == warns


def test_several_windows_are_averaged(vcf, genome, model, tmp_path):
    score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome), plan=VariantPlan(windows=2))
    alt = substituted(50, other(CONTIG[50]))
    # shifts of -4 and 4 bp of 30: windows from 32 and from 40
    y = model.predict_array([s[at : at + 30] for s in (CONTIG, alt) for at in (32, 40)])[:, 0]
    assert float(table(tmp_path / "e")[0]["effect"]) == pytest.approx(y[2:].mean() - y[:2].mean(), abs=1e-5)


def test_a_double_stranded_model_sees_both_strands(vcf, genome, bundle, tmp_path):
    single, model = load_model(bundle), load_model(bundle)
    model.header = model.header.model_copy(update={"strand": "double"})
    score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome))
    alleles = [CONTIG[36:66], substituted(50, other(CONTIG[50]))[36:66]]
    turned = [unpack(reverse_complement(pack(allele))) for allele in alleles]
    y = (single.predict_array(alleles) + single.predict_array(turned))[:, 0] / 2
    assert float(table(tmp_path / "e")[0]["effect"]) == pytest.approx(y[1] - y[0], abs=1e-6)


REPEATS = f"{CONTIG[:45]}G{'A' * 6}G{CONTIG[50:80]}T{'CAG' * 4}T{CONTIG[80:]}"
"""A at 47 to 52 and CAG at 85 to 96, 1-based."""

NOTATIONS = {
    "delA": [(46, "GA", "G"), (48, "AA", "A"), (52, "AG", "G"), (47, "AAA", "AA"), (45, "{}GA", "{}G")],
    "insA": [(46, "G", "GA"), (52, "A", "AA"), (53, "G", "AG"), (49, "AAA", "AAAA")],
    "delCAG": [(84, "TCAG", "T"), (93, "GCAG", "G"), (85, "CAGC", "C"), (87, "GCAGCAG", "GCAG")],
    "insCAG": [(84, "T", "TCAG"), (96, "G", "GCAG"), (97, "T", "CAGT"), (86, "A", "AGCA")],
    "delins": [(52, "AG", "TTG"), (51, "AAG", "ATTG"), (50, "AAAG", "AATTG")],
    "snv": [(84, "T", "A"), (84, "TC", "AC"), (83, "{}T", "{}A")],
}


def notations():
    """Yield id and the first five columns of every notation of every haplotype."""
    for name, written in NOTATIONS.items():
        for position, ref, alt in written:
            base = REPEATS[position - 1]
            yield name, f"c1\t{position}\t{name}\t{ref.format(base)}\t{alt.format(base)}"


@pytest.fixture
def repeats(tmp_path):
    (tmp_path / "r.fa").write_text(f">c1\n{REPEATS}\n")
    return tmp_path / "r.fa"


def scored(tmp_path, model, genome, lines, **plan):
    """Score lines of a VCF, and return the rows of the table."""
    (tmp_path / "n.vcf").write_text(f"{HEAD}{COLUMNS}\n" + "".join(f"{line}\t.\t.\t.\n" for line in lines))
    score_vcf(
        tmp_path / "n.vcf", model, tmp_path / "n.tsv", source=SequenceSource(genome), plan=VariantPlan(**plan)
    )
    return table(tmp_path / "n.tsv")


@pytest.mark.parametrize("plan", [{}, {"strand": "-"}, {"windows": 3}], ids=str)
def test_all_notations_of_a_haplotype_have_the_same_numbers(repeats, model, tmp_path, plan, caplog):
    caplog.set_level("INFO")
    rows = scored(tmp_path, model, repeats, [line for _, line in notations()], n_null=50, **plan)
    assert {row["reason"] for row in rows} == {"-"}
    numbers = ("ref_prediction", "alt_prediction", "effect", "percentile")
    for name in NOTATIONS:
        assert len({tuple(row[column] for column in numbers) for row in rows if row["id"] == name}) == 1
    assert len({row["alt_prediction"] for row in rows}) == len(NOTATIONS)
    assert "18 of them were trimmed or left-aligned for scoring, as `bcftools norm` does" in caplog.text


def test_the_outputs_keep_the_notation_of_the_vcf(repeats, model, tmp_path):
    rows = scored(tmp_path, model, repeats, [line for _, line in notations()], n_null=0)
    columns = ("contig", "position", "id", "ref", "alt")
    assert ["\t".join(row[column] for column in columns) for row in rows] == [line for _, line in notations()]


def test_the_numbers_of_a_variant_do_not_depend_on_the_others_of_its_file(repeats, model, tmp_path):
    lines = [line for _, line in notations()]
    rows = scored(tmp_path, model, repeats, lines, n_null=50)
    for chosen in ([0], [6], [22], [3, 9, 1, 14], range(22, -1, -1)):
        assert scored(tmp_path, model, repeats, [lines[i] for i in chosen], n_null=50) == [
            rows[i] for i in chosen
        ]


@pytest.mark.parametrize(("n", "alpha", "needed"), [(18, 0.05, 19), (19, 0.05, None), (9, 0.01, 99)])
def test_too_few_random_changes_for_calls_are_warned_of(repeats, model, tmp_path, caplog, n, alpha, needed):
    (row,) = scored(tmp_path, model, repeats, [next(notations())[1]], n_null=n, alpha=alpha)
    assert (row["call"] == "NA") == (needed is not None)
    message = (
        f"{n} random changes are too few for calls at alpha {alpha}, which are NA; give --null {needed} "
    )
    assert (message in caplog.text) == (needed is not None)


def test_an_indel_is_compared_with_indels_of_its_length(repeats, model, tmp_path):
    delins, snv = [line for name, line in notations() if name in ("delins", "snv")][2:4]
    (one, other) = scored(tmp_path, model, repeats, [delins, snv], n_null=200)
    with open_reference(repeats) as opened:
        null = NullDistributions(model, GenomeWindows(opened, 30), target=0, n=200, seed=1)
        for row, kind in ((one, Kind(0, 1)), (other, Kind(1, 1))):
            expected = percentiles(np.array([float(row["effect"])]), null.effects(kind))
            assert float(row["percentile"]) == pytest.approx(
                expected[0], abs=0.51
            )  # a rank: the effect is rounded


@pytest.fixture
def library(tmp_path):
    (tmp_path / "lib.fa").write_text(
        f">one\n{CONTIG[:30]}\n>two\n{CONTIG[30:60]}\n>twin\n{CONTIG[:30]}\n>short\n{CONTIG[:29]}\n"
    )
    return tmp_path / "lib.fa"


def test_records_of_a_library_can_be_the_contigs(library, model, tmp_path):
    (tmp_path / "v.vcf").write_text(f"{HEAD}{COLUMNS}\none\t5\t.\t{CONTIG[4]}\t{other(CONTIG[4])}\t.\t.\t.\n")
    score_vcf(tmp_path / "v.vcf", model, tmp_path / "e", source=SequenceSource(sequences=library))
    ref, alt = model.predict_array([CONTIG[:30], substituted(4, other(CONTIG[4]))[:30]])[:, 0]
    assert float(table(tmp_path / "e")[0]["effect"]) == pytest.approx(alt - ref, abs=1e-6)


def test_pairs_are_scored_by_their_ids(library, model, tmp_path):
    (tmp_path / "p.tsv").write_text("ref\talt\none\ttwo\none\ttwin\none\tnone\none\tshort\n")
    counts = score_pairs_file(
        tmp_path / "p.tsv", model, tmp_path / "e", source=SequenceSource(sequences=library)
    )
    rows, (one, two) = table(tmp_path / "e"), model.predict_array([CONTIG[:30], CONTIG[30:60]])[:, 0]
    assert counts == {"-": 1, "same": 1, "missing_contig": 1, "too_short": 1}
    assert float(rows[0]["effect"]) == pytest.approx(two - one, abs=1e-6)
    assert [row["reason"] for row in rows] == ["-", "same", "missing_contig", "too_short"]


def test_ids_of_pairs_and_of_their_library_are_cut(library, model, tmp_path, caplog):
    (tmp_path / "p.tsv").write_text("ref\talt\none|x\ttwo|y\n")
    source = SequenceSource(sequences=library, form=SequenceFormat(id_until="pipe"))
    assert score_pairs_file(tmp_path / "p.tsv", model, tmp_path / "e", source=source) == {"-": 1}
    assert [(row["ref"], row["alt"]) for row in table(tmp_path / "e")] == [("one", "two")]
    assert "p.tsv: 2 ids of " in caplog.text


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        ("one\tnone", "'none' is not among its ids, such as 'one', 'two', 'twin', 'short'"),
        ("one|x\ttwo|y", "'one|x' is not among its ids, such as 'one', 'two', 'twin', 'short'; 2 ids match "
         "when the id is cut at its first pipe, --id-until pipe (table 'one|x', sequence 'one')"),
    ],
)  # fmt: skip
def test_pairs_of_another_library_are_refused(pair, fault, library, model, tmp_path):
    (tmp_path / "p.tsv").write_text(f"ref\talt\n{pair}\n")
    with pytest.raises(TableError) as refused:
        score_pairs_file(tmp_path / "p.tsv", model, tmp_path / "e", source=SequenceSource(sequences=library))
    assert str(refused.value) == f"{tmp_path}/p.tsv: no pair has both records in {library}; {fault}"
    assert not (tmp_path / "e").exists()


def test_the_numbers_of_a_pair_do_not_depend_on_the_others_of_its_table(library, model, tmp_path):
    pairs = ["one\ttwo\n", "two\tone\n", "one\tnone\n"]
    for name, lines in {"all": pairs, "one": pairs[1:2]}.items():
        (tmp_path / f"{name}.tsv").write_text("ref\talt\n" + "".join(lines))
        source = SequenceSource(sequences=library)
        score_pairs_file(tmp_path / f"{name}.tsv", model, tmp_path / name, source=source)
    rows = table(tmp_path / "all")
    assert table(tmp_path / "one") == rows[1:2]
    assert float(rows[0]["effect"]) == -float(rows[1]["effect"])
    assert rows[0]["percentile"] == rows[1]["percentile"] != "NA"


def test_all_notations_in_a_record_have_the_same_numbers(library, model, tmp_path):
    name, base = "one", CONTIG[9]
    after, changed = CONTIG[10], other(base)
    lines = [
        f"{name}\t10\t.\t{base}\t{changed}",
        f"{name}\t10\t.\t{base}{after}\t{changed}{after}",
        f"{name}\t8\t.\t{CONTIG[7:10]}\t{CONTIG[7:9]}{changed}",
    ]
    (tmp_path / "v.vcf").write_text(f"{HEAD}{COLUMNS}\n" + "".join(f"{line}\t.\t.\t.\n" for line in lines))
    score_vcf(tmp_path / "v.vcf", model, tmp_path / "e", source=SequenceSource(sequences=library))
    assert len({(row["effect"], row["percentile"]) for row in table(tmp_path / "e")}) == 1


def test_a_control_character_in_the_id_of_a_pair_is_refused(library, model, tmp_path):
    (tmp_path / "p.tsv").write_text("ref\talt\none\ttwo\none\tno\x1b[2Jne\n")
    with pytest.raises(TableError, match=r"p.tsv, line 3: control character '\\x1b' in the name 'no"):
        score_pairs_file(tmp_path / "p.tsv", model, tmp_path / "e", source=SequenceSource(sequences=library))
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c1\t5\t.\tA\tC", "line 5: 5 columns; expected at least 8"),
        ("c1\tfive\t.\tA\tC\t.\t.\t.", "line 5: position 'five'; expected a whole number"),
        ("c1\t-5\t.\tA\tC\t.\t.\t.", "line 5: position '-5'"),
        ("c1\t5\t.\t\tC\t.\t.\t.", "line 5: an empty contig or allele"),
        ("c1\t5\t.\tA\tC,,G\t.\t.\t.", "line 5: an empty contig or allele"),
        ("\t5\t.\tA\tC\t.\t.\t.", "line 5: an empty contig or allele"),
        ("c1\t5\trs\x1b[2J\tA\tC\t.\t.\t.", r"line 5: control character in 'rs\\x1b\[2J'; remove it"),
        ("c1\u2028\t5\t.\tA\tC\t.\t.\t.", r"line 5: control character in 'c1\\u2028'"),
        ("c1\t5\t.\tA\t<D\x07>\t.\t.\t.", r"line 5: control character in '<D\\x07>'"),
        ("c1\t5\t.\tA\tC\t.\t.\tX=\x85", r"line 5: control character in 'X=\\x85'"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path, genome, model, line, message):
    (tmp_path / "v.vcf").write_text(f"{HEAD}{COLUMNS}\n{line}\n")
    with pytest.raises(TableError, match=message):
        score_vcf(
            tmp_path / "v.vcf",
            model,
            tmp_path / "e",
            source=SequenceSource(genome),
            also=VariantOutputs(tmp_path / "o"),
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.fa", "v.vcf"]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (VariantPlan(window_bp=31), "window of 31 bp; the model was trained on sequences of 30 bp"),
        (VariantPlan(target="x"), "no target 'x' in the model; known: 'target'"),
    ],
)
def test_a_plan_that_the_model_cannot_follow_is_refused(vcf, genome, model, tmp_path, plan, message):
    with pytest.raises(UsageError, match=message):
        score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome), plan=plan)


def test_a_genome_without_any_of_the_contigs_is_refused(vcf, model, tmp_path):
    (tmp_path / "other.fa").write_text(f">chr1\n{CONTIG}\n")
    with pytest.raises(
        UsageError, match=r"v.vcf: none of its contigs is known: 'c1' is not in .*other.fa \('chr1'\); check"
    ):
        score_vcf(vcf, model, tmp_path / "e.tsv", source=SequenceSource(tmp_path / "other.fa"))
    assert not (tmp_path / "e.tsv").exists()


def test_contigs_without_chr_are_explained(vcf, model, tmp_path):
    vcf.write_text(vcf.read_text().replace("c1\t", "7\t"))
    (tmp_path / "other.fa").write_text("".join(f">chr{i}\n{CONTIG}\n" for i in range(1, 9)))
    expected = (
        r"'7' is not in .*other.fa \('chr1', 'chr2', 'chr3', \.\.\.; 8 in all\); "
        "pass --chromosome-prefix add"
    )
    with pytest.raises(UsageError, match=expected):
        score_vcf(vcf, model, tmp_path / "e.tsv", source=SequenceSource(tmp_path / "other.fa"))


@pytest.mark.parametrize(("written", "in_genome", "prefix"), [("1", "chr1", "add"), ("chr1", "1", "remove")])
def test_a_chromosome_prefix_is_changed_on_request(
    written, in_genome, prefix, vcf, effects, model, tmp_path, caplog
):
    caplog.set_level("INFO")
    vcf.write_text(vcf.read_text().replace("c1\t", f"{written}\t"))
    (tmp_path / "other.fa").write_text(f">{in_genome}\n{CONTIG}\n")
    source = SequenceSource(tmp_path / "other.fa", chromosome_prefix=prefix)
    score_vcf(vcf, model, tmp_path / "f.tsv", source=source, also=VariantOutputs(tmp_path / "f.vcf"))
    _, rows, _ = effects
    assert table(tmp_path / "f.tsv") == [row | {"contig": written} for row in rows]
    lines = [line for line in (tmp_path / "f.vcf").read_text().splitlines() if not line.startswith("#")]
    assert [line.split("\t")[0] for line in lines] == [written] * 3
    sentence = f"3 sites whose contig the genome has under another name (--chromosome-prefix {prefix})"
    assert sentence in caplog.messages


def test_some_unknown_contigs_are_named(vcf, genome, model, tmp_path, caplog):
    vcf.write_text(vcf.read_text() + "c9\t51\t.\tA\tC\t.\t.\t.\tGT\t0/1\n")
    counts = score_vcf(vcf, model, tmp_path / "e.tsv", source=SequenceSource(genome))
    assert counts["missing_contig"] == 1
    assert f"contigs: 'c9' is not in {genome} ('c1'); check its names" in caplog.text


def wrong_build(tmp_path, n_right, n_wrong):
    """Write a VCF with right and wrong REFs, and return its path."""
    right = [f"c1\t{p + 1}\t.\t{CONTIG[p]}\t{other(CONTIG[p])}\t.\t.\t.\n" for p in range(50, 50 + n_right)]
    wrong = [f"c1\t{p + 1}\t.\t{other(CONTIG[p])}\t{CONTIG[p]}\t.\t.\t.\n" for p in range(60, 60 + n_wrong)]
    (tmp_path / "w.vcf").write_text(
        f"{HEAD}{COLUMNS}\n{''.join(right + wrong)}c1\t70\t.\tA\t<DEL>\t.\t.\t.\n"
    )
    return tmp_path / "w.vcf"


def test_a_vcf_of_another_build_is_refused(genome, model, tmp_path):
    vcf = wrong_build(tmp_path, 0, 3)
    expected = (
        "w.vcf: REF of all 3 alleles differs from the bases in .*g.fa; the first is .*w.vcf, line 5: REF "
        "'G', but 'C' at position 61 of 'c1'; the likely cause is another build"
    )
    with pytest.raises(UsageError, match=expected):
        score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome), plan=VariantPlan(n_null=0))
    assert not (tmp_path / "e").exists()


def test_a_vcf_whose_places_are_all_beyond_their_contig_is_refused(genome, model, tmp_path):
    vcf = tmp_path / "b.vcf"
    vcf.write_text(f"{HEAD}{COLUMNS}\nc1\t5000\t.\tA\tC\t.\t.\t.\nc1\t6000\t.\tA\tC\t.\t.\t.\n")
    expected = (
        "REF of all 2 alleles differs from the bases in .*, 2 of them beyond the end of the contig; the l"
    )
    with pytest.raises(UsageError, match=expected):
        score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome), plan=VariantPlan(n_null=0))
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize(("n_wrong", "warned"), [(2, False), (3, True)])
def test_more_than_half_of_mismatching_refs_is_a_warning(genome, model, tmp_path, caplog, n_wrong, warned):
    vcf = wrong_build(tmp_path, 2, n_wrong)
    score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(genome), plan=VariantPlan(n_null=0))
    expected = "REF of 3 of 5 alleles (60%) differs from the bases in"
    assert (expected in caplog.text) == ("another build" in caplog.text) == warned


def test_chunks_are_bounded_by_their_alleles():
    sites = [Site("c1", n, ".", "A", ["C"] * 500, []) for n in range(5)]
    assert CHUNK == 1024
    assert [[site.start for site in chunk] for chunk in _chunks(sites)] == [[0, 1, 2], [3, 4]]


def test_a_control_character_in_the_header_or_the_genome_is_refused(vcf, genome, model, tmp_path):
    text = vcf.read_text()
    vcf.write_text(text.replace("##FILTER", "##\x1b[2JFILTER"))
    with pytest.raises(TableError, match=r"line 6: control character in '##\\x1b\[2JFILTER"):
        score_vcf(vcf, model, tmp_path / "e.tsv", source=SequenceSource(genome))
    vcf.write_text(text)
    genome.write_text(f">c1\x1b[2J\n{CONTIG}\n")
    with pytest.raises(SequenceError, match=r"g.fa: control character '\\x1b' in the name"):
        score_vcf(vcf, model, tmp_path / "e.tsv", source=SequenceSource(genome))
    assert not (tmp_path / "e.tsv").exists()


def test_sources_that_make_no_sense_are_refused(vcf, genome, library, model, tmp_path):
    for source in (SequenceSource(), SequenceSource(genome, library)):
        with pytest.raises(UsageError, match="--genome"):
            score_vcf(vcf, model, tmp_path / "e", source=source)
    with pytest.raises(UsageError, match="the window is the record"):
        score_vcf(
            vcf, model, tmp_path / "e", source=SequenceSource(sequences=library), plan=VariantPlan(windows=2)
        )
    with pytest.raises(UsageError, match="--sequences, without --genome"):
        score_pairs_file(vcf, model, tmp_path / "e", source=SequenceSource(genome))


def test_repeated_names_of_a_library_are_refused(library, vcf, model, tmp_path):
    library.write_text(">one\nACGT\n>one\nACGT\n")
    with pytest.raises(SequenceError, match="names must be unique"):
        score_vcf(vcf, model, tmp_path / "e", source=SequenceSource(sequences=library))


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main(["variants", *map(str, arguments)])
    return int(stop.value.code or 0)


def test_the_help_explains_genome_windows_and_percentile(capsys):
    assert run("--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "POS and REF of the VCF are positions and bases of --genome" in text
    assert "trimmed and left-aligned against the genome first, as `bcftools norm` does" in text
    assert "in the middle of its own window of W bp, after (W - n) // 2 bp of the genome" in text
    assert (
        "The percentile is two-sided: the percentage of random changes with a smaller absolute effect" in text
    )


def test_the_command_writes_a_table(vcf, genome, bundle, tmp_path):
    assert run("--vcf", vcf, "--genome", genome, "-m", bundle, "-o", tmp_path / "e.tsv", "--threads", 1) == 0
    assert len(table(tmp_path / "e.tsv")) == 4


def test_a_vcf_of_standard_input_gives_the_table_of_the_file(vcf, genome, bundle, tmp_path, monkeypatch):
    options = ("--genome", genome, "-m", bundle, "--null", 0, "--threads", 1)
    assert run("--vcf", vcf, *options, "-o", tmp_path / "file.tsv") == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(vcf.read_bytes()), encoding="utf-8"))
    assert run("--vcf", "-", *options, "-o", tmp_path / "stream.tsv") == 0
    assert (tmp_path / "stream.tsv").read_bytes() == (tmp_path / "file.tsv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the variants with --vcf, --variants, --pairs or --saturate, and only one"),
        (["--vcf", "v.vcf", "--pairs", "p.tsv"], "and only one of them"),
        (["--vcf", "-", "--sequences", "-"], "standard input cannot be both variants and sequences"),
        (["--pairs", "p.tsv", "--vcf-out", "o.vcf"], "--vcf-out annotates a VCF"),
        (["--vcf", "v.vcf", "--vcf-out", "e.tsv"], "both outputs have this name"),
        (["--vcf", "none.vcf", "--genome", "g.fa"], "none.vcf: No such file"),
        (["--vcf", "v.vcf", "--genome", "none.fa"], "none.fa: No such file"),
    ],
)
def test_the_command_refuses_in_one_line(
    arguments, message, vcf, genome, bundle, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments, "-m", bundle, "-o", "e.tsv", "--threads", 1) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_vcf_and_a_table_in_the_place_of_each_other_name_the_option(vcf, genome, model, tmp_path):
    source = SequenceSource(sequences=genome)
    with pytest.raises(TableError, match=r"v\.vcf, line 1: this is a VCF; expected a table .* with --vcf\)"):
        score_pairs_file(vcf, model, tmp_path / "e.tsv", source=source)
    (tmp_path / "pairs.tsv").write_text("ref\talt\na\tb\n")
    with pytest.raises(TableError, match=r"line 1: no header; expected .* \(a table of pairs is given with"):
        score_vcf(tmp_path / "pairs.tsv", model, tmp_path / "e.tsv", source=SequenceSource(genome))
