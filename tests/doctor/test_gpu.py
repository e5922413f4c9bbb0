"""Each reason why there is no GPU is named, with the command that helps: a faked machine per reason."""

from dataclasses import replace

import pytest
from support.fake_machine import CPU_TORCH, CUDA_TORCH, H200, SMI_H200, driver_file, fake_machine, pci_device

from seqcnn.doctor.gpu import AMD, NVIDIA, gpu_findings
from seqcnn.doctor.machine import Answer

GOOD_DRIVER = pci_device(NVIDIA, "nvidia") | driver_file("580.95.05")
OLD_GPU = replace(
    H200, devices=("Tesla P4",), capability="6.1", fault="no kernel image is available", teraflops=0.0
)
APPLE = {"system": "Darwin", "programs": {"sysctl": Answer(0, "Apple M3\n")}}
CU130 = "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu130"
CU126 = CU130.replace("cu130", "cu126")

MACHINES = {
    "a laptop without a GPU": (
        {},
        ("note", "there is no GPU. Trainings run on the CPU: matrix products at 100 GFLOP/s", ""),
    ),
    "nouveau in the way": (
        {"files": pci_device(NVIDIA, "nouveau"), "torch": CUDA_TORCH},
        (
            "problem",
            "the kernel drives the NVIDIA GPU 0000:3b:00.0 by nouveau, which has no CUDA",
            "sudo ubuntu-drivers install",
        ),
    ),
    "no driver": (
        {"files": pci_device(NVIDIA), "torch": CUDA_TORCH},
        (
            "problem",
            "there is an NVIDIA GPU (0000:3b:00.0), but its driver is not installed or not loaded",
            "sudo ubuntu-drivers install",
        ),
    ),
    "given to a virtual machine": (
        {"files": pci_device(NVIDIA, "vfio-pci"), "torch": CUDA_TORCH},
        ("note", "the NVIDIA GPU 0000:3b:00.0 is reserved for a virtual machine (vfio-pci)", ""),
    ),
    "torch without CUDA": (
        {"files": GOOD_DRIVER, "torch": CPU_TORCH},
        ("problem", "there is an NVIDIA GPU, but torch 2.13.0+cpu is a build without CUDA", CU130),
    ),
    "torch without CUDA and an older driver": (
        {"files": pci_device(NVIDIA, "nvidia") | driver_file("550.54.14"), "torch": CPU_TORCH},
        ("problem", "there is an NVIDIA GPU, but torch 2.13.0+cpu is a build without CUDA", CU126),
    ),
    "torch without CUDA on Windows": (
        {"system": "Windows", "programs": {"nvidia-smi": Answer(0, "RTX 4090, 581.29, 24564, 23000\n")}},
        ("problem", "there is an NVIDIA GPU, but torch 2.13.0+cpu is a build without CUDA", CU130),
    ),
    "a driver that is too old for CUDA 13": (
        {"files": pci_device(NVIDIA, "nvidia") | driver_file("535.104.05"), "torch": CUDA_TORCH},
        (
            "problem",
            "the NVIDIA driver 535.104.5 is too old for CUDA 13.0 of torch 2.13.0+cu130, "
            "which needs 580.65 or newer",
            f"update the NVIDIA driver, or: {CU126}",
        ),
    ),
    "a driver that is too old for all builds": (
        {"files": pci_device(NVIDIA, "nvidia") | driver_file("470.256.02"), "torch": CUDA_TORCH},
        (
            "problem",
            "the NVIDIA driver 470.256.2 is too old for CUDA 13.0 of torch 2.13.0+cu130, "
            "which needs 580.65 or newer",
            "update the NVIDIA driver",
        ),
    ),
    "an update without a restart": (
        {
            "files": GOOD_DRIVER,
            "torch": CUDA_TORCH,
            "programs": {"nvidia-smi": Answer(18, "Failed: Driver/library version mismatch")},
        },
        ("problem", "the NVIDIA driver was updated while the old one is still loaded", "sudo reboot"),
    ),
    "a container without the device": (
        {
            "files": {name: text for name, text in GOOD_DRIVER.items() if name != "dev/nvidiactl"},
            "torch": CUDA_TORCH,
        },
        (
            "problem",
            "the host has an NVIDIA GPU and driver, but this container has no /dev/nvidiactl",
            "docker run --gpus all",
        ),
    ),
    "hidden by a variable": (
        {"files": GOOD_DRIVER, "torch": CUDA_TORCH, "environment": {"CUDA_VISIBLE_DEVICES": ""}},
        ("note", "the variable CUDA_VISIBLE_DEVICES hides all GPUs", "unset CUDA_VISIBLE_DEVICES"),
    ),
    "an unknown fault of CUDA": (
        {"files": GOOD_DRIVER, "torch": replace(CUDA_TORCH, fault="CUDA unknown error")},
        ("problem", "torch does not find the NVIDIA GPU: CUDA unknown error", "nvidia-smi"),
    ),
    "a GPU that torch has no kernels for": (
        {"files": GOOD_DRIVER, "torch": OLD_GPU},
        (
            "problem",
            "torch 2.13.0+cu130 has no kernels for Tesla P4, of compute capability 6.1; "
            "it has them for sm_80, sm_90",
            "use --device cpu",
        ),
    ),
    "a kernel that fails": (
        {"files": GOOD_DRIVER, "torch": replace(H200, fault="uncorrectable ECC error encountered")},
        (
            "problem",
            "torch has NVIDIA H200, but a kernel failed: uncorrectable ECC error encountered",
            "use --device cpu",
        ),
    ),
    "a GPU that works": (
        {"files": GOOD_DRIVER, "torch": H200, "programs": {"nvidia-smi": SMI_H200}},
        ("ok", "NVIDIA H200: matrix products of 32 bits at 51.2 TFLOP/s, CUDA 13.0", ""),
    ),
    "an AMD GPU": (
        {"files": pci_device(AMD, "amdgpu", kind="0x030000")},
        ("note", "there is an AMD GPU; torch needs its ROCm build", ""),
    ),
    "a network card of NVIDIA": (
        {"files": pci_device(NVIDIA, kind="0x020000")},
        ("note", "there is no GPU.", ""),
    ),
    "WSL without a GPU": (
        {"files": {"proc/version": "Linux version 5.15 (Microsoft@Microsoft.com)"}},
        ("note", "Windows gives its Linux subsystem no GPU", "wsl --update"),
    ),
    "Apple silicon": (
        dict(**APPLE, architecture="arm64", torch=replace(CPU_TORCH, mps=True, teraflops=3.3)),
        ("ok", "the Apple GPU works: matrix products of 32 bits at 3.3 TFLOP/s", ""),
    ),
    "Rosetta": (
        dict(**APPLE, architecture="x86_64"),
        ("problem", "Python runs under Rosetta", "install a Python for arm64"),
    ),
    "an Intel Mac": (
        {"system": "Darwin", "architecture": "x86_64", "programs": {"sysctl": Answer(0, "Intel Core i7")}},
        ("note", "torch has no Apple GPU. Trainings run on the CPU", ""),
    ),
    "torch that cannot be imported": (
        {"torch": replace(CPU_TORCH, version="", fault="libtorch_cpu.so: cannot open")},
        ("problem", "torch cannot be imported: libtorch_cpu.so: cannot open", "pip install torch"),
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_first_finding_on_a_machine_is_the_reason_and_the_command_that_helps(name, tmp_path):
    settings, (level, text, command) = MACHINES[name]
    first = gpu_findings(fake_machine(tmp_path, **settings))[0]
    assert first.level == level
    assert first.text.startswith(text)
    assert first.next.startswith(command)
    assert bool(first.next) == bool(command)


def test_several_gpus_are_counted_and_memory_that_others_use_is_named(tmp_path):
    smi = Answer(0, "NVIDIA H200, 580.95.05, 143771, 812\nNVIDIA H200, 580.95.05, 143771, 90000\n")
    two = replace(H200, devices=("NVIDIA H200", "NVIDIA H200"))
    machine = fake_machine(tmp_path, GOOD_DRIVER, torch=two, programs={"nvidia-smi": smi})
    first, second = gpu_findings(machine)
    assert first.text.startswith("2 x NVIDIA H200: ")
    assert (second.level, second.next) == ("note", "nvidia-smi")
    assert second.text == "only 812 MB of GPU memory are free: other programs use it"
