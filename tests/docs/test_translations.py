"""The Chinese pages have the headings, commands, tables and links of the English ones."""

import re
from pathlib import Path

import pytest
from support.pages_of_docs import FENCE, without_blocks
from support.paths import ROOT

PAIRS = {"README.zh-CN.md": "README.md"} | {
    str(page.relative_to(ROOT)): str(Path("docs") / page.relative_to(ROOT / "docs/zh"))
    for page in sorted((ROOT / "docs/zh").rglob("*.md"))
}
"""Chinese page -> English page."""

LINK = re.compile(r"\]\(([^()\s]+)\)")
COMMENT = re.compile(r"\s+#.*$|^#.*$", re.MULTILINE)


def headings(text: str) -> list[int]:
    """Return the level of each heading."""
    return [len(level) for level in re.findall(r"^(#+) ", without_blocks(text), re.MULTILINE)]


def code(text: str) -> list[tuple[str, str]]:
    """Return the blocks of code, each with its language and without comments."""
    blocks = (
        (language, body)
        for language, body in FENCE.findall(text)
        if "+" not in language and "{" not in language
    )
    return [(language, body if language == "pycon" else COMMENT.sub("", body)) for language, body in blocks]


def tables(text: str) -> list[list[list[str]]]:
    """Return the code spans of the cells of the first column, and the number of cells, of each table."""
    rows: list[list[list[str]]] = [[]]
    for line in without_blocks(text).splitlines():
        if line.startswith("|"):
            cells = line.replace("\\|", "/").strip("|").split("|")
            rows[-1].append([str(len(cells)), *re.findall(r"`[^`]+`", cells[0])])
        elif rows[-1]:
            rows.append([])
    return [table for table in rows if table]


def spans(text: str) -> set[str]:
    """Return the code spans of the text."""
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", without_blocks(text))}


def decimals(text: str) -> list[str]:
    """Return the numbers with a decimal point, sorted."""
    return sorted(re.findall(r"\d+\.\d+", LINK.sub("", without_blocks(text))))


def links(page: str) -> set[str]:
    """Return the files and addresses that a page links to, those of Chinese pages as of English ones."""
    targets = set()
    for link in LINK.findall(without_blocks((ROOT / page).read_text())):
        path = link.partition("#")[0]
        if path.startswith(("http:", "https:")) or not path:
            targets.add(path)
        else:
            name = str((ROOT / page).parent.joinpath(path).resolve().relative_to(ROOT))
            targets.add(PAIRS.get(name, name))
    return targets - {page, PAIRS.get(page, page)}


@pytest.mark.parametrize("chinese", PAIRS)
def test_a_chinese_page_has_the_structure_commands_and_numbers_of_the_english_one(chinese):
    zh, en = ((ROOT / page).read_text() for page in (chinese, PAIRS[chinese]))
    for part in (headings, code, tables, spans, decimals):
        assert part(zh) == part(en), part.__name__


@pytest.mark.parametrize("chinese", PAIRS)
def test_a_chinese_page_links_where_the_english_one_does(chinese):
    english = {PAIRS.get(target, target) for target in links(PAIRS[chinese])}
    assert links(chinese) == english - {PAIRS[chinese]}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ("# A\n\n### B\n", headings),
        ("```\nseqcnn fits\n```\n", code),
        ("| `b` | 1 |\n", tables),
        ("`--unknown`", spans),
        ("0.51", decimals),
    ],
)
def test_a_difference_is_recognised(change, part):
    assert part("# A\n\n## B\n\n```\nseqcnn fit\n```\n\n| `a` | 1 |\n\n0.5\n") != part(change)
