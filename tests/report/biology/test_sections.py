"""The report's part on biology: what each station found, as the page shows it."""

import html
import re

import numpy as np
import pytest
from support.fake_biology import OPTIONAL, TABLES, add_biology
from support.fake_run import dataset, make_run
from support.pages import HOSTILE, Outline

from seqcnn.cli import main
from seqcnn.errors import TableError, UsageError
from seqcnn.plotting.svg_logo import glyphs, logo
from seqcnn.report.biology import SECTIONS, sections
from seqcnn.report.biology.section import section, station_rows, value_cell
from seqcnn.report.report import render, report
from seqcnn.report.run.collect import collect


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run", dataset(), {"cnn/seed1": 0.4, "ridge/fit": 0.9})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the folder of a run, in which its report is, without the figures on predictions."""
    run = make_run(tmp_path_factory.mktemp("biology") / "run", dataset(), {"cnn/seed1": 0.4})
    add_biology(run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqcnn.report.report.FIGURES", ())
        report(run, run / "a" / "report.html", biology_model="cnn/seed1")
    return run


@pytest.fixture(scope="module")
def page(written):
    return (written / "a" / "report.html").read_text()


def shown(page, station):
    """The page's text from the heading of one station to the next heading."""
    part = page.split(f'<h3 id="biology-{station}">')[1].split("<h3 ")[0]
    text = re.sub("<[^>]*>", " ", re.sub("<svg.*?</svg>", "", part, flags=re.DOTALL))
    return " ".join(html.unescape(text).split())


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.station)
def test_every_section_says_how_to_read_it_and_shows_something(section, page):
    part = page.split(f'<h3 id="biology-{section.station}">')[1].split("<h3 ")[0]
    assert section.explanation.split(".")[0].replace("'", "&#39;") in part
    assert "<figure" in part or "<tbody>" in part


def test_the_model_that_was_asked_is_named(page):
    assert "Model: cnn, seed 1. These results describe what the model has learned" in page


def test_attributions_say_how_they_add_up_and_how_many_seqlets_there_are(page):
    text = shown(page, "attribute")
    method = "DeepLIFT/SHAP, relative to shuffles of the sequence"
    assert f"{method}: sums deviate from the predictions by at most 1.00e−07 (SD of predictions" in text
    assert "1 seqlet at a false-discovery rate of 5% relative to attributions of other bases, in 1" in text
    assert "over all: 0.375 against 0.0750 in shuffled sequences" in text  # 15 x 0.5 + 15 x 0.25 = 11.25 / 30


def test_patterns_come_before_filters_with_their_match(page):
    text = shown(page, "motifs")
    assert "1 pattern and 1 filter; matches to 1 known motif at q < 0.01." in text
    assert text.index("pattern+1 pattern 20 30 (15 to 45) +0.500 chr1 1e-08") < text.index(
        "filter01 filter 40"
    )


def test_inserted_motifs_say_their_effect_in_the_middle(page):
    assert "TGA on strand + in the middle: +0.500 (+0.400 to +0.600), 9 backgrounds." in shown(
        page, "marginalize"
    )
    assert page.count("by the gap between them") == 2  # the caption and the alternative text


def test_the_strongest_variant_comes_first_and_reasons_are_counted(page):
    text = shown(page, "variants")
    assert "Scored: 2 of 4 alleles (effects.tsv)." in text
    assert text.index("chr1:9 G → T (v2) −0.500 0.100 99.5 effect 1.000 0.500 no") < text.index(
        "chr1:7 A → C (v1)"
    )
    assert "At 95, one random change in 20 has a larger effect." in text
    assert "symbolic 1 a symbolic allele or a breakend does not say its bases" in text
    assert "star 1 the allele * is a deletion" in text


def test_dependency_maps_name_the_strongest_pair(page):
    assert "strongest pair A5G and N7T: −1.50" in shown(page, "dependencies")


def test_hits_have_their_counts_pairs_and_gaps(page):
    text = shown(page, "scan")
    assert "1,201 hits of 2 motifs (hits.tsv)." in text
    assert "chr1 AP1 1,200 700 900 +0.500 0.250 B – 1 0 1 −0.250 –" in text
    assert "chr1 B 30 12.5 0.001 40 25 8 (4 to 12) 7 (9) B B 1 – – 1 1 3 (3 to 3) 3 (1)" in text


def test_pairs_of_motifs_have_their_mean_epistasis(page):
    text = shown(page, "dependencies")
    assert "chr1 chr1 4 3 +0.500 (+0.125 to +0.875) A B 1 1 −0.250" in text


def test_heat_maps_name_the_most_extreme_changes(page):
    assert "from −0.75 (A1G) to +0.50 (A1C)" in shown(page, "saturate")


def test_the_highest_peak_comes_first_and_its_track_is_drawn(page):
    text = shown(page, "scan")
    assert "chr1 60 − 2.500 – yes chr1 30 + 1.250 35 no" in text.replace("− −", "−")
    assert "1 to 100 bp" in text


def test_designs_come_with_their_edits_and_the_order_sheet(page):
    text = shown(page, "design")
    assert "1 design, predicted 3.50 to 3.50; start sequences 1.50 to 1.50." in text
    assert "design_1 3.500 0.100 chr1 1.500 2 50% – A1C, T4G" in text
    assert ">design_1 start=chr1 ACGT" in text
    assert "Pareto set of the goals" in text


def test_the_next_batch_is_in_the_order_of_choice_with_the_reason(page):
    text = shown(page, "next")
    assert "2 sequences, predicted 1.50 to 2.50; batch.fa has them in this order." in text
    assert "mutant_1 1 2.500 0.250 chr1 1.500 40 1.500 chr1 no" in text
    assert "mutant_2 2 1.500 0.500 mutant_1 1.250 30 2.000 chr1, chr1 yes" in text


