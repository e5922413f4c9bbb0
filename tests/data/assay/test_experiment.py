"""Files of a lab, as pipelines and consortia write them, without a word from the user."""

import gzip
import json

import numpy as np
import pytest
from support.command_line import cli as run

from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.prepare import prepare
from seqcnn.data.readers.lab_formats import DESIGN, PER_OLIGO_NUMBERS
from seqcnn.data.split.splits import SplitPlan
from seqcnn.errors import SeqcnnError

HALF = SplitPlan(val_fraction=0.2, test_fraction=0.2)


def write(path, header, rows):
    text = "".join("\t".join(map(str, row)) + "\n" for row in ([header] if header else []) + rows)
    path.write_bytes(gzip.compress(text.encode()))
    return path


@pytest.fixture
def lab(tmp_path):
    """Ten variants of two alleles each, ten elements, of which two overlap, and two replicates of all.

    Replicate 1 of oligo i measured i, and replicate 2 measured i + 1, but oligo 29 was not seen in it;
    i + 1 barcodes in each.  An oligo without a sequence was measured, too.
    """
    draw = np.random.default_rng(1)
    letters = ["".join(draw.choice(list("ACGT"), 40)) for _ in range(30)]
    design = []
    for i in range(20):
        spdi = f'["NC_000001.11:{1000 * (i // 2)}:A:G"]'
        allele = ("ref", "alt")[i % 2]
        design.append(
            [f"v{i} [{allele}]", letters[i], "variant", "test", "An", "GRCh38", "NA", "NA", "NA", "NA",
             '["SNV"]', "[20]", spdi, f'["{allele}"]', ""]
        )  # fmt: skip
    for i in range(20, 30):
        start = 500_000 + 100 * i - (70 if i == 29 else 0)
        kind = "element active control" if i > 27 else "test"
        place = ["GRCh38", "chr2", start, start + 40, "+"]
        design.append([f"e{i}", letters[i], "element", kind, "An", *place, *"....", ""])
    write(tmp_path / "design.tsv.gz", DESIGN, design)
    names = [row[0].replace(" ", "_").replace("[", "_").replace("]", "_") for row in design]
    rows = [
        [r, name, 10, 20, 1.0, i / 4, f"{i + r - 1:.4f}", i + 1]
        for r in (1, 2)
        for i, name in enumerate(names)
        if (r, i) != (2, 29)
    ]
    rows.append([1, "stuffer", 1, 1, 1, 1, 0, 1])
    write(tmp_path / "oligos.tsv.gz", ("replicate", "oligo_name", *PER_OLIGO_NUMBERS), rows)
    return tmp_path


def make(folder, measured="oligos.tsv.gz", **plan):
    return prepare(Inputs(folder / "design.tsv.gz", folder / measured), DataPlan(**{"split": HALF, **plan}))


def test_a_design_and_the_output_of_mprasnakeflow_are_one_dataset(lab):
    data = make(lab)
    i = np.arange(30)
    assert data.ids[:2] == ["v0 [ref]", "v1 [alt]"]
    assert (data.target_names, data.units) == (["log2FoldChange"], ["log2 RNA/DNA"])
    np.testing.assert_array_equal(data.targets[:, 0], [*i[:29] + 0.5, 29])
    np.testing.assert_array_equal(
        data.replicates[:, 0], [*zip(i[:29], i[:29] + 1, strict=True), (29, np.nan)]
    )
    barcodes = np.array([*2.0 * (i[:29] + 1), 30])
    np.testing.assert_allclose(data.weights, barcodes / (barcodes + np.median([*barcodes, 1])), rtol=1e-6)
    assert data.category_names == ["category", "class"]
    assert data.categories[[0, 27, 28]].tolist() == [
        ["variant", "test"],
        ["element", "test"],
        ["element", "element active control"],
    ]


