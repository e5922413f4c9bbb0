"""Numbers beside a link to a page of benchmarks/ are numbers of that page."""

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from support.pages_of_docs import PAGES
from support.paths import ROOT

LINK = re.compile(r"\]\(([\w./-]*benchmarks/[\w/-]+\.md)\)")
NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*\.?\d*(?![\w.,]*\d)")


def blocks(text: str) -> list[str]:
    """Paragraphs, items of lists and rows of tables, without fenced blocks."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return re.split(r"\n\s*\n|\n(?=[-|])", text)


def numbers(text: str) -> list[Decimal]:
    """Decimals, and whole numbers with a comma for thousands, outside links, code and DOIs."""
    text = re.sub(r"`[^`]*`|\([^()]*/[^()]*\)|doi:\S+", " ", text)
    found = [number.rstrip(".,") for number in NUMBER.findall(text)]
    return [Decimal(number.replace(",", "")) for number in found if "." in number or "," in number]


def is_stated(number: Decimal, measured: set[Decimal]) -> bool:
    """Whether the number is one of the measured ones, or one of them rounded."""
    unit = Decimal(1).scaleb(number.as_tuple().exponent)
    return any(number == value.quantize(unit, ROUND_HALF_UP) for value in measured)


def quoting() -> list[tuple[Path, str]]:
    return [
        (page, block)
        for page in PAGES
        for block in blocks(page.read_text())
        if LINK.search(block) and numbers(block)
    ]


@pytest.mark.parametrize(
    "page", sorted({page for page, _ in quoting()}), ids=lambda page: str(page.relative_to(ROOT))
)
def test_numbers_of_a_page_are_those_of_the_benchmark_that_it_links_to(page):
    for block in (block for quoted, block in quoting() if quoted == page):
        sources = [page.parent / link for link in LINK.findall(block)]
        measured = {
            abs(n) for source in sources for n in numbers(re.sub(r"[-−+](?=\d)", " ", source.read_text()))
        }
        assert [n for n in numbers(block) if not is_stated(n, measured)] == [], block


def test_a_number_that_was_not_measured_is_noticed():
    measured = {Decimal("0.9041"), Decimal(9678)}
    assert is_stated(Decimal("0.90"), measured)
    assert is_stated(Decimal(9678), measured)
    assert not is_stated(Decimal("0.91"), measured)
    assert not is_stated(Decimal("0.9"), {Decimal("0.961")})
    assert numbers("r = 0.90 in `0.3` ([x](a/0.5.md)), 9,678 of 20") == [Decimal("0.90"), Decimal(9678)]
