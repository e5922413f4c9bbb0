"""Slurm and the locale."""

from __future__ import annotations

from seqcnn.doctor.finding import Finding
from seqcnn.doctor.machine import Machine

JOB = "SLURM_JOB_ID"
GPU_VARIABLES = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS", "SLURM_GPUS_ON_NODE")
"""Variables of Slurm of which one is set in a job with GPUs."""


def slurm_findings(machine: Machine) -> list[Finding]:
    """Return findings on Slurm; none on a machine without it."""
    given = machine.environment
    if JOB in given:
        return _job(machine)
    if machine.run(("sbatch", "--version")) is None:
        return []
    text = "this is a node of a Slurm cluster, outside a job: probably a login node"
    findings = [Finding("Slurm", "note", text, "srun --cpus-per-task=4 --gres=gpu:1 --pty seqcnn doctor")]
    if "snakemake-executor-plugin-slurm" not in machine.installed:
        text = "`seqcnn run --profile profiles/slurm` needs a plug-in of Snakemake"
        findings.append(Finding("Slurm", "note", text, "pip install snakemake-executor-plugin-slurm"))
    return findings


def _job(machine: Machine) -> list[Finding]:
    """Return findings on the resources of a job."""
    given, cpus = machine.environment, machine.environment.get("SLURM_CPUS_PER_TASK", "")
    findings = [Finding("Slurm", "ok", f"a job with {machine.cores} usable cores")]
    if cpus.isdigit() and int(cpus) < machine.cores:
        text = f"the job asked for {cpus} CPUs per task, but {machine.cores} are visible"
        findings.append(Finding("Slurm", "note", text, f"--threads {cpus}"))
    if not machine.torch.has_gpu and not any(given.get(name) for name in GPU_VARIABLES):
        findings.append(Finding("Slurm", "note", "the job did not ask for a GPU", "sbatch --gres=gpu:1 ..."))
    return findings


def locale_findings(machine: Machine) -> list[Finding]:
    """Return whether text can be printed in UTF-8."""
    if machine.encoding.lower().replace("-", "") == "utf8":
        return [Finding("locale", "ok", "text is printed as UTF-8")]
    text = f"text is printed as {machine.encoding}: names with letters such as é may look wrong"
    return [Finding("locale", "note", text, "export LC_ALL=C.UTF-8")]