def test_what_was_read_as_what_is_told_in_one_note(lab):
    notes = make(lab).provenance["notes"]
    (note,) = [note for note in notes if "MPRAsnakeflow" in note]
    assert note.split("oligos.tsv.gz ")[1] == (
        "is read as MPRAsnakeflow's per-oligo output, 31 oligos in 2 replicates; "
        f"{lab / 'design.tsv.gz'} is read as an IGVF sequence design; taken from there: "
        "target 'log2FoldChange'; replicates 'log2FoldChange_1', 'log2FoldChange_2'; "
        "weights by counts of 'n_bc'; categories 'category', 'class'"
    )
    assert "22 sequences share a locus or a variant with another one; they count as similar" in notes


def test_alleles_and_overlapping_elements_stay_on_one_side(lab):
    for seed in range(5):
        data = make(lab, split=SplitPlan(seed=seed, val_fraction=0.2, test_fraction=0.2))
        assert data.split[:20:2].tolist() == data.split[1:20:2].tolist()
        assert data.split[28] == data.split[29]
        assert len(set(data.groups.tolist())) == 19


def test_what_the_user_says_wins(lab):
    data = make(
        lab,
        targets=("rna_normalized",),
        weight="dna_counts",
        categories=("chr",),
        units={"rna_normalized": "CPM"},
        split=SplitPlan("random", val_fraction=0.2, test_fraction=0.2),
    )
    assert (data.target_names, data.units, data.category_names) == (["rna_normalized"], ["CPM"], ["chr"])
    assert data.targets[:3, 0].tolist() == [0, 0.25, 0.5]
    assert data.weights.tolist() == [20.0] * 29 + [10.0]
    assert data.categories[19:21].tolist() == [[""], ["chr2"]]
    assert data.replicates.shape == (30, 1, 2)
    assert len(set(data.groups.tolist())) == 30


@pytest.mark.parametrize(
    ("plan", "expected"),
    [({"weight_by": "none"}, 1), ({"weight_by": "replicates"}, 0.5)],
)
def test_other_weights_than_barcodes_can_be_chosen(plan, expected, lab):
    assert make(lab, **plan).weights.tolist() == [expected] * 30


def test_columns_of_the_design_can_split(lab):
    held = make(lab, split=SplitPlan("values", "chr", test=("chr2",), val_fraction=0.2))
    assert held.split[20:].tolist() == ["test"] * 10


def test_a_fasta_is_joined_to_the_output_of_mprasnakeflow_too(lab):
    data = make(lab)
    fasta = "".join(
        f">{name.replace(' ', '')}\nACGT{'ACGT'[i % 4] * (i + 1)}\n" for i, name in enumerate(data.ids)
    )
    (lab / "design.fa").write_text(fasta)
    oligos = gzip.decompress((lab / "oligos.tsv.gz").read_bytes()).decode().replace("__", "_")
    (lab / "oligos.tsv").write_text(oligos)
    again = prepare(Inputs(lab / "design.fa", lab / "oligos.tsv"), DataPlan(split=HALF))
    np.testing.assert_array_equal(again.targets, data.targets)
    np.testing.assert_array_equal(again.weights, data.weights)
    assert again.category_names == []


@pytest.mark.parametrize("header", [True, False])
def test_a_design_and_elements_are_one_dataset(header, lab):
    names = make(lab).ids
    columns = (
        "oligo_name",
        "log2FoldChange",
        "inputCount",
        "outputCount",
        "minusLog10PValue",
        "minusLog10QValue",
    )
    rows = [[name.replace(" ", "_"), i / 2, 3.5, 4.5, 1, 1] for i, name in enumerate(names)]
    rows = [[row[0].replace("[", "_").replace("]", "_"), *row[1:]] for row in rows]
    write(lab / "elements.tsv.gz", columns if header else None, rows)
    data = make(lab, "elements.tsv.gz")
    assert data.ids == names
    np.testing.assert_array_equal(data.targets[:, 0], np.arange(30) / 2)
    assert data.weights.tolist() == [1] * 30
    assert data.replicates.shape == (30, 1, 0)
    assert data.category_names == ["category", "class"]


