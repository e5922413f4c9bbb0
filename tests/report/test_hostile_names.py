"""Hostile names of records, columns and motifs, through every command that writes for people."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.browser import CHROMIUM, Browser
from support.command_line import cli
from support.planted import planted

from seqcnn.io.tsv import table_lines

PAYLOADS = [
    "<script>alert(1)</script>", '"><img/src=x/onerror=alert(1)>', "'onmouseover='alert(1)",
    "$(touch${IFS}RAN)", "`touch${IFS}RAN`", ";touch${IFS}RAN;", "../../../RAN", "/RAN", "=cmd|'/C'!A0",
    "{{7*7}}", "${7*7}", "%s%n", "$x^{$", "</title><svg/onload=alert(1)>", "--output=RAN", "-x",
    "javascript:alert(1)", "\u200b[31m", "\u202e", "\udcff", "名前🧬", "NUL", "con.txt", "~", "*", "x" * 300,
]  # fmt: skip
PLAIN = [f"plain{number}" for number in range(len(PAYLOADS))]


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, in their order."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, *sorted(name for name, _ in attributes)))


def run(folder, words):
    """Run every station on a library whose record, column and motif names hold these words."""
    folder.mkdir()
    sequences, y = planted(n=2 * len(words))
    names = [f"{words[i // 2]}{i % 2}" for i in range(len(y))]
    target = words[0] + words[3] + words[12] + words[17] + words[20]
    rows = [["id", target], *([name, f"{value:.3f}"] for name, value in zip(names, y, strict=True))]
    encode = {"encoding": "utf-8", "errors": "surrogateescape"}
    pairs = zip(names, sequences, strict=True)
    (folder / "s.fa").write_text("".join(f">{name}\n{letters}\n" for name, letters in pairs), **encode)
    (folder / "t.tsv").write_text(table_lines(rows), **encode)
    (folder / "one.fa").write_text(f">{names[0]}\n{sequences[0]}\n", **encode)
    known = (
        "MEME version 4\n\nALPHABET= ACGT\n\n"
        + f"MOTIF {words[0]} {words[3]}\nletter-probability matrix: alength= 4 w= 5\n"
    )
    (folder / "known.meme").write_text(known + "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n1 0 0 0\n", **encode)
    out = folder / "run"
    (folder / "cnn.yaml").write_text(
        "{encoder: cnn, args: {filters: [8, 4], hidden: 4}, training: {epochs: 2}}"
    )
    options = [
        "--configs",
        folder / "cnn.yaml",
        "--threads",
        "1",
        "--seed",
        "1",
        "--preset",
        "fast",
        "-o",
        out,
    ]
    assert cli("fit", folder / "s.fa", folder / "t.tsv", *options) == 0
    model = out / "cnn/seed1/model.safetensors"
    for command in (
        ["info", model],
        ["predict", folder / "s.fa", "-m", model, "-o", out / "p.tsv"],
        ["attribute", folder / "s.fa", "-m", model, "-o", out / "a.h5", "--logo-dir", out / "logos",
         "--html", out / "a.html", "--seqlets", out / "s.bed", "--max-sequences", "6"],
        ["motifs", folder / "s.fa", "-m", model, "-o", out / "motifs", "--no-patterns", "--number", "20",
         "--min-sites", "2", "--database", folder / "known.meme"],
        ["marginalize", folder / "s.fa", "-m", model, "-o", out / "marginal", "--motif", "TGACTCA",
         "--number", "5", "--n-positions", "2"],
        ["saturate", folder / "one.fa", "-m", model, "-o", out / "saturation.tsv",
         "--plot", out / "maps.pdf"],
        ["dependencies", folder / "one.fa", "-m", model, "-o", out / "d.tsv", "--html", out / "d.html",
         "--positions", "3-12"],
        ["scan", folder / "one.fa", "-m", model, "-o", out / "scan"],
        ["design", "--start", folder / "one.fa", "-m", model, "-o", out / "design", "--number", "1",
         "--max-edits", "1", "--method", "greedy"],
    ):  # fmt: skip
        assert cli(*command) == 0, command[0]
    return out


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    return [run(folder / kind, words) for kind, words in (("plain", PLAIN), ("hostile", PAYLOADS))]


def test_names_make_no_file_and_are_only_letters_in_the_names_of_figures(runs):
    figures = [set((out / "report_figures").iterdir()) for out in runs]
    plain, hostile = (
        sorted(path.relative_to(out) for path in {*out.rglob("*")} - shown)
        for out, shown in zip(runs, figures, strict=True)
    )
    assert hostile == plain
    assert len(figures[0]) == len(figures[1])
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.(svg|pdf|csv)", path.name) for path in figures[1])
    assert not [path for path in runs[1].parents[1].rglob("*RAN*") if path not in figures[1]]
    assert not Path("/RAN").exists()


@pytest.mark.parametrize("page", ["report.html", "motifs/motifs.html", "a.html", "d.html"])
def test_names_change_no_element_and_no_attribute_of_a_page(page, runs):
    plain, hostile = ((out / page).read_text() for out in runs)
    assert set(Tags(hostile).found) <= set(Tags(plain).found)
    assert re.sub(r'nonce="[^"]*"', "", plain).count("<script") == hostile.count("<script")
    assert "\udcff" not in hostile


def test_names_run_nothing_in_a_picture(runs):
    for picture in runs[1].rglob("*.svg"):
        tags = {tag for tag, *_ in Tags(picture.read_text()).found}
        assert not tags & {"script", "img", "foreignobject", "iframe"}, picture
        assert not re.search(r"\son\w+=", re.sub(r">[^<]*<", "><", picture.read_text())), picture


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("page", ["report.html", "motifs/motifs.html", "a.html"])
def test_a_page_of_hostile_names_opens_in_chromium_without_a_complaint_or_a_request(page, runs, tmp_path):
    browser = Browser(tmp_path)
    browser.open(runs[1] / page)
    assert browser.complaints() == []
    assert browser.requests() == [(runs[1] / page).resolve().as_uri()]
    browser.close()
