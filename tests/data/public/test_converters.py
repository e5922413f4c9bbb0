import csv
import gzip
import hashlib
import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from support.paths import ROOT
from support.workbooks import workbook

from seqcnn.data.assay.target_notes import diagnose
from seqcnn.data.public import converters
from seqcnn.data.public.catalog import CATALOG
from seqcnn.errors import EnvironmentFault

LOCAL = Path(os.environ.get("SEQCNN_DATA") or ROOT / "../shared/datasets")
OLIGO = "A" * 30 + "acgt" + "C" * 158 + "T" * 18
YEAST = (
    ",UTR_name,UTR,t0,t1,growth_rate\n0,YAL1:2:0,ACG,317,1,0.29\n1,YAL1:9:4,AC,100,1,-0.50\n"
    "2,YAL1:3:0,AT,0,1,0.85\n3,YAL1:4:0,AG,0,0,0.16\n"
)


def read_tsv(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def write_gz(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def splicing_table(path, rows, extra=()):
    columns = [
        "library index",
        "gene name",
        "splicing ratio (log2)",
        "fraction_canonical",
        "sequence",
        *extra,
    ]
    return write_gz(path, "\n".join("\t".join(row) for row in [columns, *rows]) + "\n")


@pytest.fixture
def local():
    """Return the folder with copies of the published files, or skip."""
    if not LOCAL.is_dir():
        pytest.skip(f"no published datasets in {LOCAL}; set SEQCNN_DATA to a folder that has them")
    return LOCAL


def test_sets_by_group_holds_out_whole_groups_in_hashed_order():
    groups = ["a", "b", "c", "d", "e", "a"]
    order = sorted("abcde", key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    part = dict(zip(groups, converters.sets_by_group(groups), strict=True))
    assert part[order[0]] == "test"  # nothing before it
    assert [part[name] for name in order].count("train") >= 3
    assert converters.sets_by_group(groups[::-1]) == [part[name] for name in groups[::-1]]


def test_yeast_rows_are_grouped_by_orf_and_noisy_test_rows_leave_the_second_split(tmp_path):
    path = write_gz(tmp_path / "Native_UTRs.csv.gz", YEAST)
    first, second, *_ = converters.yeast_5utr({path.name: path}).rows
    assert first == {
        "id": "YAL1:2:0",
        "sequence": "ACG",
        "growth_rate": "0.29",
        "t0": "317",
        "reads": "t0_over_100",
        "orf": "YAL1",
        "gene_set": "test",
        "gene_set_t0_100": "test",
    }
    assert (second["gene_set"], second["gene_set_t0_100"]) == ("test", "NA")
    assert second["reads"] == "t0_up_to_100"  # of exactly 100


def test_a_yeast_row_without_a_read_before_and_after_growth_is_not_measured(tmp_path):
    path = write_gz(tmp_path / "Native_UTRs.csv.gz", YEAST)
    rows = converters.yeast_5utr({path.name: path}).rows
    assert [row["growth_rate"] for row in rows] == ["0.29", "-0.50", "0.85", "NA"]


def test_splicing_keeps_the_variable_region_of_rows_that_pass_the_filter(tmp_path):
    extra = ("published_set", "replicate_1_log2", "replicate_2_log2")
    rows = [
        ["1", "G1", "-2.5", "0.31", OLIGO, "train", "-inf", "1.5"],
        ["2", "NA", "0.5", "0.9", OLIGO, "unused", "NA", "2"],
        ["3", "G1", "-2.5", "0.3", OLIGO, "train", "1", "1"],
        ["4", "G1", "NA", "0.9", OLIGO, "test", "1", "1"],
        ["5", "G1", "1", "NA", OLIGO, "test", "1", "1"],
    ]
    path = splicing_table(tmp_path / "retained_introns.tsv.gz", rows, extra)
    first, second = converters.splicing_introns({path.name: path}).rows
    assert first["sequence"] == "acgt" + "C" * 158
    assert [first[c] for c in ("id", "replicate_1", "replicate_2", "gene", "published_set")] == [
        "1",
        "NA",
        "1.5",
        "G1",
        "train",
    ]
    assert [second[c] for c in ("id", "gene", "published_set")] == ["2", "unnamed", "NA"]


def test_splicing_from_the_workbook_says_what_it_lacks(tmp_path):
    header = ["library index", "subset", "gene name", "splicing ratio (log2)", "fraction_canonical"]
    header.append("sequence")
    rows = [[7, "cassettenuc", "G1", 1.25, 1, OLIGO], [8, "cassettenuc", None, None, 0.9, OLIGO]]
    path = workbook(tmp_path / "TableS6.xlsx", data=[header, *rows])
    rows, gaps = converters.splicing_exons({"TableS6.xlsx": path})
    assert [[row[c] for c in ("id", "splicing_ratio", "subset", "published_set")] for row in rows] == [
        ["7", "1.25", "cassettenuc", "NA"]
    ]
    assert "published_set, replicate_1 and replicate_2 are all NA" in gaps[0]


def test_terminators_from_the_joined_table(tmp_path):
    text = "id species class sequence enrichment_tobacco tobacco_rep1 tobacco_rep2 enrichment_maize set\n"
    path = write_gz(
        tmp_path / "terminators.tsv.gz",
        (text + "t1 Maize Gene ACGT -1.5 NA -1.5 0.25 test\n").replace(" ", "\t"),
    )
    assert converters.terminators({path.name: path}).rows == [
        {
            "id": "t1",
            "sequence": "ACGT",
            "enrichment_tobacco": "-1.5",
            "enrichment_maize": "0.25",
            "tobacco_rep1": "NA",
            "tobacco_rep2": "-1.5",
            "published_set": "test",
            "class": "Gene",
            "species": "Maize",
        }
    ]


def test_r_data_without_its_reader_names_the_extra(tmp_path, monkeypatch):
    predictions = tmp_path / "terminator_data_predictions.tsv"
    predictions.write_text("id\nt1\n")
    monkeypatch.setitem(sys.modules, "rdata", None)
    files = {predictions.name: predictions, "data_seq_proto.Rdata": tmp_path / "data_seq_proto.Rdata"}
    with pytest.raises(EnvironmentFault, match=r"pip install 'seqcnn\[fetch\]'"):
        converters.terminators(files)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "column", "counts"),
    [
        ("plant_terminators", "published_set", {"train": 48100, "test": 5309}),
        ("yeast_5utr", "gene_set", {"train": 8892, "val": 1185, "test": 1779}),
        ("yeast_5utr", "reads", {"t0_over_100": 6710, "t0_up_to_100": 5146}),
        ("yeast_5utr", "gene_set_t0_100", {"train": 8892, "val": 1185, "test": 1018, "NA": 761}),
        ("human_splicing_introns", "published_set", {"train": 5037, "test": 563, "NA": 536}),
        ("human_splicing_introns", "gene_set", {"train": 4191, "val": 730, "test": 1215}),
        ("human_splicing_exons", "published_set", {"train": 5702, "test": 620, "NA": 486}),
        ("human_splicing_exons", "gene_set", {"train": 4696, "val": 1038, "test": 1074}),
    ],
)
def test_real_splits_have_the_published_sizes(local, name, column, counts):
    dataset = CATALOG[name]
    files = (dataset.joined,) if dataset.joined else dataset.files
    rows, gaps = dataset.convert({file.name: local / dataset.folder / file.name for file in files})
    assert Counter(row[column] for row in rows) == counts
    assert not gaps
    assert list(rows[0]) == ["id", "sequence", *dataset.columns]
    lengths = [len(row["sequence"]) for row in rows]
    assert (min(lengths), max(lengths)) == {"pla": (170, 170), "yea": (2, 50), "hum": (162, 162)}[name[:3]]


@pytest.mark.realdata
@pytest.mark.parametrize(
    "path",
    [
        "yeast_5utr_native/gene_grouped_split.tsv",
        "human_splicing_segal/retained_introns.gene_grouped_split.tsv",
        "human_splicing_segal/cassette_exons.gene_grouped_split.tsv",
    ],
)
def test_sets_by_group_gives_the_gene_grouped_files(local, path):
    rows = read_tsv(local / path)
    assert converters.sets_by_group([row["group"] for row in rows]) == [row["set"] for row in rows]


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["human_splicing_introns", "human_splicing_exons"])
def test_the_workbook_gives_the_same_rows_as_the_joined_table(local, name):
    dataset = CATALOG[name]
    folder = local / dataset.folder
    joined = dataset.convert({dataset.joined.name: folder / dataset.joined.name})
    original = dataset.convert({file.name: folder / file.name for file in dataset.files})
    unknown = {"published_set": "NA", "replicate_1": "NA", "replicate_2": "NA"}
    assert original.rows == [row | unknown for row in joined.rows]
    assert len(original.gaps) == 1


