"""The page of `seqcnn attribute --html`: a summary on top, and a logo a sequence."""

import re

import pytest
from support.fake_biology import fake_attributions
from support.pages import HOSTILE, Outline

from seqcnn.cli import main
from seqcnn.interpret.attribution.page import write_page


def test_a_page_has_a_logo_a_sequence_and_a_summary_on_top(tmp_path):
    write_page(fake_attributions("gain", 3), tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text()
    assert page.index("3 sequences, predicted gain 0.00 to 2.00 gain.") < page.index("gain0")
    assert page.count('<svg class="logo"') == 3
    assert page.count('href="#base-A" transform') == 3 * 8  # A is every fourth base of 30


def test_only_the_first_sequences_are_shown_and_it_says_so(tmp_path):
    write_page(fake_attributions("gain", 3), tmp_path / "p.html", max_sequences=2)
    page = (tmp_path / "p.html").read_text()
    assert "The first 2 sequences are shown; the .h5 file has all." in page
    assert page.count('<svg class="logo"') == 2


def test_a_long_sequence_has_several_lines_on_one_scale(tmp_path):
    found = fake_attributions("gain", 1)
    wide = {
        name: getattr(found, name).repeat(5, axis=-1) for name in ("one_hot", "hypothetical", "projected")
    }
    for name, values in wide.items():
        object.__setattr__(found, name, values)
    object.__setattr__(found, "control", found.control.repeat(5, axis=-1))
    found.insert_length[:] = 150
    write_page(found, tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text()
    logos = re.findall(r'<svg class="logo" width=".*?" height="78" viewBox="(.*?)".*?</svg>', page)
    assert logos == ["-33.25 -4 345.25 78"] * 5  # 30 bp each, as wide as a phone


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_add_no_element_and_no_load(name, tmp_path):
    pages = []
    for number, given in enumerate(("name", name)):
        write_page(fake_attributions(given), tmp_path / f"{number}.html")
        pages.append(Outline((tmp_path / f"{number}.html").read_text()))
    assert pages[0].tags == pages[1].tags
    assert all(load.startswith(("#", "data:")) for load in pages[1].loads)


def test_attribute_writes_the_page_and_refuses_to_overwrite_its_input(tmp_path, bundle, capsys):
    fasta = tmp_path / "x.fa"
    fasta.write_text(f">one\n{'ACGTT' * 6}\n")
    arguments = ["attribute", str(fasta), "-m", str(bundle), "--overwrite", "--threads", "1"]
    arguments += ["-o", str(tmp_path / "a.h5")]
    for page, code in ((tmp_path / "p.html", 0), (fasta, 2)):
        with pytest.raises(SystemExit) as stop:
            main([*arguments, "--html", str(page)])
        assert stop.value.code == code
    assert "one" in (tmp_path / "p.html").read_text()
    assert "same file" in capsys.readouterr().err
