"""The predictor page in a real headless Chromium and Firefox."""

import numpy as np
import pytest
from support.browser import CHROMIUM, Browser
from support.firefox import FIREFOX, Firefox
from support.planted import planted
from support.predictor_page import (
    PredictorPage,
    kinds,
    largest_difference,
    mixed_sequences,
    read_predictions,
)

from seqcnn.interpret.attribution.ism import ism
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.predict import TableOptions, predict_file
from seqcnn.sequence.onehot import pack
from seqcnn.share.page import page as write_page

BROWSERS = {"chromium": (CHROMIUM, Browser), "firefox": (FIREFOX, Firefox)}
LONGEST = {"ensemble": 45}  # which is cropped


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Return a function that starts a browser, once, or skips the test."""
    started = {}

    def start(name):
        program, driver = BROWSERS[name]
        if program is None:
            pytest.skip(f"no {name} is installed")
        if name not in started:
            started[name] = driver(tmp_path_factory.mktemp(name))
        return started[name]

    yield start
    for browser in started.values():
        browser.close()


@pytest.fixture
def at_page(opened, predictor):
    """Return the page of an ensemble in Chromium."""
    return PredictorPage(opened("chromium"), predictor("ensemble")[1])


def table_of_command(bundle, text, folder, **options):
    (folder / "s.fa").write_text(text)
    predict_file(folder / "s.fa", [bundle], folder / "p.tsv", options=TableOptions(**options), overwrite=True)
    return read_predictions(folder / "p.tsv")


@pytest.mark.parametrize("kind", kinds(41))
def test_chromium_predicts_what_the_command_predicts(kind, opened, predictor, tmp_path):
    bundle, path = predictor(kind)
    page = PredictorPage(opened("chromium"), path)
    text = mixed_sequences(150, LONGEST.get(kind, 41))
    assert page.predict(text) == "Sequences predicted: 150."
    assert page.browser.evaluate("document.title") == "Strength & <b>"
    expected = table_of_command(bundle, text, tmp_path, interval=0.9)
    assert (expected.out_of_distribution == "yes").any()
    assert expected.target.isna().any()
    assert largest_difference(page.table(), expected) < 1e-5
    page.set("by-level", True)
    expected = table_of_command(bundle, text, tmp_path, interval=0.9, by_level=True)
    assert largest_difference(page.table(), expected) < 1e-5
    page.set("level", "")
    assert largest_difference(page.table(), table_of_command(bundle, text, tmp_path)) < 1e-5
    assert page.browser.complaints() == []
    assert page.browser.requests() == [path.resolve().as_uri()]


def test_an_imported_model_predicts_what_the_command_predicts(opened, imported, tmp_path):
    write_page(imported, tmp_path / "p.html")
    page = PredictorPage(opened("chromium"), tmp_path / "p.html")
    text = "".join(f">s{i}\n{s}\n" for i, s in enumerate(planted(150)[0]))
    assert page.predict(text) == "Sequences predicted: 150."
    assert largest_difference(page.table(), table_of_command(imported, text, tmp_path)) < 1e-5
    assert "imported from Keras" in page.text("about-lines")
    assert "not compared with predictions of its original" in page.text("cautions")


@pytest.mark.parametrize("kind", ["ensemble", "rnn"])
def test_firefox_predicts_what_the_command_predicts(kind, opened, predictor, tmp_path):
    bundle, path = predictor(kind)
    page = PredictorPage(opened("firefox"), path)
    text = mixed_sequences(150, LONGEST.get(kind, 41))
    assert page.predict(text) == "Sequences predicted: 150."
    expected = table_of_command(bundle, text, tmp_path, interval=0.9)
    assert largest_difference(page.table(), expected) < 1e-5


SEQUENCE = "ACGTTGACTCAACGTNACGTTTGACGGATCA"


def test_the_map_shows_every_change_and_edits_are_predicted(at_page, predictor):
    at_page.predict(f">o1\n{SEQUENCE}\n")
    at_page.press("#table-body button")
    at_page.wait("document.querySelectorAll('#map .map-line').length")
    model = load_model(predictor("ensemble")[0])
    rows = model.header.layout.rows([pack(SEQUENCE)])
    value = model.predict_rows(rows)[0, 0]
    effects = ism(model, rows)[0] - value
    inside = slice(rows.start[0], rows.start[0] + len(SEQUENCE))
    limit = float(at_page.text("highest").replace("−", "-"))
    assert limit == pytest.approx(np.abs(effects[:, inside]).max(), rel=1e-3)
    position = int(np.abs(effects[:, inside]).max(0).argmax())
    for _ in range(position):
        at_page.browser.evaluate(key("ArrowRight"))
    assert at_page.text("position").startswith(f"Position {position + 1}, {SEQUENCE[position]}: ")
    base = "ACGT"[int(np.abs(effects[:, inside][:, position]).argmax())]
    at_page.browser.evaluate(key(base.lower()))
    edited = SEQUENCE[:position] + base + SEQUENCE[position + 1 :]
    at_page.wait("document.getElementById('edited-notes').textContent.includes('change by the edits')")
    assert at_page.browser.evaluate("document.getElementById('edited').value") == edited
    expected = model.predict_rows(model.header.layout.rows([pack(edited)]))[0, 0]
    assert shown(at_page, "edited-value") == pytest.approx(expected, rel=1e-3)
    at_page.press("#undo")
    at_page.wait(f"document.getElementById('edited').value === '{SEQUENCE}'")
    at_page.predict("")
    assert at_page.browser.evaluate("document.getElementById('sequence').hidden")


def key(name):
    event = f"new KeyboardEvent('keydown', {{key: '{name}', bubbles: true}})"
    return f"void document.getElementById('map').dispatchEvent({event})"


def shown(page, name):
    return float(page.text(name).replace("−", "-"))


def test_a_faulty_edit_is_refused_and_a_shorter_one_is_predicted(at_page):
    at_page.predict(f">o1\n{SEQUENCE}\n")
    at_page.press("#table-body button")
    at_page.set("edited", SEQUENCE + "!")
    assert "position 32: '!' found; expected an IUPAC DNA letter" in at_page.text("edit-fault")
    at_page.set("edited", SEQUENCE[:-1])
    assert at_page.text("edit-fault") == ""
    at_page.wait("document.getElementById('edited-notes').textContent.includes('change by the edits')")


def test_two_sequences_are_compared_base_by_base(at_page, predictor):
    other = SEQUENCE[:3] + "A" + SEQUENCE[4:20] + "C" + SEQUENCE[21:]
    at_page.predict(f">o1\n{SEQUENCE}\n>o2\n{other}\n")
    for number in (0, 1):
        at_page.browser.evaluate(f"document.querySelectorAll('#table-body input')[{number}].click()")
    at_page.wait("document.querySelectorAll('#differences tr').length === 2")
    model = load_model(predictor("ensemble")[0])
    one = SEQUENCE[:3] + "A" + SEQUENCE[4:]
    values = model.predict_rows(model.header.layout.rows([pack(s) for s in (SEQUENCE, one)]))[:, 0]
    cells = "[...document.querySelectorAll('#differences tr')].map(r => [...r.cells].map(c => c.textContent))"
    effects = {row[0]: (row[1], row[2]) for row in at_page.browser.evaluate(cells)}
    assert effects.keys() == {"4", "21"}
    assert effects["4"][0] == "T → A"
    found = float(effects["4"][1].replace("−", "-"))
    assert found == pytest.approx(values[1] - values[0], abs=2e-4)
    assert at_page.browser.evaluate("[...document.querySelectorAll('#aligned mark')].length") == 4


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{SEQUENCE}\n{SEQUENCE[1:]}\n", ["line_1", "line_2"]),
        (f"o1\t{SEQUENCE}\no2\t{SEQUENCE}\n", ["o1", "o2"]),
        (f"name\tactivity\tsequence\na\t1.5\t{SEQUENCE}\n", ["a"]),
        (f'oligo;note;seq\n"a;1";x;{SEQUENCE}\nb;y;{SEQUENCE}\n', ["a;1", "b"]),
        (f"seq,score\n{SEQUENCE},0.5\n", ["line_2"]),
        (f"\ufeff>o1 more words\r\n{SEQUENCE[:9]} {SEQUENCE[9:]}\r\n\r\n>o2\r\n{SEQUENCE}", ["o1", "o2"]),
    ],
)
def test_fasta_tables_and_columns_are_read(text, names, at_page):
    at_page.predict(text)
    assert at_page.text("faults") == ""
    assert at_page.table().id.tolist() == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f">o1\n{SEQUENCE}\n>o2\nACGT*{SEQUENCE}\n",
            "line 3, record 2 'o2', position 5: '*' found (a protein?)",
        ),
        (">o1\nACGT\n", "line 1, record 1 'o1': 4 bp; the model predicts sequences of 27–41 bp (longer ones"),
        (">o1\nNA\n", "line 1, record 1 'o1': 'NA' is a missing value; expected a sequence"),
        (f">\n{SEQUENCE}\n", "line 1, record 1: no name; every sequence needs one"),
        ("@read\nACGT\n+\nIIII\n", "this is FASTQ; expected FASTA"),
        ("hello\nworld\n", "no column of DNA sequences; the first cell is 'world'"),
        (f"a\t{SEQUENCE}\t{SEQUENCE}\n", "columns 2, 3 may hold the sequences; copy one of them"),
        (f"a\t{SEQUENCE}\nb\n", "line 2: 1 cells; the first line has 2"),
        (" \n", "no sequences; paste FASTA, a table or a column of sequences"),
    ],
)
def test_a_fault_is_named_with_place_and_remedy(text, message, at_page):
    assert "faults in the input: 1." in at_page.predict(text)
    assert message in at_page.text("faults")
    assert at_page.browser.evaluate("document.getElementById('results').hidden")


def test_long_work_can_be_stopped(at_page):
    at_page.set("text", f"{SEQUENCE}\n" * 20_000)
    at_page.press("#predict")
    at_page.wait("document.getElementById('progress').value > 0")
    at_page.press("#stop")
    at_page.wait("document.getElementById('stop').hidden")
    assert at_page.text("status").startswith("Stopped.")


def test_columns_sort_and_the_language_changes(at_page):
    at_page.predict(mixed_sequences(120, 41))
    at_page.press("#table-head th:nth-child(3) button")
    values = "[...document.querySelectorAll('#table-body td:nth-child(3)')].map(c => c.textContent)"
    numbers = [float(text.replace("−", "-")) for text in at_page.browser.evaluate(values) if text != "–"]
    assert numbers == sorted(numbers, reverse=True)
    assert at_page.text("shown-rows") == "Rows 1 to 100 of 120"
    at_page.press("[data-language=zh]")
    assert at_page.browser.evaluate("document.documentElement.lang") == "zh"
    assert at_page.text("predict") == "预测"
    assert at_page.text("status") == "已预测 120 条序列。"
    assert "个模糊字母" in at_page.text("notes")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(width, opened, predictor):
    browser = opened("chromium")
    page = PredictorPage(browser, predictor("ensemble")[1])
    browser.open(predictor("ensemble")[1], width)
    page.predict(f">o1\n{SEQUENCE}\n>o2\n{SEQUENCE[::-1]}\n")
    page.press("#table-body button")
    page.wait("document.querySelectorAll('#map .map-line').length")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    unnamed = "e => !(e.labels?.length || e.textContent.trim() || e.ariaLabel)"
    controls = f"[...document.querySelectorAll('button, input, select, textarea')].filter({unnamed})"
    assert browser.evaluate(f"{controls}.map(e => e.id)") == []


def test_titles_above_the_names_of_columns_are_skipped_and_direction_marks_are_visible(at_page):
    text = f"My library\nid\tsequence\na\t{SEQUENCE[:30]}\nb\u202ec\t{SEQUENCE[1:]}\n"
    assert at_page.predict(text) == "Sequences predicted: 2."
    assert "1 rows above the names of the columns are skipped, the first is 'My library'" in at_page.text(
        "notes"
    )
    buttons = "[...document.querySelectorAll('#table-body button')].map((button) => button.textContent)"
    assert at_page.browser.evaluate(buttons) == ["a", "b\\u202ec"]
    assert at_page.table().iloc[:, 0].tolist() == ["a", "b\u202ec"]
