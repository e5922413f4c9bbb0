"""Bundle -> a model card: Markdown with the block that Hugging Face reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from seqcnn.errors import UsageError, did_you_mean, has_control, place, show
from seqcnn.io.atomic import atomic_path, refuse_outputs
from seqcnn.model.network.bundle import load_bundle
from seqcnn.model.network.header import Header
from seqcnn.share.model_card.front_matter import front_matter
from seqcnn.share.model_card.licenses import LICENSES
from seqcnn.share.model_card.scores import TargetScores, scores_of
from seqcnn.share.model_card.sections import escaped, sections, target_names

logger = logging.getLogger(__name__)

METRICS_FILE = "metrics.json"
"""File beside a bundle whose test scores, with their intervals, are those of the card."""


@dataclass(frozen=True, slots=True)
class CardTexts:
    """Texts of a card that the header does not have; '' where there is none."""

    title: str = ""
    description: str = ""
    """By default title and description name the targets."""
    license: str = ""
    """Identifier of a licence, such as `cc-by-4.0`."""
    citation: str = ""
    """How to cite the model: plain text; line ends become blanks."""


def card(
    model: Path,
    output: Path,
    *,
    texts: CardTexts | None = None,
    metrics: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Write the card of a bundle.

    Parameters
    ----------
    model, output
        The bundle, whose checksum is checked, and the Markdown file; written whole or not at all.
    texts
        Title, description, licence and citation, see `check_texts`; the card asks for the last two, and a
        warning is logged, if they are missing.
    metrics
        Metrics of `seqcnn evaluate`; None takes `metrics.json` beside the bundle, if it is there, else the
        scores of the header, which have no intervals.
    overwrite
        Whether an existing output is overwritten; else it is refused.

    Raises
    ------
    UsageError
        If the metrics are those of another model, or a text has several lines or control characters.
    """
    refuse_outputs((output,), (model, metrics), overwrite=overwrite)
    texts = texts or CardTexts()
    check_texts(texts)
    _, header = load_bundle(model)
    if metrics is None and "test" in header.metrics and model.with_name(METRICS_FILE).is_file():
        metrics = model.with_name(METRICS_FILE)
    scores = scores_of(header, metrics)
    title = texts.title or f"{first_targets(header.targets)} from DNA sequence"
    block = front_matter(title, texts.license, scores)
    head = [block, f"# {escaped(title)}", texts.description or _default(header)]
    parts = [*head, *sections(header, scores, model.name), _rights(texts), _origin(header)]
    with atomic_path(output) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")
    _log_missing(output, texts, scores)


def check_texts(texts: CardTexts) -> None:
    """Raise `UsageError` for a text that a card cannot hold; warn of a licence that Hugging Face has not."""
    for name in ("title", "license"):
        if (lines := len(getattr(texts, name).splitlines())) > 1:
            raise UsageError(f"--{name}: {lines} lines found; expected one")
    for option, text in asdict(texts).items():
        if has_control(re.sub(r"[\t\n\r]", " ", text)):
            raise UsageError(f"--{option}: control character in {show(text, 40)}; remove it")
    if texts.license and texts.license not in LICENSES:
        hint = did_you_mean(texts.license, LICENSES, cutoff=0.8)
        expected = f"expected one such as cc-by-4.0 or mit{hint}; 'other' for a licence of your own"
        logger.warning("--license: %s is no licence of Hugging Face; %s", show(texts.license, 40), expected)


def first_targets(names: Sequence[str]) -> str:
    """Return the first three targets of a title, and the number of the others.

    >>> first_targets(["HepG2", "K562"]), first_targets(["a", "b", "c", "d", "e"])
    ('HepG2, K562', 'a, b, c and 2 more')
    """
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(show(name)[1:-1] for name in names[:3]) + rest


def _default(header: Header) -> str:
    """Return the first sentence of a card without a description."""
    return f"Predicts {', '.join(target_names(header))} from DNA sequences of {header.lengths}."


def _rights(texts: CardTexts) -> str:
    """Return licence and citation, or that they are missing."""
    missing = "Not stated: ask the authors before you use the model."
    text = escaped(texts.license) if texts.license else missing
    cite = (
        escaped(" ".join(texts.citation.split()))
        or "Not stated: please cite the authors of the model and of its training data."
    )
    return f"## Licence and citation\n\n- Licence: {text}\n- Citation: {cite}"


def _origin(header: Header) -> str:
    """Return which versions wrote the model."""
    versions = f"seqcnn {escaped(header.seqcnn_version)} and torch {escaped(header.torch_version)}"
    return f"Written by {versions}; this card by `seqcnn card`, from the header of the model."


def _log_missing(output: Path, texts: CardTexts, scores: dict[str, TargetScores]) -> None:
    """Log what the card lacks."""
    if not texts.license:
        logger.warning("%s: no licence; without one nobody may use the model: give --license", place(output))
    if not texts.citation:
        logger.warning("%s: no citation: give --citation", place(output))
    if any(of_target.n is None for of_target in scores.values()):
        logger.warning("%s: scores have no intervals; give --metrics of `seqcnn evaluate`", place(output))
