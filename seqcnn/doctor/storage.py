"""Folders that are written to: outputs, temporary files, caches."""

from __future__ import annotations

from pathlib import Path

from seqcnn.doctor.finding import Finding, Level
from seqcnn.doctor.machine import Machine

MIN_FREE_GB, LOW_FREE_GB = 1, 5

REMEDIES = {
    "current folder": "change to a folder that you may write to",
    "temporary folder": "export TMPDIR=FOLDER",
    "cache folder": "export NUMBA_CACHE_DIR=FOLDER MPLCONFIGDIR=FOLDER",
}
"""Purpose of a folder -> what helps if it cannot be written to."""


def storage_findings(machine: Machine) -> list[Finding]:
    """Return findings on the folders that seqcnn and its libraries write to."""
    return [_folder(machine, purpose, path) for purpose, path in machine.folders.items()]


def _folder(machine: Machine, purpose: str, path: Path) -> Finding:
    """Return whether a folder can be written to, and the space in it."""
    if fault := machine.write_fault(path):
        return Finding("disk", "problem", f"the {purpose} cannot be written to: {fault}", REMEDIES[purpose])
    free = machine.free_bytes(path) / 1e9
    text = f"the {purpose} has {free:,.1f} GB of free space"
    if free >= LOW_FREE_GB:
        return Finding("disk", "ok", text)
    level: Level = "problem" if free < MIN_FREE_GB else "note"
    return Finding("disk", level, text, f"delete files, or {REMEDIES[purpose]}")
