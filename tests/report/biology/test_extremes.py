"""Sections of the report on findings that are empty, incomplete, or too many for a page."""

import numpy as np
import pytest
from support.fake_biology import BATCH, DESIGNS, EFFECTS, MARGINAL, MOTIFS, SATURATION, add_biology
from support.fake_run import dataset

from seqcnn.errors import TableError
from seqcnn.interpret.motif.database import write_meme
from seqcnn.interpret.motif.motif import frequencies
from seqcnn.report.biology import sections

DATA = dataset(8)


@pytest.fixture
def read(tmp_path):
    """Return a function that replaces a table, whose cells are between blanks, and reads its section."""
    add_biology(tmp_path)

    def read(path, table=None):
        if table is not None:
            text = table.replace(" ", "\t").replace("{name}", "chr1")
            (tmp_path / "biology" / path).write_text(text)
        return {part.station: content for part, content in sections(tmp_path / "biology", DATA)}[
            path.split("/")[0]
        ]

    return read


@pytest.mark.parametrize(
    ("path", "table", "sentence"),
    [
        ("motifs/motifs.tsv", MOTIFS, "No motif was found."),
        ("design/designs.tsv", DESIGNS, "No sequence satisfied all constraints."),
        ("next/batch.tsv", BATCH, "No sequence was chosen."),
    ],
)
def test_a_station_that_found_nothing_says_so(path, table, sentence, read):
    content = read(path, table.splitlines()[0] + "\n")
    assert (content.sentences, content.tables) == ([sentence], [])


def test_of_many_filters_the_ten_with_the_largest_effects_are_shown(read, tmp_path):
    head, row = MOTIFS.splitlines()[:2]
    rows = [
        row.replace("filter01", f"filter{i:02}").replace(" 0.2 10", f" 0.{i:02} 10") for i in range(1, 13)
    ]
    shares = frequencies(np.array([[0, 0], [0, 0], [0, 9], [9, 0]]))
    write_meme(tmp_path / "biology/motifs/motifs.meme", {f"filter{i:02}": (shares, 40) for i in range(1, 13)})
    content = read("motifs/motifs.tsv", "\n".join([head, *rows]) + "\n")
    assert content.sentences[-1] == "The 10 with the largest effects are shown; motifs.html has all of them."
    assert [row[0].text for row in content.tables[0].rows] == [f"filter{i:02}" for i in range(12, 2, -1)]


def test_of_a_large_batch_the_first_hundred_are_shown(read):
    head, row = BATCH.replace("{name}", "chr1").splitlines()[:2]
    rows = [row.replace("mutant_1 ACGT 1", f"mutant_{i} ACGT {i}") for i in range(1, 103)]
    content = read("next/batch.tsv", "\n".join([head, *rows]) + "\n")
    assert content.sentences[1] == "The first 100 are shown; batch.tsv has all."
    assert len(content.tables[0].rows) == 100


def test_of_many_designs_the_first_hundred_are_shown(read, tmp_path):
    head, row = DESIGNS.splitlines()
    names = [f"design_{i}" for i in range(1, 103)]
    fasta = "".join(f">{name} start=chr1\nACGT\n" for name in names)
    (tmp_path / "biology/design/designs.fa").write_text(fasta)
    rows = [row.replace("design_1", name) for name in names]
    content = read("design/designs.tsv", "\n".join([head, *rows]) + "\n")
    assert content.sentences == [
        "102 designs, predicted 3.50 to 3.50; start sequences 1.50 to 1.50.",
        "The first 100 are shown; designs.tsv and designs.fa have all.",
    ]
    assert len(content.tables[0].rows) == 100


def test_of_many_sequences_four_have_heat_maps(read, tmp_path):
    head, *rows = SATURATION.splitlines()
    rows = [row.replace("{name}", name) for name in "abcde" for row in rows]
    content = read("saturate/saturation.tsv", "\n".join([head, *rows]) + "\n")
    assert content.sentences == ["Heat maps of 4 sequences; saturation.tsv has more."]
    assert len(content.wide) == 4
    (tmp_path / "biology/saturate/saturation.pdf").touch()
    content = read("saturate/saturation.tsv")
    assert content.sentences == ["Heat maps of 4 sequences; saturation.tsv and saturation.pdf have more."]


def test_attributions_without_seqlets_have_no_sentence_on_them(read, tmp_path):
    number = len(read("attribute/attributions.h5").sentences)
    (tmp_path / "biology/attribute/seqlets.bed").unlink()
    sentences = read("attribute/attributions.h5").sentences
    assert len(sentences) == number - 1
    assert "seqlet" not in " ".join(sentences)


def test_an_inserted_motif_without_an_interval_is_drawn_as_a_line(read):
    def bands(content):
        return [len(panel.drawing.figure.axes[0].collections) for panel in content.panels]

    assert bands(read("marginalize/marginal.tsv")) == [1, 1]
    assert bands(read("marginalize/marginal.tsv", MARGINAL.replace(" 0.3 0.5 ", " NA NA "))) == [0, 1]


def test_the_page_of_variants_is_named_if_there_is_one(read, tmp_path):
    assert "effects.html" not in " ".join(read("variants/effects.tsv").sentences)
    (tmp_path / "biology/variants/effects.html").touch()
    assert "effects.html shows them along each contig" in read("variants/effects.tsv").sentences[1]


def test_a_front_of_a_single_goal_is_refused(read):
    with pytest.raises(TableError, match="a column for each of several goals"):
        read("design/front.tsv", "kind maximize:a\ndesign 1\n")


def test_variants_of_pairs_have_no_position(read):
    head, row = EFFECTS.splitlines()[:2]
    content = read(
        "variants/effects.tsv",
        "\n".join(" ".join(line.split(" ")[3:]) for line in (head, row)) + "\n",
    )
    assert content.tables[0].rows[0][0].text == "A → C"
