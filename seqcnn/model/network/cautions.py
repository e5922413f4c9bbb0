"""What a user of a bundle's predictions should know, from its header: a low score, narrow intervals, an SD of
few networks.
"""

from __future__ import annotations

from collections.abc import Iterator

from seqcnn.errors import show
from seqcnn.model.inference.coverage import MAIN_LEVEL, narrow_fifth
from seqcnn.model.network.header import Header

MIN_VALIDATION_R = 0.2
"""Pearson r on validation rows up to which a model is reported as poor."""

_BY_LEVEL = "--interval-by level calibrates each level on its own rows"
_MORE_ROWS = "calibrate on all rows with seqcnn cross-validate"

MIN_SD_MEMBERS = 5
"""Networks below which their SD is reported as imprecise."""


def weakness(header: Header) -> str:
    """Return the caution on a low score on validation rows; '' if it is not low, or not recorded."""
    if not any(header.metrics.get("val", {}).values()):
        return ""
    number = len(header.metrics["val"])
    text = low_score(
        header.validation_r, f"mean Pearson r of {number} targets" if number > 1 else "Pearson r"
    )
    return text and f"{text}; see the report"


def target_weakness(header: Header, target: str) -> str:
    """Return the caution on a low score of one of several targets; '' if it is not low, or not recorded."""
    scores = header.metrics.get("val", {})
    if len(scores) < 2 or not scores.get(target):
        return ""
    text = low_score(scores[target].get("pearson"))
    return text and f"target {show(target)}: {text}; see the report"


def low_score(r: float | None, name: str = "Pearson r") -> str:
    """Return the text on a low score of validation rows, None if it is undefined; '' if it is not low."""
    if r is not None and r > MIN_VALIDATION_R:
        return ""
    score = "r is not defined" if r is None else f"{name} {r:.2f}"
    return f"the model hardly predicts its own validation rows ({score})"


def few_members(members: int) -> str:
    """Return the caution on an SD over several models; '' for one model, or enough of them."""
    if not 1 < members < MIN_SD_MEMBERS:
        return ""
    error = (2 * (members - 1)) ** -0.5  # relative standard error of the SD of so many normal numbers
    return (
        f"each SD is over {members} models, and itself uncertain by about {error:.0%}; "
        f"{MIN_SD_MEMBERS} seeds or more make it more precise"
    )


def narrow_intervals(header: Header) -> Iterator[str]:
    """Yield the cautions on targets whose intervals are too narrow in a fifth of the predictions."""
    for target, coverage in header.coverage.items():
        if narrow := narrow_fifth(coverage):
            name, share, n = narrow
            where = f"in the {name} of the predictions (n = {n:,})"
            contents = f"contained only {share:.0%} of the test measurements {where}"
            has_levels = target in header.calibration and header.calibration[target].by_level
            remedy = _BY_LEVEL if has_levels else _MORE_ROWS
            intervals = f"{show(target)}: {MAIN_LEVEL:.0%} intervals"
            yield f"{intervals} {contents}, where they are too narrow; {remedy}"


def cautions(headers: list[Header], *, interval: bool = False) -> Iterator[str]:
    """Yield the cautions on the predictions, and the intervals, of models that are used together."""
    yield from filter(None, dict.fromkeys(map(weakness, headers)))
    if interval:
        yield from dict.fromkeys(text for header in headers for text in narrow_intervals(header))
    if text := few_members(sum(header.members for header in headers)):
        yield text
