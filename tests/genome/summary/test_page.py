"""The page of `variants --html`: the largest effects, logos of both alleles, motifs gained and lost."""

import csv
import re

import numpy as np
import pytest
from support.pages import HOSTILE, Outline
from support.planted import MOTIF, planted

from seqcnn.cli import main
from seqcnn.genome.reference import open_reference
from seqcnn.genome.summary.drawings import allele_logos, allele_spans, middle_shift, middle_windows
from seqcnn.genome.summary.largest import MAX_POINTS, Hit, Largest
from seqcnn.genome.summary.motif_changes import MotifChange, motif_changes
from seqcnn.genome.summary.page import Scored, kept_alleles, write_page
from seqcnn.genome.variant.outputs import VariantOutputs
from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
from seqcnn.genome.variant.table import columns_of
from seqcnn.genome.variant.windows import AlleleWindows, GenomeWindows, RecordWindows
from seqcnn.genome.variants import VariantInput, score_vcf, variant_effects
from seqcnn.interpret.attribution.attribution import one_hot_of
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.database import write_meme
from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.window import Layout

CONTIG = "".join(planted(4, seed=5)[0])  # 120 bp
HEAD = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def write_inputs(folder, contig="c1", positions=range(31, 91, 4)):
    """Write a genome and a VCF of substitutions."""
    (folder / "g.fa").write_text(f">{contig}\n{CONTIG}\n", errors="surrogateescape")
    lines = [f"{contig}\t{p}\tv{p}\t{CONTIG[p - 1]}\t{other(CONTIG[p - 1])}\t.\t.\t.\n" for p in positions]
    (folder / "v.vcf").write_text(HEAD + "".join(lines), errors="surrogateescape")


def written(folder, model, *, null=0, **also):
    """Score the variants of a folder; return the page and the rows of the table."""
    also = VariantOutputs(html=folder / "page.html", **also)
    source, plan = SequenceSource(folder / "g.fa"), VariantPlan(n_null=null)
    score_vcf(folder / "v.vcf", model, folder / "e.tsv", source=source, also=also, plan=plan)
    with (folder / "e.tsv").open(newline="") as file:
        return (folder / "page.html").read_text(), list(csv.DictReader(file, delimiter="\t"))


def test_the_page_lists_the_largest_effects_first_and_has_the_logos_of_the_first(tmp_path, model):
    write_inputs(tmp_path)
    page, rows = written(tmp_path, model, null=20, top=3)
    expected = sorted(rows, key=lambda row: -abs(float(row["effect"])))
    assert re.findall(r'<th scope="row">.*?\((v\d+)\)', page) == [row["id"] for row in expected]
    assert re.findall(r"<h3>\d+\. .*?\((v\d+)\)</h3>", page) == [row["id"] for row in expected[:3]]
    assert page.count('<svg class="logo"') == 2 * 3
    assert re.findall(r'<a href="#allele-(\d+)">', page) == ["1", "2", "3"]
    assert "Scored: 15 of 15 alleles." in page
    assert '<a href="e.tsv" download>' in page


def test_alleles_that_are_not_scored_are_counted_and_a_page_without_any_effect_is_written(tmp_path, model):
    write_inputs(tmp_path, positions=[])
    (tmp_path / "v.vcf").write_text(f"{HEAD}c1\t60\t.\t{CONTIG[59]}\t<DEL>\t.\t.\t.\n")
    page, _ = written(tmp_path, model)
    assert "Scored: 0 of 1 allele." in page
    assert "Not scored: 1, symbolic: a symbolic allele or a breakend does not say its bases." in page
    assert '<svg class="logo"' not in page


ALLELES = [(50, "A", "C"), (50, "AC", "A"), (50, "A", "ACC"), (50, "ACG", "TT")]


