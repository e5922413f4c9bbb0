"""What a user of a bundle's predictions should know, from its header: a low score, an SD of few networks."""

from __future__ import annotations

from collections.abc import Iterator

from seqcnn.model.network.header import Header

MIN_VALIDATION_R = 0.2
"""Pearson r on validation rows up to which a model is reported as poor."""

MIN_SD_MEMBERS = 5
"""Networks below which their SD is reported as imprecise."""


def weakness(header: Header) -> str:
    """Return the caution on a low score on validation rows; '' if it is not low, or not recorded."""
    if not any(header.metrics.get("val", {}).values()):
        return ""
    r = header.validation_r
    if r is not None and r > MIN_VALIDATION_R:
        return ""
    score = "it predicts a constant" if r is None else f"Pearson r {r:.2f}"
    return f"the model hardly predicts its own validation rows ({score}); see the report"


def few_members(members: int) -> str:
    """Return the caution on an SD over the networks of an ensemble; '' for one network, or enough of them."""
    if not 1 < members < MIN_SD_MEMBERS:
        return ""
    error = (2 * (members - 1)) ** -0.5  # relative standard error of the SD of so many normal numbers
    return (
        f"each SD is over {members} networks, and itself uncertain by about {error:.0%}; "
        f"{MIN_SD_MEMBERS} seeds or more make it more precise"
    )


def cautions(headers: list[Header]) -> Iterator[str]:
    """Yield the cautions on the predictions of models that are used together."""
    yield from filter(None, dict.fromkeys(map(weakness, headers)))
    if text := few_members(sum(header.members for header in headers)):
        yield text