@pytest.mark.realdata
def test_the_r_data_give_the_same_rows_as_the_joined_table(local):
    pytest.importorskip("rdata", reason="reading R data needs the extra `fetch`")
    dataset = CATALOG["plant_terminators"]
    folder = local / dataset.folder
    original = dataset.convert({file.name: folder / file.name for file in dataset.files})
    assert original == dataset.convert({dataset.joined.name: folder / dataset.joined.name})


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "column", "found"),
    [
        ("plant_terminators", "enrichment_tobacco", []),
        ("plant_terminators", "enrichment_maize", []),
        ("human_splicing_introns", "splicing_ratio", []),
        ("human_splicing_exons", "splicing_ratio", []),
        ("yeast_5utr", "growth_rate", []),
        ("yeast_5utr", "t0", ["1327 of 11856 values (11%) are 0, the smallest", "wide range with a long"]),
    ],
)  # fmt: skip
def test_real_measurements_get_the_notes_that_they_deserve(local, name, column, found):
    dataset = CATALOG[name]
    files = (dataset.joined,) if dataset.joined else dataset.files
    rows, _ = dataset.convert({file.name: local / dataset.folder / file.name for file in files})
    notes = diagnose(np.array([float(row[column]) for row in rows if row[column] != "NA"]))
    assert len(notes) == len(found)
    assert all(note.startswith(start) for note, start in zip(notes, found, strict=True))


@pytest.mark.realdata
def test_the_default_value_of_unmeasured_rows_of_the_source_is_noted(local):
    """Of the 1,423 equal growth rates, 1,303 are of 5' UTRs without any read."""
    with gzip.open(local / "yeast_5utr_native" / "Native_UTRs.csv.gz", "rt") as lines:
        values = np.array([float(row["growth_rate"]) for row in csv.DictReader(lines)])
    (note,) = diagnose(values)
    assert note.startswith("1423 of 11856 values (12%) are 0.160847, between the others")