@pytest.mark.parametrize("shifts", [(0,), (-4, 4), (-6, 0, 6)], ids=str)
@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(("start", "ref", "alt"), ALLELES)
def test_the_shaded_bases_are_those_that_differ(start, ref, alt, strand, shifts, tmp_path):
    contig = f"{CONTIG[:start]}{ref}{'TGAT' if ref[-1] != 'T' else 'GATG'}{CONTIG[start + 10 :]}"
    (tmp_path / "g.fa").write_text(f">c\n{contig}\n")
    with open_reference(tmp_path / "g.fa") as genome:
        make = GenomeWindows(genome, 30, shifts=shifts, strand=strand)
        hit = Hit(["c", str(start + 1), ".", ref, alt], {}, make("c", start, ref, alt))
        (a, b), (c, d) = allele_spans(hit, middle_shift(make))
    first, second = map(unpack, middle_windows(hit))
    assert first[:a][-5:] == second[:c][-5:]
    assert first[b:][:5] == second[d:][:5]
    assert (b - a) - (d - c) == len(ref) - len(alt)
    assert first[a:b] != second[c:d]


def test_the_shaded_bases_of_records_are_those_that_differ():
    make = RecordWindows({}, None)
    windows = AlleleWindows([b"\x01\x02\x04\x08\x08"], [b"\x01\x02\x08\x08"])
    hit = Hit(["one", "two"], {}, windows)
    assert hit.place == ("one", 3)
    assert allele_spans(hit, middle_shift(make)) == ((2, 3), (2, 2))


def test_both_logos_have_one_scale_and_count_from_the_allele():
    heights = [np.zeros((4, 60)), np.zeros((4, 60))]
    heights[0][0, 30], heights[1][1, 30] = 2.0, -1.0
    first, second = allele_logos(heights, [(30, 31), (30, 31)])
    assert first.limits == second.limits == (-1.0, 2.0)
    assert first.first == second.first == -20
    assert first.marked == (0, 1)
    assert '<rect x="200" y="0" width="10"' in first.elements
    assert first.heights.shape == (4, 41)


def test_of_many_effects_the_largest_are_kept_and_the_first_of_ties():
    largest = Largest(["effect"], 2)
    windows = AlleleWindows([b""], [b""])
    for number, effect in enumerate([0.5, -2.0, 2.0, "NA", *["0.1"] * MAX_POINTS]):
        largest.add([["c", str(number + 1), ".", "A", "C"]], [windows], [[str(effect)]])
    assert [hit.ids[1] for hit in largest.hits()] == ["2", "3"]
    contig = largest.contigs["c"]
    assert (contig.count, len(contig.points)) == (MAX_POINTS + 3, MAX_POINTS)
    assert sorted(contig.points)[-1][2:] == (2, -2.0)


WORD = np.eye(4)[["ACGT".index(base) for base in MOTIF]].T


@pytest.fixture
def database(tmp_path):
    write_meme(tmp_path / "known.meme", {"AP1 <b>": (WORD, 10)})
    return tmp_path / "known.meme"


def test_a_motif_that_an_allele_breaks_or_makes_is_named():
    rng = np.random.default_rng(1)
    flanks = ["".join(rng.choice(list("ACGT"), 12)) for _ in range(60)]
    broken = f"{MOTIF[:3]}G{MOTIF[4:]}"
    texts = [flanks[2 * i] + word + flanks[2 * i + 1] for i, word in enumerate([MOTIF, broken] * 15)]
    rows = Layout(31).rows([pack(text) for text in texts])
    one_hot = one_hot_of(rows)
    hypothetical = rng.normal(0, 0.05, one_hot.shape).astype(np.float32)
    hypothetical[::2, :, 12:19] += np.where(one_hot[::2, :, 12:19], 0.5, -1 / 6)
    sample, spans = Sample(texts, rows), [((15, 16), (15, 16))] * 14 + [((5, 6), (5, 6))]
    *broken_pairs, elsewhere = motif_changes({"AP1": WORD}, sample, hypothetical, spans)
    assert elsewhere == []
    for (change,) in broken_pairs:
        assert change[:3] == (False, "AP1", "+")
        assert change.contribution == pytest.approx(3.5, abs=0.7)
    turned = Sample(texts[::-1], rows.take(np.arange(30)[::-1]))
    _, *made = motif_changes({"AP1": WORD}, turned, hypothetical[::-1], spans[::-1])
    assert all(change.gained for (change,) in made)