def test_a_run_without_biology_has_no_such_section(run):
    assert "Biology: what the model" not in render(collect(run))


def test_a_folder_of_the_old_name_is_refused_with_the_new_one(run):
    (run / "probe").mkdir()
    with pytest.raises(UsageError, match="probe: this folder is now called 'biology'; rename it"):
        collect(run)


@pytest.mark.usefixtures("text_only")
def test_hostile_names_add_no_element_and_no_attribute(tmp_path):
    def outline(number: int, name: str) -> Outline:
        run = make_run(tmp_path / str(number), dataset(), {"cnn/seed1": 0.4})
        add_biology(run, name)
        return Outline(render(collect(run)))

    drawn = {"g", "use", "path", "text", "image", "defs"}
    plain = {k: n for k, n in outline(0, "name").tags.items() if k[0] not in drawn}
    for number, name in enumerate([n for n in HOSTILE[:9] if not re.search(r"\s", n)], start=1):
        hostile = outline(number, name)
        assert {k: n for k, n in hostile.tags.items() if k[0] not in drawn} == plain
        assert name in "".join(hostile.text)


@pytest.mark.parametrize(
    ("path", "damage"),
    [
        (path, damage)
        for path in (*TABLES, "attribute/attributions.h5", "motifs/motifs.meme")
        for damage in ("missing", "cut")
        if damage == "cut" or path not in OPTIONAL
    ],
)
def test_a_damaged_file_is_one_line_that_names_its_station(path, damage, tmp_path):
    add_biology(tmp_path)
    file, station = tmp_path / "biology" / path, path.split("/")[0]
    if damage == "missing":
        file.unlink()
    else:
        file.write_text("name\tid\nx\ty\n")
    with pytest.raises(
        (TableError, UsageError), match=f"{station}.*seqcnn {station}|motifs.meme|attributions.h5"
    ):
        sections(tmp_path / "biology", dataset())


def test_a_model_that_is_not_in_the_run_is_refused(run, tmp_path, capsys):
    add_biology(run)
    with pytest.raises(
        UsageError, match=r"no scored model 'rnn/seed1' in this run; known: cnn/seed1, ridge/fit"
    ):
        render(collect(run), biology_model="rnn/seed1")
    with pytest.raises(SystemExit) as stop:
        main(["report", str(run), "-o", str(tmp_path / "r.html"), "--biology-model", "rnn/seed1"])
    assert stop.value.code == 2
    assert not (tmp_path / "r.html").exists()


@pytest.mark.usefixtures("text_only")
def test_the_same_findings_give_the_same_bytes(written, tmp_path):
    report(written, tmp_path / "report.html", biology_model="cnn/seed1")
    first, second = (
        {path.name: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
        for folder in (written / "a", tmp_path)
    )
    assert first == second
    assert {"report.html", "motif-table.csv"} <= set(first)
    kinds = {(name.partition("_")[0], name[-3:]) for name in first}
    assert {("attribute", "svg"), ("attribute", "pdf"), ("scan", "pdf")} <= kinds


def test_a_logo_stacks_letters_from_the_line_outwards():
    heights = np.array([[1.0, 0], [0.5, 0], [0, 0], [0, -1.0]])  # A 1 and C 0.5; T -1
    picture = logo(heights, (-1.0, 2.0)).inline  # 20 units high for each 1, the line at 40
    uses = re.findall(r'href="#base-(.)" transform="matrix\((.*?)\)"', picture)
    assert uses == [("C", "10 0 0 10.0 0 30.0"), ("A", "10 0 0 20.0 0 10.0"), ("T", "10 0 0 20.0 10 40.0")]
    assert ">−1</text>" in picture


def test_a_page_has_each_letter_once_in_a_box_of_one():
    text = glyphs()
    assert re.findall('id="base-(.)"', text) == list("ACGT")
    numbers = [float(n) for d in re.findall(' d="(.*?)"', text) for n in re.findall(r"-?[\d.]+", d)]
    assert (min(numbers), max(numbers)) == (0, 1)


@pytest.mark.usefixtures("text_only")
def test_a_sequence_without_effects_is_counted_and_has_no_heat_map(run):
    add_biology(run)
    table = run / "biology/saturate/saturation.tsv"
    table.write_text(table.read_text() + "".join(f"n\t1\tN\t{alt}\tNA\tNA\n" for alt in "ACGT"))
    text = shown(render(collect(run), biology_model="cnn/seed1"), "saturate")
    assert "1 sequence without effects (NA): more than a tenth is ambiguous." in text


def test_a_column_of_an_earlier_version_is_refused_with_its_new_name(tmp_path):
    (tmp_path / "effects.tsv").write_text("id\tunlike_training\na\tno\n")
    with pytest.raises(TableError, match="column unlike_training is now called out_of_distribution"):
        list(station_rows(tmp_path, "effects.tsv", "id"))


def test_a_value_that_is_missing_has_no_number():
    assert (value_cell(None).text, value_cell(None).value) == ("–", None)
    assert (value_cell(-0.5).text, value_cell(0.5, signed=True, digits=1).text) == ("−0.500", "+0.5")


@pytest.mark.parametrize("error", [KeyError("id"), ValueError("x"), ZeroDivisionError()])
def test_an_error_of_a_section_names_the_folder_and_the_station(error, tmp_path):
    def fails(folder, data):
        """Read nothing."""
        raise error

    message = rf"damaged \({type(error).__name__}\); run `seqcnn scan` again, or remove the folder"
    with pytest.raises(TableError, match=message):
        section("Scans", "scan")(fails).read(tmp_path, dataset())
