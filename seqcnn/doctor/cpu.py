"""CPU, threads, load and memory."""

from __future__ import annotations

import re

from seqcnn.doctor.finding import Finding
from seqcnn.doctor.machine import Machine
from seqcnn.memory import free_memory

FEATURES = {"avx2": "AVX2", "avx512f": "AVX-512", "amx_tile": "AMX"}
"""Flag of /proc/cpuinfo -> name, for those that make networks faster."""

MIN_MEMORY_GB = 2


def cpu_findings(machine: Machine) -> list[Finding]:
    """Return findings on cores, their features, limits and load, and on memory."""
    return [_processor(machine), *_threads(machine), *_memory(machine)]


def _processor(machine: Machine) -> Finding:
    """Return the name, cores and features of the processor."""
    text = machine.read("proc/cpuinfo")
    name = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    cores = f"{machine.cores} core" + "s" * (machine.cores != 1)
    flags = set(re.findall(r"\w+", "".join(re.findall(r"^flags\s*: (.+)$", text, re.MULTILINE)[:1])))
    named = ", ".join(FEATURES[flag] for flag in FEATURES if flag in flags)
    features = f", {named}" if named else ""
    return Finding("CPU", "ok", f"{name[1] if name else machine.architecture}, {cores}{features}")


def _threads(machine: Machine) -> list[Finding]:
    """Return findings on threads that are more than there are free cores."""
    findings, usable = [], machine.cores
    quota = re.fullmatch(r"(\d+) (\d+)\s*", machine.read("sys/fs/cgroup/cpu.max"))
    if quota and (allowed := max(1, int(quota[1]) // int(quota[2]))) < machine.cores:
        usable = allowed
        text = f"this container or job may use the time of {allowed} of its {machine.cores} cores"
        findings.append(Finding("threads", "note", text, f"--threads {allowed}"))
    given = machine.environment.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given) > usable:
        text = f"OMP_NUM_THREADS is {given}, more than the {usable} cores: threads would wait for one another"
        findings.append(Finding("threads", "note", text, f"export OMP_NUM_THREADS={usable}"))
    if machine.load > 0.5 * usable + 0.5:
        free = max(1, round(usable - machine.load))
        text = f"{machine.load:.1f} processes share {usable} cores; more threads than free cores are slower"
        findings.append(Finding("threads", "note", text, f"--threads {free}"))
    return findings


def _memory(machine: Machine) -> list[Finding]:
    """Return a finding on the available memory; none where it is not known."""
    if (free := free_memory(machine.read)) is None:
        return []
    gigabytes = free / 1e9
    if gigabytes >= MIN_MEMORY_GB:
        return [Finding("memory", "ok", f"{gigabytes:.1f} GB available")]
    text = f"{gigabytes:.1f} GB available; trainings may be stopped by the system"
    return [Finding("memory", "problem", text, "close programs, or ask for more memory; train --memory MB")]