def test_the_page_names_the_motifs_unless_the_model_predicts_nothing(tmp_path, model, database, monkeypatch):
    write_inputs(tmp_path, positions=[61])
    monkeypatch.setattr("seqcnn.genome.summary.page.weakness", lambda header: "r is low")
    page, _ = written(tmp_path, model, database=database)
    assert "No motifs are named, because r is low." in page
    change = MotifChange(False, "AP1 <b>", "-", 1.5)
    monkeypatch.setattr("seqcnn.genome.summary.page.weakness", lambda header: "")
    monkeypatch.setattr("seqcnn.genome.summary.page.motif_changes", lambda *arguments: [[change]])
    page, _ = written(tmp_path, model, database=database)
    assert "<td>lost AP1 &lt;b&gt; (\N{MINUS SIGN}), +1.500</td>" in page
    assert "match on which the prediction depends, q at most 0.05)" in page


def outline(name, folder, model):
    """Return what a page is made of whose contig, variant and table have a name."""
    write_inputs(folder)
    columns = columns_of(model, 0, None)
    also = VariantOutputs(html=folder / "page.html")
    largest = kept_alleles(columns, also)
    cells = ["1.5" if "pred" in column or column == "effect" else "no" for column in columns.names]
    with open_reference(folder / "g.fa") as genome:
        make = GenomeWindows(genome, 30)
        windows = make("c1", 60, CONTIG[60], other(CONTIG[60]))
        largest.add([[name, "61", name, CONTIG[60], other(CONTIG[60])]], [windows], [cells])
        table = folder / name.replace("/", "").replace("\n", "")
        write_page(Scored(model, 0, columns, make, largest), also, None, table=table, facts=[name])
    return Outline((folder / "page.html").read_text())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_add_no_element_and_no_load(name, tmp_path, model):
    plain, hostile = (outline(given, tmp_path, model) for given in ("name", name))
    assert plain.tags == hostile.tags
    loads = [load for load in hostile.loads if not load.startswith(("#", "data:"))]
    assert len(loads) == 1
    assert not set(loads[0]) & set("<>:\"' ")


def test_pairs_of_records_have_a_page_with_positions_in_the_reference_record(tmp_path, model):
    (tmp_path / "lib.fa").write_text(
        f">one\n{CONTIG[:30]}\n>two\n{CONTIG[:9]}{other(CONTIG[9])}{CONTIG[10:30]}\n"
    )
    (tmp_path / "p.tsv").write_text("ref\talt\none\ttwo\n")
    variant_effects(
        model, tmp_path / "e.tsv", variants=VariantInput(pairs=tmp_path / "p.tsv"),
        source=SequenceSource(sequences=tmp_path / "lib.fa"), plan=VariantPlan(n_null=0),
        also=VariantOutputs(html=tmp_path / "p.html"),
    )  # fmt: skip
    page = (tmp_path / "p.html").read_text()
    assert "one → two" in page
    assert page.count('<svg class="logo"') == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--database", "known.meme"], "--database: names the motifs on the page of --html; give that, too"),
        (["--html", "page.html", "--shard", "1/2"], "--html: needs the whole result"),
        (["--html", "e.tsv"], "both outputs have this name"),
        (["--html", "v.vcf", "--overwrite"], "output and input are the same file"),
        (["--html", "page.html", "--database", "v.vcf"], "v.vcf: no motifs; expected the MEME format"),
    ],
)
def test_the_command_refuses_in_one_line(words, message, tmp_path, bundle, database, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    command = ["variants", "--vcf", "v.vcf", "--genome", "g.fa", "-m", str(bundle), "-o", "e.tsv", *words]
    with pytest.raises(SystemExit) as stop:
        main([*command, "--threads", "1"])
    error = capsys.readouterr().err.splitlines()[-1]
    assert stop.value.code == 2
    assert message in error
    assert not (tmp_path / "e.tsv").exists()
