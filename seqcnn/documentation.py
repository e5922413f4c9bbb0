"""Addresses of pages of the documentation, for messages and files that are read without the repository."""

from __future__ import annotations

DOCUMENTATION = "https://seqcnn.readthedocs.io/en/latest/"
"""Address of the site; its pages have the paths of their sources in the repository."""


def page(path: str) -> str:
    """Return the address of a page.

    >>> page("docs/start.md")
    'https://seqcnn.readthedocs.io/en/latest/docs/start.html'
    """
    path, hash_sign, heading = path.partition("#")
    return f"{DOCUMENTATION}{path.removesuffix('.md')}.html{hash_sign}{heading}"