def test_a_bed_of_genomic_elements_is_sequences_and_measurements_at_once(tmp_path):
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 4000))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    starts = [100 * (i // 2) + 35 * (i % 2) for i in range(40)]
    rows = [["chr1", s, s + 40, f"e{i}", 0, "+", i / 4, 1, 2, -1, -1] for i, s in enumerate(starts)]
    bed = write(tmp_path / "elements.bed.gz", None, rows)
    data = prepare(Inputs(bed, bed, tmp_path / "g.fa"), DataPlan(split=HALF))
    np.testing.assert_array_equal(data.targets[:, 0], np.arange(40) / 4)
    assert data.groups[::2].tolist() == data.groups[1::2].tolist()


def test_places_of_genomic_elements_are_loci_of_a_fasta(tmp_path):
    draw = np.random.default_rng(1)
    (tmp_path / "s.fa").write_text(
        "".join(f">e{i}\n{''.join(draw.choice(list('ACGT'), 40))}\n" for i in range(40))
    )
    rows = [["chr1", 100 * (i // 2), 100 * (i // 2) + 40, f"e{i}", 0, ".", i, 1, 2, 1, 1] for i in range(40)]
    write(tmp_path / "elements.bed.gz", None, rows[::-1])
    data = prepare(Inputs(tmp_path / "s.fa", tmp_path / "elements.bed.gz"), DataPlan(split=HALF))
    np.testing.assert_array_equal(data.targets[:, 0], np.arange(40))
    assert data.groups[::2].tolist() == data.groups[1::2].tolist()


def test_a_design_that_holds_the_measurements_is_enough(lab):
    lines = gzip.decompress((lab / "design.tsv.gz").read_bytes()).decode().splitlines()
    text = [f"{line}\t{'activity' if i == 0 else i}" for i, line in enumerate(lines)]
    (lab / "both.tsv").write_text("\n".join(text) + "\n")
    data = prepare(Inputs(lab / "both.tsv", lab / "both.tsv"), DataPlan(split=HALF))
    assert data.target_names == ["activity"]
    assert data.targets[:3, 0].tolist() == [1, 2, 3]
    assert data.category_names == ["category", "class"]
    assert data.split[0] == data.split[1]


def test_a_table_of_ones_own_is_joined_to_a_design(lab):
    names = make(lab).ids
    rows = [[name, i, f"c{i}"] for i, name in enumerate(names)]
    write(lab / "own.tsv.gz", ("id", "y", "class"), rows)
    data = make(lab, "own.tsv.gz")
    assert data.target_names == ["y"]
    assert data.category_names == ["category"]  # its own class stays as it is: 30 values, not asked for


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("\t\t30\n", "\t\tmany\n"), None),
        (("0.0000", "zero"), r"oligos\.tsv\.gz: column 'log2FoldChange': line 2, id 'v0__ref_': 'zero'"),
        (("\t1\n1\tv1", "\tnone\n1\tv1"), r"oligos\.tsv\.gz: column 'n_bc': line 2, id 'v0__ref_': 'none'"),
        (("1\tv1__alt_", "1\tv0__ref_"), r"'v0__ref_' in replicate '1' on lines 2 and 3; each oligo must"),
        (("\tn_bc", "\tbarcodes"), r"oligos\.tsv\.gz: no column 'n_bc' in this per-oligo table"),
    ],
)
def test_malformed_files_are_one_line_on_the_command_line(change, message, lab, capsys):
    text = gzip.decompress((lab / "oligos.tsv.gz").read_bytes()).decode()
    (lab / "oligos.tsv.gz").write_bytes(gzip.compress(text.replace(*change, 1).encode()))
    code = run("check", lab / "design.tsv.gz", lab / "oligos.tsv.gz")
    error = capsys.readouterr().err
    if message is None:
        assert code == 0
        return
    assert code == 2
    assert len(error.strip().splitlines()) == 1
    with pytest.raises(SeqcnnError, match=message):
        make(lab)


def test_two_files_of_a_lab_become_a_report(lab):
    assert run("fit", lab / "design.tsv.gz", lab / "oligos.tsv.gz", "--epochs", 1, "--threads", 1,
               "--seed", 1, "--preset", "fast", "-o", lab / "run") == 0  # fmt: skip
    metrics = json.loads((lab / "run/cnn/seed1/metrics.json").read_text())
    assert "log2FoldChange" in json.dumps(metrics)
    assert "MPRAsnakeflow" in (lab / "run/report.html").read_text()
