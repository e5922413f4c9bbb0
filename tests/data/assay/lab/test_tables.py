import gzip

import numpy as np
import pytest

from seqcnn.data.assay.lab.tables import any_id_column, element_loci, measurements
from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import TableError

PER_OLIGO = "replicate oligo_name dna_counts rna_counts dna_normalized rna_normalized log2FoldChange n_bc"
ELEMENT = "oligo_name log2FoldChange inputCount outputCount minusLog10PValue minusLog10QValue"
GENOMIC = "chrom chromStart chromEnd name score strand " + ELEMENT.removeprefix("oligo_name ")
RAGGED = """
1 a 10 20 1.0 2.0 1.0 5
1 b 8 4 1.0 0.5 -1.0 4
2 a 12 36 1.0 3.0 2.0 7
2 c 5 0 0.5 0.0 -Inf 2
"""


@pytest.fixture
def read(tmp_path):
    """Read blank-separated text as a table, of which only the content is written tab-separated."""

    def read(text, header=PER_OLIGO, targets=()):
        lines = [line.replace(" ", "\t") for line in f"{header}\n{text}".strip().splitlines() if line]
        path = tmp_path / "oligos.tsv.gz"
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return measurements(read_table(path), targets, id_column=None)

    return read


def test_replicates_of_an_oligo_become_one_row(read):
    found = read(RAGGED)
    assert found.table.columns == [
        *("oligo_name", "log2FoldChange", "log2FoldChange_1", "log2FoldChange_2"),
        *("dna_counts", "rna_counts", "n_bc"),
    ]
    assert found.table.rows == [
        ["a", "1.5", "1.0", "2.0", "22.0", "56.0", "12.0"],
        ["b", "-1.0", "-1.0", "NA", "8.0", "4.0", "4.0"],
        ["c", "NA", "NA", "NA", "5.0", "0.0", "2.0"],
    ]
    assert list(found.table.lines) == [2, 3, 5]
    assert found.id_column == "oligo_name"
    assert found.defaults == {
        "targets": ("log2FoldChange",),
        "replicates": {"log2FoldChange": ("log2FoldChange_1", "log2FoldChange_2")},
        "weight": "n_bc",
        "units": {"log2FoldChange": "log2 RNA/DNA"},
    }
    assert found.formats[0].endswith("read as MPRAsnakeflow's per-oligo output, 3 oligos in 2 replicates")
    assert found.notes[0].endswith("1 infinite values (no reads) are read as not measured")


def test_the_order_of_the_lines_changes_nothing_but_the_order_of_the_rows(read):
    lines = RAGGED.strip().splitlines()
    backwards = read("\n".join([lines[0], *lines[:0:-1]])).table
    assert sorted(row[1] for row in backwards.rows) == sorted(row[1] for row in read(RAGGED).table.rows)


def test_one_replicate_has_no_ceiling(read):
    found = read("1 a 1 2 1 2 1 3\n1 b 1 1 1 1 0 4\n")
    assert found.defaults["replicates"] == {}
    assert found.table.columns == ["oligo_name", "log2FoldChange", "dna_counts", "rna_counts", "n_bc"]
    assert found.formats[0].endswith("2 oligos in 1 replicates: there is no ceiling")


def test_another_column_can_be_the_target(read):
    found = read(RAGGED, targets=("rna_normalized",))
    assert found.table.text("rna_normalized") == ["2.5", "0.5", "0.0"]
    assert found.defaults["replicates"] == {"rna_normalized": ("rna_normalized_1", "rna_normalized_2")}


@pytest.mark.parametrize("cell", ["NA", "NaN", "nan", "", ".", "inf", "-inf"])
def test_cells_of_nothing_measured_are_missing(cell, read):
    found = read(f"1 a 1 2 1 2 {cell} 3\n1 b 1 1 1 1 0 4\n")
    assert found.table.text("log2FoldChange") == ["NA", "0.0"]
    assert len(found.notes) == ("inf" in cell)


