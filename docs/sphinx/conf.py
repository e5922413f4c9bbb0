"""Configuration of the documentation site: `make docs` builds it into build/docs.

The source folder is the repository, so that a relative link of a page leads to the same file on the site
and on GitHub. The notebooks are shown with their stored outputs.
"""

import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from contents import menu
from docutils.nodes import Node
from schema_tables import named_schema, table
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

project = "seqcnn"
author = "the authors of seqcnn"
copyright = "the authors of seqcnn, MIT licence"
release = version = installed_version("seqcnn")

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "sphinx_click"]
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/**/*.md",
    "notebooks/*.ipynb",
    "benchmarks/*.md",
    "benchmarks/**/*.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "config/README.md",
    "README.md",
    "README.zh-CN.md",
    "SECURITY.md",
]
exclude_patterns = [".*", "benchmarks/runs", "build", "data", "logs", "results", "seqcnn", "tests"]

nb_execution_mode = "off"
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["config.cache"]
numpydoc_show_class_members = False
default_role = "code"
smartquotes = False  # `--option` keeps its hyphens
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = "seqcnn"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["root"]  # the address of the site leads to docs/index.html
html_copy_source = False
html_show_sphinx = False


class SchemaTable(SphinxDirective):
    """The directive `schema`: the table of a class of configurations."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[Node]:
        """Return the table."""
        return self.parse_text_to_nodes(table(named_schema(self.arguments[0])))


def setup(app: Any) -> None:
    """Add the directive `schema`, and the menu to the first page; GitHub shows the page without it."""
    app.add_directive("schema", SchemaTable)
    app.connect("source-read", _add_menu)
    app.connect("build-finished", _refuse_remote_resources)


def _add_menu(app: Any, page: str, source: list[str]) -> None:
    if page == root_doc:
        source[0] += menu()


def _refuse_remote_resources(app: Any, error: Exception | None) -> None:
    """Fail if a page loads a script, style or image of another site: the pages work offline."""
    if error is None:
        remote = re.compile(r"<(?:script|img|link)\b[^>]*?(?:src|href)=[\"']https?:[^>]*>")
        for page in Path(app.outdir).rglob("*.html"):
            if resource := remote.search(page.read_text(encoding="utf-8")):
                raise ExtensionError(f"{page.relative_to(app.outdir)}: loads {resource[0]}")
