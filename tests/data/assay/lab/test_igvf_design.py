import pytest

from seqcnn.data.assay.lab.igvf_design import categories, joined, related_links, tidy
from seqcnn.data.assay.lab.measured import Measurements
from seqcnn.data.readers.lab_formats import DESIGN
from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import TableError

ROWS = [
    'v1_ref|ACGT|variant|test|An|GRCh38|chr9|100|104|+|["SNV"]|[2]|["NC_9.1:102:C:T"]|["ref"]|x',
    'v1_alt|ACTT|variant|test|An|GRCh38|NA|NA|NA|NA|["SNV"]|[2]|["NC_9.1:102:C:T"]|["alt"]|x',
    "v1_3|ACGG|variant|test||GRCh38||||.|['SNV', 'indel']|[2, 9]|['NC_9.1:102:C:G', 'NC_9.1:7:A:']|['alt']|.",
    "two|ACGT|variant|test|An|GRCh38|.|.|.|.|['indel']|[0]|['NC_9.1:7:AA:T']|['alt', 'ref']|",
    "e1|AAAA|element|element active control|An|GRCh38|chr2|200|400|-|NA|NA|NA|NA|NA",
    "e2|CCCC|element|test|An|GRCh38|chr2|399|600|+|NA|NA|NA|NA|NA",
    "e3|CCCG|element|test|An|GRCh38|chr2|600|700|+|||||",
    "e4|CCGG|element|test|An|hg19|chr2|300|500|+|.|.|.|.|.",
    "s1|GGGG|scrambled|test|An|NA|NA|NA|NA|NA|[]|[]|[]|[]|NA",
]


@pytest.fixture
def design(tmp_path):
    """Read a sequence design of these rows, without some columns if asked."""

    def read(rows=tuple(ROWS), without=()):
        keep = [i for i, name in enumerate(DESIGN) if name not in without]
        lines = [[cells[i] for i in keep] for cells in (DESIGN, *(row.split("|") for row in rows))]
        path = tmp_path / "design.tsv"
        path.write_text("".join("\t".join(line) + "\n" for line in lines))
        return tidy(read_table(path))

    return read


def test_lists_become_text_and_missing_cells_na(design):
    table = design()
    assert table.rows[2][6:] == [
        "NA", "NA", "NA", "NA", "SNV,indel", "2,9", "NC_9.1:102:C:G,NC_9.1:7:A:", "alt", "NA",
    ]  # fmt: skip
    assert table.text("variant_class") == ["SNV", "SNV", "SNV,indel", "indel", *["NA"] * 5]
    assert table.text("sequence")[0] == "ACGT"


def test_rows_of_one_variant_and_of_overlapping_places_are_related(design):
    """v1: one position, three alleles; two: the second variant of v1_3; e1 and e2 share one base."""
    assert sorted(map(tuple, related_links(design()).tolist())) == [(0, 1), (0, 2), (2, 3), (4, 5)]


def test_a_design_without_places_or_variants_relates_what_it_knows(design):
    assert related_links(design(without=("chr", "start", "end"))).tolist() == [[0, 1], [0, 2], [2, 3]]
    assert related_links(design(without=("SPDI", "ref"))).tolist() == [[4, 7], [7, 5]]


def test_categories_are_columns_of_two_to_fifty_values(design):
    names = set(DESIGN)
    assert categories(design(), names) == ("category", "class", "variant_class")
    assert categories(design(), names - {"class"}) == ("category", "variant_class")
    assert categories(design(ROWS[4:7]), names) == ("class",)  # one category, and no variant
    many = [f"e{i}|ACGT|element|c{i}|An|NA|NA|NA|NA|NA|NA|NA|NA|NA|NA" for i in range(51)]
    assert categories(design(many), names) == ()


def test_measurements_get_the_columns_that_they_lack(design, tmp_path):
    (tmp_path / "t.tsv").write_text("id\ty\tclass\ne2\t1\tmine\nnone\t2\tmine\n")
    table = joined(Measurements(read_table(tmp_path / "t.tsv"), "id"), design())
    assert table.columns == ["id", "y", "class", *(n for n in DESIGN if n not in ("sequence", "class"))]
    assert table.rows[0][:9] == ["e2", "1", "mine", "e2", "element", "An", "GRCh38", "chr2", "399"]
    assert table.rows[1] == ["none", "2", "mine", *["NA"] * 13]


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("start", "400", "line 6: '400-400'; expected positions, start < end, or NA"),
        ("start", "-1", "line 6: '-1-400'"),
        ("end", "far", "line 6: '200-far'"),
    ],
)
def test_a_place_that_is_none_is_refused(column, cell, message, design):
    cells = ROWS[4].split("|")
    cells[DESIGN.index(column)] = cell
    with pytest.raises(TableError, match=message):
        related_links(design([*ROWS[:4], "|".join(cells)]))


def test_a_place_that_is_known_in_part_is_not_known(design):
    assert related_links(design([ROWS[4].replace("|400|", "|.|"), ROWS[5]])).shape == (0, 2)


def test_a_variant_may_have_another_name(design):
    rows = [ROWS[4].replace("NA|NA|NA|NA|NA", f"NA|NA|['rs{n}']|NA|NA") for n in (1, 2, 1)]
    places = [row.replace("chr2", "NA") for row in rows]
    assert related_links(design(places)).tolist() == [[0, 2]]


def test_half_the_columns_of_places_are_refused(design):
    with pytest.raises(TableError, match=r"design\.tsv: no column 'end'; chr, start and end go together"):
        related_links(design(without=("end",)))


def test_positions_that_a_spreadsheet_made_decimal_are_read(design):
    rows = [ROWS[4].replace("|200|400|", "|200.0|400.0|"), ROWS[5]]
    assert related_links(design(rows)).tolist() == [[0, 1]]
