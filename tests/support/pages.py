"""Hostile names, and what a page is made of."""

from collections import Counter
from html.parser import HTMLParser

HOSTILE = [
    "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)",
    "{{ 7*7 }}", "<svg onload=alert(1)>", "javascript:alert(1)", "$x^{$", "]]>", "<!--", "&lt;b&gt;",
    "\u202eevil\x1b[31m", "名前🧬", "\udcff", "=1+1", "x" * 3000,
]  # fmt: skip


class Outline(HTMLParser):
    """Tags with the names of their attributes, the values of those that load or run, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter = Counter()
        self.loads: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags[tag, tuple(sorted(name for name, _ in attributes))] += 1
        self.loads += [
            v for name, v in attributes if name in ("src", "href", "xlink:href", "srcset", "action") and v
        ]

    def handle_data(self, data):
        self.text.append(data)
