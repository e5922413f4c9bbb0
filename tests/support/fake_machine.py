"""Machines that are not there: system files in a folder, answers of programs, and a state of torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqcnn.doctor.machine import Answer, Machine
from seqcnn.doctor.torch_state import TorchState

CPU_TORCH = TorchState(version="2.13.0+cpu", teraflops=0.1)
CUDA_TORCH = TorchState(version="2.13.0+cu130", cuda="13.0", teraflops=0.1)
H200 = TorchState(
    version="2.13.0+cu130",
    cuda="13.0",
    devices=("NVIDIA H200",),
    capability="9.0",
    architectures=("sm_80", "sm_90"),
    teraflops=51.2,
)
SMI_H200 = Answer(0, "NVIDIA H200, 580.95.05, 143771, 143000\n")

CPUINFO = """processor\t: 0
model name\t: AMD EPYC 9654
flags\t\t: fpu avx2 avx512f amx_tile
"""

REQUIREMENTS = (
    "click>=8.1",
    "torch<2.14,>=2.10",
    'modisco-lite>=3.0; extra == "interpret"',
    'optuna>=4.5; extra == "tune"',
    'optuna>=4.5; extra == "all"',
    'atheris>=3; python_version < "3" and extra == "tune"',
)
INSTALLED = {"click": "8.3.0", "torch": "2.13.0", "modisco-lite": "3.0.1", "optuna": "4.5.0"}


def driver_file(version: str) -> dict[str, str]:
    """Return the file that a loaded NVIDIA driver of a version shows, and its device."""
    line = f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Tue Jan 1 00:00:00 UTC 2026\n"
    return {"proc/driver/nvidia/version": line, "dev/nvidiactl": ""}


def pci_device(vendor: str, driver: str = "", *, kind: str = "0x030200") -> dict[str, str]:
    """Return the files of a device on the PCI bus; `driver` is the name of its kernel module."""
    folder = "sys/bus/pci/devices/0000:3b:00.0"
    files = {f"{folder}/vendor": f"{vendor}\n", f"{folder}/class": f"{kind}\n"}
    return files | ({f"{folder}/driver": f"-> {driver}"} if driver else {})


def fake_machine(root: Path, files: dict[str, str] | None = None, **changes: Any) -> Machine:
    """Return a healthy machine without a GPU, with system files below `root` and other changes.

    `programs` are the first words of commands and their answers; a file that begins with `->` is a link to
    a folder of that name.
    """
    system = {"proc/cpuinfo": CPUINFO, "proc/meminfo": "MemAvailable:   16000000 kB\n"}
    for name, text in (system | (files or {})).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            (target := root / "modules" / text[3:]).mkdir(parents=True)
            path.symlink_to(target)
        else:
            path.write_text(text)
    programs = changes.pop("programs", {})
    settings = {
        "torch": CPU_TORCH,
        "cores": 4,
        "requirements": REQUIREMENTS,
        "installed": INSTALLED,
        "folders": {"current folder": Path("work")},
        "free_bytes": lambda folder: 50_000_000_000,
        "write_fault": lambda folder: "",
    }
    return Machine(root=root, run=lambda command: programs.get(command[0]), **(settings | changes))