@pytest.mark.parametrize(
    ("text", "header", "message"),
    [
        ("1 a 1 1 1 1 1 3\n2 a 1 1 1 1 1 3\n1 a 1 1 1 1 2 3\n", PER_OLIGO,
         r"gz: 'a' in replicate '1' on lines 2 and 4; each oligo must be there once per replicate"),
        ("1  1 1 1 1 1 3\n", PER_OLIGO, "no oligo_name or no replicate on line 2"),
        ("1 a 1 1 1 1 1 3\n1 b 1 1 1 1 1 many\n", PER_OLIGO, "column 'n_bc': line 3, id 'b': 'many'"),
        ("1 a 1 1 1 1 high 3\n", PER_OLIGO, "column 'log2FoldChange': line 2, id 'a': 'high'"),
        ("1 a 1 1 1 1 1\n", PER_OLIGO.removesuffix(" n_bc"), "no column 'n_bc' in this per-oligo table"),
        ("1 a 1 1 1 1 3\n", PER_OLIGO.replace(" log2FoldChange", ""), "no column 'log2FoldChange' in this"),
        ("ACGT a 1 1\n", "barcode oligo_name dna_count_1 rna_count_1", "one row per barcode; expected one"),
        ("o1 1 2 3 4\n", "ID dna_count_1 rna_count_1 dna_count_2 rna_count_2",
         "counts of DNA and RNA; expected activities, such as of `mpralib functional activities` or mpralm"),
        ("v 1 A G\n", "variant_id log2FoldChange refAllele altAllele", "one row per variant; expected"),
        ("chr1 x 9 e 0 + 1 1 1 1 1\n", GENOMIC, "column 'chromStart': line 2, id 'e': 'x'"),
        ("chr1 9 9 e 0 + 1 1 1 1 1\n", GENOMIC, "line 2: 9-9; expected 0 <= start < end"),
        ("chr1 0 1e30 e 0 + 1 1 1 1 1\n", GENOMIC, "line 2: 0-1e\\+30; expected"),
    ],
)  # fmt: skip
def test_a_malformed_table_is_refused_with_its_lines(text, header, message, read):
    with pytest.raises(TableError, match=message):
        element_loci(read(text, header))


@pytest.mark.parametrize("header", [ELEMENT, ""])
def test_elements_are_read_with_and_without_a_header_line(header, read):
    found = read("e1 0.5 3.1 4.2 1.5 1.1\ne2 -1e-3 1 2 0 0\n", header)
    assert found.table.columns == ELEMENT.split()
    assert found.table.text("log2FoldChange") == ["0.5", "-1e-3"]
    assert list(found.table.lines) == ([2, 3] if header else [1, 2])
    assert found.id_column == "oligo_name"
    assert found.defaults == {"targets": ("log2FoldChange",), "units": {"log2FoldChange": "log2 RNA/DNA"}}
    assert element_loci(found) == {}


@pytest.mark.parametrize("header", [GENOMIC, "#" + GENOMIC, ""])
def test_genomic_elements_are_read_with_and_without_a_header_line(header, read):
    found = read("chr1 10 20 e1 130 + 0.5 3.1 4.2 1.5 1.1\nchr2 5 9 e2 0 . -2 1 2 -1 -1\n", header)
    assert found.table.columns == GENOMIC.split()
    assert (found.id_column, found.table.text("name")) == ("name", ["e1", "e2"])
    assert element_loci(found) == {"e1": ("chr1", 10, 20), "e2": ("chr2", 5, 9)}


@pytest.mark.parametrize(
    "text", ["id y z w v u\na 1 2 3 4 5\n", "a b c d e f g h i j k\n1 2 3 4 5 6 7 8 9 0 1\n"]
)
def test_other_tables_of_as_many_columns_are_left_as_they_are(text, read):
    found = read(text.split("\n", 1)[1], text.split("\n", 1)[0])
    assert found.table.columns == text.splitlines()[0].split()
    assert not found.defaults
    assert not found.formats


def test_the_mean_of_numbers_is_read_back_exactly(read):
    draw = np.random.default_rng(1)
    values = draw.normal(size=(2, 50)).round(4)
    text = "".join(f"{r} o{i} 1 1 1 1 {values[r, i]} 3\n" for r in range(2) for i in range(50))
    cells = read(text).table.text("log2FoldChange")
    np.testing.assert_array_equal([float(cell) for cell in cells], values.mean(0))


LIMMA = "logFC AveExpr t P.Value adj.P.Val B"


@pytest.mark.parametrize(
    ("header", "row", "delimiter", "column"),
    [
        ("ID " + LIMMA, "{} {} 3 1 0.1 0.2 -4", "\t", "ID"),  # BCalm and mpralm with MPRAlib's scripts
        (LIMMA, "{} {} 3 1 0.1 0.2 -4", "\t", ""),  # write.table(sep = "\t", quote = FALSE)
        ('"" ' + LIMMA, '"{}" {} 3 1 0.1 0.2 -4', ",", ""),  # write.csv
        (" ".join(f'"{name}"' for name in LIMMA.split()), '"{}" {} 3 1 0.1 0.2 -4', " ", ""),  # write.table
        (LIMMA.removesuffix(" B") + " name", "{1} 3 1 0.1 0.2 {0}", "\t", "name"),  # topTreat
    ],
)
def test_results_of_limma_are_read_with_their_row_names(header, row, delimiter, column, tmp_path):
    rows = [row.format(name, value) for name, value in (("a", "-1.5"), ("b", "2e-3"), ("c", "NA"))]
    text = "\n".join(line.replace(" ", delimiter) for line in (header, *rows)) + "\n"
    (tmp_path / "t.txt").write_text(text)
    found = measurements(read_table(tmp_path / "t.txt"), (), id_column=None)
    assert (found.id_column, found.table.text(column)) == (column, ["a", "b", "c"])
    assert found.table.text("logFC") == ["-1.5", "2e-3", "NA"]
    assert found.defaults["targets"] == ("logFC",)
    assert found.defaults["units"] == {"logFC": "log2 fold change"}
    sentence = "t.txt is read as a table of limma, mpralm or BCalm, ids from"
    source = f"column {column!r}" if column else "R's row names"
    assert f"{sentence} {source}; 'logFC' is a difference if the model compares" in found.formats[0]


