"""Bundle -> a predictor that is one HTML file: it opens from disk and asks the network for nothing.

The page holds the network as ONNX, ONNX Runtime Web to run it, and scripts that lay out sequences, average
strands and members, and compute intervals and out-of-distribution flags as `seqcnn predict` does.  Its
security policy allows the one script and the one style of the page, by their SHA-256, and no address.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import atomic_path, refuse_outputs
from seqcnn.model.export import any_batch_network
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.plotting.html import render_page
from seqcnn.plotting.svg_logo import glyphs
from seqcnn.share.card import first_targets
from seqcnn.share.predictor import runtime
from seqcnn.share.predictor.facts import facts_of

logger = logging.getLogger(__name__)

SCRIPTS = (
    "language", "bases", "records", "reading", "composition", "network", "uncertainty", "results", "heat_map",
    "sequence_view", "comparison", "about", "main",
)  # fmt: skip
"""Scripts of the page, each after those it needs when it is loaded."""

MAX_TEXTS = {"title": 200, "contact": 200, "description": 2000}
"""Text of the page -> its largest number of characters."""

_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[a-z]+")


def page(
    model: Path,
    output: Path,
    *,
    title: str = "",
    description: str = "",
    contact: str = "",
    overwrite: bool = False,
) -> int:
    """Write the page of a bundle, and return its size in bytes.

    Parameters
    ----------
    model, output
        The bundle of a network, and the .html file; written whole or not at all.
    title, description, contact
        Texts of the page: by default the title names the targets.  A contact that is an e-mail address or
        begins with https:// becomes a link.
    overwrite
        Whether an existing output is overwritten; else it is refused.

    Raises
    ------
    UsageError
        If the output has another suffix, a text is too long, or the model is a baseline.
    BundleError
        If the model takes features, or its network in ONNX predicts otherwise.
    EnvironmentFault
        If the extra `onnx` is not installed.
    """
    refuse_outputs((output,), (model,), overwrite=overwrite)
    if output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{place(output)}: expected a name that ends in .html")
    texts = {"title": title, "description": description, "contact": contact}
    for name, text in texts.items():
        if len(text) > (limit := MAX_TEXTS[name]):
            raise UsageError(f"--{name}: {len(text):,} characters found; expected at most {limit:,}")
    loaded = load_model(model)
    texts["title"] = title or default_title(loaded)
    content = _rendered(loaded, model, texts).encode("utf-8")
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    logger.info("page of %.1f MB written to %s", len(content) / 1e6, place(output))
    return len(content)


def default_title(model: LoadedModel) -> str:
    """Return the title of a page without one."""
    return f"{first_targets(model.targets)}: predicted from DNA"


def _rendered(model: LoadedModel, path: Path, texts: dict[str, str]) -> str:
    """Return the text of the page."""
    network = any_batch_network(model)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = facts_of(model.header, model.network.profile.arrays(), digest)
    labels = json.loads(_source("labels.json"))
    style, script = _source("page.css"), page_script()
    values = texts | {
        "contact_link": _link(texts["contact"]),
        "labels": labels, "labels_text": _inline_json(labels), "facts": _inline_json(facts),
        "style": style, "style_digest": _digest(style), "script": script, "script_digest": _digest(script),
        "network": _base64(gzip.compress(network, 9, mtime=0)),
        "runtime": _base64(runtime.compressed(runtime.BINARY)),
        "notices": _base64(runtime.compressed(runtime.NOTICES)),
        "licence": runtime.licence(), "runtime_version": runtime.VERSION,
        "glyphs": glyphs(), "version": version("seqcnn"),
    }  # fmt: skip
    return render_page("share/predictor/page.html.j2", values)


def page_script() -> str:
    """Return the script of the page: the loader of the runtime, and in a block of its own all others."""
    own = "\n".join(_source(f"{name}.js") for name in SCRIPTS)
    return f"{runtime.loader_script()}{{\n{own}}}\n"


def _source(name: str) -> str:
    """Return the text of one file of the page."""
    return (files("seqcnn.share.predictor") / name).read_text(encoding="utf-8")


def _inline_json(values: Any) -> str:
    """Return JSON that cannot end the element of the page that holds it."""
    return json.dumps(values, sort_keys=True).replace("<", "\\u003c")


def _link(contact: str) -> str:
    """Return the address of a contact; '' if it is none."""
    if contact.startswith("https://") and not re.search(r"\s", contact):
        return contact
    return f"mailto:{contact}" if _MAIL.fullmatch(contact) else ""


def _base64(content: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(content).decode()


def _digest(text: str) -> str:
    """Return the SHA-256 of the content of an element, as a security policy names it."""
    return _base64(hashlib.sha256(text.encode("utf-8")).digest())
