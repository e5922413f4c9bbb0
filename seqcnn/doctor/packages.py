"""Installed packages: requirements of seqcnn, its extras, and packages that overwrite each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from seqcnn.doctor.finding import Finding
from seqcnn.doctor.machine import Machine, normalised
from seqcnn.extras import CONFLICTS, conflict

USER_EXTRAS = (
    "workflow", "interpret", "genome", "design", "parquet", "tune", "onnx", "openvino", "fetch",
    "tensorboard",
)  # fmt: skip
"""Extras that commands use."""


def package_findings(machine: Machine) -> list[Finding]:
    """Return findings on missing, old and conflicting packages."""
    findings = list(_conflicts(machine))
    needs = {extra: list(_needs(machine, extra)) for extra in ("", *USER_EXTRAS)}
    missing = {extra: [need for need in needs[extra] if not _installed(machine, need)] for extra in needs}
    if missing[""]:
        names = " ".join(f"'{need.name}{need.specifier}'" for need in missing[""])
        findings.append(
            Finding("packages", "problem", "required packages are missing", f"pip install {names}")
        )
    every = {str(need): need for of_extra in needs.values() for need in of_extra}
    findings += (fault for need in every.values() if (fault := _version_fault(machine, need)))
    complete = [extra for extra in USER_EXTRAS if not missing[extra]]
    incomplete = [extra for extra in USER_EXTRAS if missing[extra]]
    if complete:
        findings.append(Finding("extras", "ok", f"installed: {', '.join(complete)}"))
    if incomplete:
        text = f"not installed: {', '.join(incomplete)}; needed by some commands only"
        findings.append(Finding("extras", "note", text, f"pip install 'seqcnn[{','.join(incomplete)}]'"))
    return findings


def _needs(machine: Machine, extra: str) -> Iterator[Requirement]:
    """Yield the requirements of an extra alone, or of the core for ''."""
    for text in machine.requirements:
        try:
            need = Requirement(text)
        except InvalidRequirement:
            continue
        named = set(re.findall(r"extra == ['\"]([\w-]+)['\"]", str(need.marker or "")))
        mine = extra in named if extra else not named
        if mine and (need.marker is None or need.marker.evaluate({"extra": extra})):
            yield need


def _installed(machine: Machine, need: Requirement) -> bool:
    """Return whether a distribution is installed, of any version."""
    return normalised(need.name) in machine.installed


def _version_fault(machine: Machine, need: Requirement) -> Finding | None:
    """Return a finding on an installed package of another version than required; None if it fits."""
    version = machine.installed.get(normalised(need.name))
    if version is None or need.specifier.contains(version, prereleases=True):
        return None
    text = f"{need.name} {version} is installed; expected {need.specifier}"
    return Finding("packages", "problem", text, f"pip install '{need.name}{need.specifier}'")


def _conflicts(machine: Machine) -> Iterator[Finding]:
    """Yield a finding for each pair of packages that overwrite each other."""
    for kept, other in CONFLICTS.items():
        if kept in machine.installed and other in machine.installed:
            yield Finding("packages", "problem", *conflict(kept))
