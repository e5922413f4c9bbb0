"""The pages of the documentation: links lead somewhere, and commands are those of the command line."""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from support.pages_of_docs import PAGES, blocks, commands, without_blocks
from support.paths import ROOT

from seqcnn.cli import app
from seqcnn.report.figures import FIGURES as REPORT_FIGURES

NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\]\(([^()\s]+(?:\([^()]*\))?)\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub and MyST give the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text(encoding="utf-8")), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()) for heading in headings)
    return {text.strip().replace(" ", "-") for text in kept}


def broken_links(page: Path) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    broken = []
    for link in LINK.findall(without_blocks(page.read_text(encoding="utf-8"))):
        path, _, anchor = unquote(link).partition("#")
        target = page if not path else (page.parent / path).resolve()
        missing = not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target))
        if not link.startswith(("http://", "https://", "mailto:")) and missing:
            broken.append(link)
    return broken


def refusal(words: tuple[str, ...]) -> str:
    """Return why the command line does not take a call; '' if it does. Files need not exist."""
    name, *arguments = words
    if name not in app.commands:
        return f"unknown command {name}"
    command = app.commands[name]
    context = click.Context(command, ignore_unknown_options=name == "run")
    try:
        values, _, _ = command.make_parser(context).parse_args(list(arguments))
        for option in command.params:
            if isinstance(option.type, click.Choice) and (value := values.get(option.name)) is not None:
                for choice in value if option.multiple else [value]:
                    option.type.convert(choice, option, context)
    except click.UsageError as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_to_a_file_and_a_heading(name):
    assert broken_links(ROOT / name) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_page_has_the_options_that_the_page_shows(name):
    assert {" ".join(words): fault for words in commands(ROOT / name) if (fault := refusal(words))} == {}


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("fit", "a.fa", "--preset", "fast", "-o", "run/"), ""),
        (("fit", "a.fa", "--preset", "quick"), "Invalid value for '--preset'"),
        (("fit", "a.fa", "--presets", "fast"), "No such option"),
        (("fits",), "unknown command fits"),
        (("run", "--cores", "4"), ""),
    ],
)
def test_a_call_that_the_command_line_refuses_is_recognised(words, fault):
    assert refusal(words).startswith(fault)
    assert bool(refusal(words)) == bool(fault)


def test_a_link_without_a_file_or_a_heading_is_recognised(tmp_path):
    (tmp_path / "b.md").write_text("# A `b`, c\n")
    page = tmp_path / "a.md"
    page.write_text("[1](b.md) [2](b.md#a-b-c) [3](c.md) [4](b.md#d) [5](https://example.org) [6](#e)\n# E\n")
    assert broken_links(page) == ["c.md", "b.md#d"]


def test_calls_are_read_from_blocks_lines_and_spans(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(
        "Run `seqcnn -q check a.fa`.\n\n    for i in 1 2; do seqcnn train d.h5 -o m; done\n\n"
        "```console\n$ seqcnn info m  # text\n```\n```python\nseqcnn.fit()\n```\n"
        "```bash\nsbatch --wrap 'seqcnn fit a.fa \\\n -o run'\n```\n"
    )
    assert commands(page) == [
        ("info", "m"),
        ("fit", "a.fa", "-o", "run"),
        ("train", "d.h5", "-o", "m"),
        ("check", "a.fa"),
    ]


def transcript(block: str) -> list[tuple[list[str], list[str]]]:
    """Return the commands of a console block, each as its words, and the lines that they print."""
    calls = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(lines[0].split()[1:], lines[1:]) for lines in (call.splitlines() for call in calls)]


def test_the_first_commands_print_what_the_start_page_shows(tmp_path, monkeypatch, capfd):
    from support.command_line import cli

    monkeypatch.chdir(tmp_path)
    for block in blocks((ROOT / "docs/start.md").read_text(), "console"):
        for words, lines in transcript(block):
            assert cli(*words) == 0
            printed = capfd.readouterr().err.splitlines()
            shown = lines[: lines.index("...")] if "..." in lines else lines
            assert printed[: len(shown)] == shown
            assert len(printed) == len(shown) or "..." in lines
        if (tmp_path / "try").is_dir():
            monkeypatch.chdir(tmp_path / "try")


def test_every_page_is_in_the_menu_of_the_site():
    sys.path.insert(0, str(ROOT / "docs/sphinx"))
    from contents import CONTENTS

    entries = [re.sub(r".*<(.*)>", r"\1", page) for pages in CONTENTS.values() for page in pages]
    listed = [(ROOT / "docs" / f"{page}.md").resolve() for page in entries if "notebooks" not in page]
    pages = [
        *ROOT.glob("*.md"),
        ROOT / "config/README.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
    ]
    assert sorted(listed) == sorted(
        {page for page in pages if "runs" not in page.parts} - {ROOT / "docs/index.md"}
    )


def test_the_gallery_has_every_figure_of_the_report_and_no_other_image():
    sys.path.insert(0, str(ROOT / "docs/sphinx"))
    from gallery import FIGURES

    images = ROOT / "docs/images/gallery"
    shown = re.findall(r"images/gallery/([\w-]+)\.svg", (ROOT / "docs/gallery.md").read_text())
    assert shown == list(FIGURES) == [figure for figure in FIGURES if (images / f"{figure}.svg").is_file()]
    assert {figure.name for figure in REPORT_FIGURES} <= set(shown)
    assert sum(path.stat().st_size for path in images.iterdir()) < 3_000_000
    assert len(list(images.iterdir())) == len(shown)
