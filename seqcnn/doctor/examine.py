"""Examine a machine: all findings, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

from seqcnn.doctor.cpu import cpu_findings
from seqcnn.doctor.finding import Finding
from seqcnn.doctor.gpu import gpu_findings
from seqcnn.doctor.machine import Machine
from seqcnn.doctor.packages import package_findings
from seqcnn.doctor.storage import storage_findings
from seqcnn.doctor.surroundings import locale_findings, slurm_findings

EXAMINATIONS = (
    gpu_findings,
    cpu_findings,
    package_findings,
    storage_findings,
    slurm_findings,
    locale_findings,
)
"""In the order in which findings are printed."""


def examine(machine: Machine) -> list[Finding]:
    """Return the findings about a machine, by topic."""
    return [finding for examination in EXAMINATIONS for finding in examination(machine)]


def has_problem(findings: Sequence[Finding]) -> bool:
    """Return whether something that is there does not work."""
    return any(finding.level == "problem" for finding in findings)


def as_text(machine: Machine, findings: Sequence[Finding]) -> str:
    """Return the versions, and a line or two per finding."""
    head = f"seqcnn {version('seqcnn')}, torch {machine.torch.version or '-'}"
    return "\n".join([head, *map(str, findings)])


def as_json(machine: Machine, findings: Sequence[Finding]) -> str:
    """Return versions and findings as JSON, for a request for support; without paths and variables."""
    head = {"seqcnn": version("seqcnn"), "system": machine.system, "architecture": machine.architecture}
    body = {"torch": asdict(machine.torch), "findings": [asdict(finding) for finding in findings]}
    return json.dumps(head | body, indent=2)
