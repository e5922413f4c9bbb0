"""The Python of the teaching pages prints what they show."""

import doctest

import pytest
from support.pages_of_docs import PAGES, blocks
from support.paths import ROOT

SNIPPETS = {str(page.relative_to(ROOT)): blocks(page.read_text(), "pycon") for page in PAGES}


@pytest.mark.parametrize("name", [name for name, found in SNIPPETS.items() if found])
def test_the_snippets_of_a_page_print_what_it_shows(name):
    session = doctest.DocTestParser().get_doctest("\n".join(SNIPPETS[name]), {}, name, name, 0)
    printed: list[str] = []
    doctest.DocTestRunner().run(session, out=printed.append)
    assert "".join(printed) == ""
    assert session.examples
