"""GPUs: from the PCI bus over the driver and CUDA to a kernel that runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from seqcnn.doctor.finding import Finding
from seqcnn.doctor.machine import Answer, Machine

NVIDIA, AMD = "0x10de", "0x1002"
"""PCI vendors."""

SMI = (
    "nvidia-smi",
    "--query-gpu=name,driver_version,memory.total,memory.free",
    "--format=csv,noheader,nounits",
)

MINIMUM_DRIVERS = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
"""Major version of the CUDA runtime -> first Linux driver that runs it (CUDA release notes, table 3)."""

WHEELS = {13: "cu130", 12: "cu126"}
"""Major version of the CUDA runtime -> its folder in the index of torch."""

REINSTALL = "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/"

MIN_FREE_MB = 2000

_NOT_USED = "Trainings run on the CPU"


@dataclass(frozen=True, slots=True)
class Nvidia:
    """What the system shows of NVIDIA GPUs."""

    addresses: tuple[str, ...]
    """PCI addresses."""
    modules: frozenset[str]
    """Kernel modules that drive them."""
    driver: tuple[int, ...]
    """Version of the driver; () if there is none."""
    smi: Answer | None

    @property
    def present(self) -> bool:
        """Whether there is a GPU, or a driver that was installed for one."""
        return bool(self.addresses or self.driver or (self.smi and self.smi.code == 0))


def gpu_findings(machine: Machine) -> list[Finding]:
    """Return whether seqcnn can use a GPU, else the first reason why not."""
    torch = machine.torch
    if not torch.version:
        fault = Finding("torch", "problem", f"torch cannot be imported: {torch.fault}", "pip install torch")
        return [fault]
    if machine.system == "Darwin":
        return [_apple(machine)]
    nvidia = read_nvidia(machine)
    if torch.devices:
        return _used(machine, nvidia)
    if nvidia.present:
        return [_unused(machine, nvidia)]
    return [_absent(machine)]


def read_nvidia(machine: Machine) -> Nvidia:
    """Read the PCI bus, the driver and nvidia-smi."""
    devices = _display_devices(machine, NVIDIA)
    smi = machine.run(SMI)
    version = re.search(r"Kernel Module\D*?(\d+(?:\.\d+)+)", machine.read("proc/driver/nvidia/version"))
    text = version[1] if version else ""
    if not text and smi and smi.code == 0:
        text = smi.output.split(",")[1].strip()
    return Nvidia(
        addresses=tuple(device.name for device in devices),
        modules=frozenset(
            (device / "driver").resolve().name for device in devices if (device / "driver").exists()
        ),
        driver=tuple(int(part) for part in re.findall(r"\d+", text)),
        smi=smi,
    )


def _display_devices(machine: Machine, vendor: str) -> list[Path]:
    """Return the display controllers and accelerators of a vendor on the PCI bus."""
    folder = machine.root / "sys/bus/pci/devices"
    devices = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        device
        for device in devices
        if machine.read(f"{device}/vendor").strip() == vendor
        and machine.read(f"{device}/class").startswith(("0x03", "0x12"))
    ]


def _used(machine: Machine, nvidia: Nvidia) -> list[Finding]:
    """Return findings on a GPU that torch has: speed and free memory, or why kernels fail."""
    torch = machine.torch
    name = f"{len(torch.devices)} x {torch.devices[0]}" if len(torch.devices) > 1 else torch.devices[0]
    if torch.fault:
        text = f"torch has {name}, but a kernel failed: {torch.fault}"
        if f"sm_{torch.capability.replace('.', '')}" not in torch.architectures:
            text = (
                f"torch {torch.version} has no kernels for {name}, of compute capability {torch.capability}; "
            )
            text += f"it has them for {', '.join(torch.architectures)}"
        return [Finding("GPU", "problem", text, "use --device cpu, or a build of torch for this GPU")]
    speed = f"matrix products of 32 bits at {torch.teraflops:.1f} TFLOP/s"
    findings = [Finding("GPU", "ok", f"{name}: {speed}, CUDA {torch.cuda}")]
    free = _free_megabytes(nvidia)
    if free is not None and free < MIN_FREE_MB:
        text = f"only {free:,} MB of GPU memory are free: other programs use it"
        findings.append(Finding("GPU", "note", text, "nvidia-smi"))
    return findings


def _free_megabytes(nvidia: Nvidia) -> int | None:
    """Return the free memory of the first GPU; None if it is not known."""
    line = nvidia.smi.output.partition("\n")[0] if nvidia.smi and nvidia.smi.code == 0 else ""
    last = line.rpartition(",")[2].strip()
    return int(last) if last.isdigit() else None


def _unused(machine: Machine, nvidia: Nvidia) -> Finding:
    """Return the first reason why torch does not have an NVIDIA GPU that is there."""
    torch = machine.torch
    if machine.environment.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        text = "the variable CUDA_VISIBLE_DEVICES hides all GPUs"
        return Finding("GPU", "note", text, "unset CUDA_VISIBLE_DEVICES")
    if fault := _driver_fault(machine, nvidia):
        return fault
    return _build_fault(machine, nvidia) or Finding(
        "GPU",
        "problem",
        f"torch does not find the NVIDIA GPU: {torch.fault or 'no reason given'}",
        "nvidia-smi",
    )


def _build_fault(machine: Machine, nvidia: Nvidia) -> Finding | None:
    """Return why a working driver does not suit the build of torch; None if it does."""
    torch = machine.torch
    major = int(torch.cuda.partition(".")[0] or 0)
    fitting = [f"{REINSTALL}{WHEELS[cuda]}" for cuda in WHEELS if nvidia.driver >= MINIMUM_DRIVERS[cuda]]
    update = "update the NVIDIA driver"
    if not major:
        text = f"there is an NVIDIA GPU, but torch {torch.version} is a build without CUDA"
        return Finding("GPU", "problem", text, fitting[0] if fitting else f"{update}, then {REINSTALL}cu130")
    if nvidia.driver >= (first := MINIMUM_DRIVERS.get(major, (0,))):
        return None
    text = f"the NVIDIA driver {_dotted(nvidia.driver)} is too old for CUDA {torch.cuda} of torch "
    text += f"{torch.version}, which needs {_dotted(first)} or newer"
    return Finding("GPU", "problem", text, f"{update}, or: {fitting[0]}" if fitting else update)


def _driver_fault(machine: Machine, nvidia: Nvidia) -> Finding | None:
    """Return what is wrong with the NVIDIA driver; None if it works."""
    install = "sudo ubuntu-drivers install, or your distribution's package of the NVIDIA driver; then restart"
    if "nouveau" in nvidia.modules:
        text = f"the kernel drives the NVIDIA GPU {nvidia.addresses[0]} by nouveau, which has no CUDA"
        return Finding("GPU", "problem", text, install)
    if "vfio-pci" in nvidia.modules:
        text = f"the NVIDIA GPU {nvidia.addresses[0]} is reserved for a virtual machine (vfio-pci)"
        return Finding("GPU", "note", text)
    if not nvidia.driver:
        text = (
            f"there is an NVIDIA GPU ({nvidia.addresses[0]}), but its driver is not installed or not loaded"
        )
        return Finding("GPU", "problem", text, install)
    if nvidia.smi and "version mismatch" in nvidia.smi.output:
        text = "the NVIDIA driver was updated while the old one is still loaded"
        return Finding("GPU", "problem", text, "sudo reboot")
    if machine.system == "Linux" and nvidia.addresses and not machine.has("dev/nvidiactl"):
        text = "the host has an NVIDIA GPU and driver, but this container has no /dev/nvidiactl"
        return Finding("GPU", "problem", text, "docker run --gpus all ..., or apptainer exec --nv ...")
    return None


def _absent(machine: Machine) -> Finding:
    """Return a finding on a machine without an NVIDIA GPU."""
    if "microsoft" in machine.read("proc/version").lower() and not machine.has("dev/dxg"):
        text = "Windows gives its Linux subsystem no GPU"
        return Finding("GPU", "note", text, "wsl --update, in a terminal of Windows with the NVIDIA driver")
    if _display_devices(machine, AMD):
        text = "there is an AMD GPU; torch needs its ROCm build, with which seqcnn has not been tested"
        return Finding("GPU", "note", f"{text}. {_NOT_USED}")
    speed = 1000 * machine.torch.teraflops
    text = f"there is no GPU. {_NOT_USED}: matrix products at {speed:.0f} GFLOP/s"
    return Finding("GPU", "note", text)


def _apple(machine: Machine) -> Finding:
    """Return a finding on a Mac."""
    chip = machine.run(("sysctl", "-n", "machdep.cpu.brand_string"))
    if chip and "Apple" in chip.output and machine.architecture == "x86_64":
        text = "Python runs under Rosetta, as an Intel program on Apple silicon: slower, and without the GPU"
        return Finding("GPU", "problem", text, "install a Python for arm64, and seqcnn with it")
    if machine.torch.mps:
        speed = f"matrix products of 32 bits at {machine.torch.teraflops:.1f} TFLOP/s"
        return Finding("GPU", "ok", f"the Apple GPU works: {speed}")
    return Finding("GPU", "note", f"torch has no Apple GPU. {_NOT_USED}")


def _dotted(version: tuple[int, ...]) -> str:
    """Return a version as text."""
    return ".".join(map(str, version))