def test_results_without_ids_are_refused(read):
    with pytest.raises(
        TableError, match=r"no column of ids beside those of limma.*; write the table with its"
    ):
        read("0.5 3 1 0.1 0.2 -4\n", LIMMA)


def test_other_targets_of_results_can_be_chosen(read):
    found = read("a 0.5 3 1 0.1 0.2 -4\nb 0.6 4 1 0.1 0.2 -4\n", "ID " + LIMMA, targets=("AveExpr",))
    assert found.defaults == {"targets": ("AveExpr",), "units": {}, "weight": ""}


@pytest.mark.parametrize(
    ("header", "row", "target", "weight"),
    [
        ("ID statistic control zscore mad.score pval.mad pval.zscore", "{} {} 0 1 1 1 1", "statistic", ""),
        (
            "ID statistic pval fdr df.test df.dna df.rna.full df.rna.red logFC",
            "{} 1 1 1 1 1 1 1 {}",
            "logFC",
            "",
        ),
        (
            "condition name mean_ratio mean_log2 mean_n_obs_bc",
            "HepG2 {} 2 {} 7",
            "mean_log2",
            "mean_n_obs_bc",
        ),
    ],
)
def test_results_of_mpranalyze_and_averages_of_mpraflow_are_read(header, row, target, weight, read):
    found = read(row.format("a", 0.5) + "\n" + row.format("b", -1) + "\n", header)
    assert found.table.text(found.id_column) == ["a", "b"]
    assert found.table.text(target) == ["0.5", "-1"]
    assert (found.defaults["targets"], found.defaults["weight"]) == ((target,), weight)


@pytest.mark.parametrize("counts", ["dna_count rna_count", "dna_counts rna_counts"])
def test_all_replicates_of_mpraflow_become_one_row_per_oligo(counts, read):
    rows = "H 1 a 4 8 2 1.0 5\nH 2 a 2 8 4 2.0 7\nH 1 b 1 1 1 0.0 3\nH 2 no_BC 1 1 1 0.0 3\n"
    found = read(rows, f"condition replicate name {counts} ratio log2 n_obs_bc")
    assert found.table.columns == ["name", "log2", "log2_1", "log2_2", *counts.split(), "n_obs_bc"]
    assert found.table.rows[:2] == [
        ["a", "1.5", "1.0", "2.0", "6.0", "16.0", "12.0"],
        ["b", "0.0", "0.0", "NA", "1.0", "1.0", "3.0"],
    ]
    assert found.defaults == {
        "targets": ("log2",),
        "replicates": {"log2": ("log2_1", "log2_2")},
        "weight": "n_obs_bc",
        "units": {"log2": "log2 RNA/DNA"},
    }
    assert found.formats[0].endswith("is read as MPRAflow's per-oligo output, 3 oligos in 2 replicates")


def test_several_conditions_of_mpraflow_are_refused(read):
    rows = "H 1 a 4 8 2 1.0 5\nK 1 a 2 8 4 2.0 7\n"
    message = "'a' in replicate '1' on lines 2 and 3.*; keep the rows of one condition of 'H'; 'K'"
    with pytest.raises(TableError, match=message):
        read(rows, "condition replicate name dna_count rna_count ratio log2 n_obs_bc")


@pytest.mark.parametrize(
    ("header", "name", "expected"),
    [
        (PER_OLIGO, None, "oligo_name"),
        (PER_OLIGO, "n_bc", "n_bc"),
        (PER_OLIGO, "absent", "oligo_name"),
        (ELEMENT, None, "oligo_name"),
        ("id y", None, "id"),
    ],
)
def test_ids_of_any_format_are_those_of_the_named_column_or_of_the_format(header, name, expected, tmp_path):
    row = "\t".join(str(number) for number in range(len(header.split())))
    (tmp_path / "t.tsv").write_text(header.replace(" ", "\t") + f"\n{row}\n")
    assert any_id_column(read_table(tmp_path / "t.tsv"), name) == expected
