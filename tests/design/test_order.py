"""The order: plate positions, the same cells in CSV and workbook, and what was asked."""

import csv
import re

import pytest
import python_calamine
from support.networks import untrained

from seqcnn.cli import main
from seqcnn.design.order.order_table import COLUMNS
from seqcnn.design.order.plates import WELLS, well_positions


@pytest.mark.parametrize(
    ("plate", "fill", "number", "last"),
    [
        ("96", "row", 13, ("1", "B1")),
        ("96", "column", 9, ("1", "A2")),
        ("96", "row", 96, ("1", "H12")),
        ("96", "column", 97, ("2", "A1")),
        ("384", "row", 25, ("1", "B1")),
        ("384", "column", 384, ("1", "P24")),
        ("none", "row", 3, ("", "")),
    ],
)
def test_wells_are_filled_by_row_or_column_and_continue_on_the_next_plate(plate, fill, number, last):
    assert well_positions(number, plate, fill)[-1] == last


@pytest.mark.parametrize("plate", WELLS)
@pytest.mark.parametrize("fill", ["row", "column"])
def test_no_well_is_used_twice(plate, fill):
    rows, columns = WELLS[plate]
    assert len(set(well_positions(2 * rows * columns, plate, fill))) == 2 * rows * columns


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """The folder of an order of two designs with flanks and adapters."""
    folder = tmp_path_factory.mktemp("order")
    untrained(filters=(4, 4), hidden=4).save(folder / "m.safetensors")
    command = [
        "design", "-m", folder / "m.safetensors", "--random", 2, "--length", 30, "--allow-ood",
        "--method", "greedy", "--max-edits", 1, "--flank5", "AAC", "--flank3", "GT", "--with-flanks",
        "--adapter5", "GGG", "--adapter3", "TTT", "--fill", "column", "--homopolymer", 6,
        "-o", folder / "out",
    ]  # fmt: skip
    with pytest.raises(SystemExit) as stop:
        main(list(map(str, command)))
    assert not stop.value.code
    return folder / "out"


def test_an_order_has_plate_positions_names_and_the_parts_of_each_sequence(order):
    with (order / "order.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    fasta = (order / "designs.fa").read_text().splitlines()
    assert tuple(rows[0]) == COLUMNS
    assert [(row["plate"], row["well"], row["name"]) for row in rows] == [
        ("1", "A1", "design_1"), ("1", "B1", "design_2")
    ]  # fmt: skip
    for row, sequence in zip(rows, fasta[1::2], strict=True):
        assert row["sequence"] == sequence == f"GGGAAC{row['design']}GTTTT"
        assert (row["length"], len(row["design"]), row["kind"]) == ("41", 30, "design")


def test_the_workbook_has_the_cells_of_the_csv(order):
    with (order / "order.csv").open(newline="") as file:
        expected = list(csv.reader(file))
    sheet = python_calamine.CalamineWorkbook.from_path(order / "order.xlsx").get_sheet_by_index(0)
    cells = [[f"{c:g}" if isinstance(c, float) else c for c in row] for row in sheet.to_python()]
    assert cells == expected


def test_the_readme_says_what_was_asked(order):
    readme = (order / "README.txt").read_text()
    assert "\nCommand\n  seqcnn design -m " in readme
    assert "--adapter5 GGG" in readme
    assert re.search(r"\n  file: m.safetensors, SHA-256 [0-9a-f]{64}\n", readme)
    assert "\n  maximize a\n" in readme
    assert "\n  homopolymer 6 (option)\n  max_edits 1 (option)\n" in readme
    assert "\n  design: 2\n" in readme
    for name in filter(lambda path: path.name != "README.txt", order.iterdir()):
        assert name.name in readme
