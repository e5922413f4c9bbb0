"""The data of `seqcnn fit`: read, and refused if they are unusable, before torch is loaded."""

from __future__ import annotations

from pathlib import Path

from seqcnn.config.fit_plan import FitPlan
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import Dataset
from seqcnn.data.prepare import prepare
from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import refuse_file, refuse_outputs
from seqcnn.report.run.collect import MEMBER_FILES


def read_inputs(inputs: Inputs, data: DataPlan, plan: FitPlan, output: Path) -> Dataset:
    """Read sequences and targets for a fit into a folder.

    Raises
    ------
    SequenceError, TableError
        If an input cannot be read, or the inputs do not belong together.
    UsageError
        If `output` is a file or holds a finished run, or an input is one of its files.
    """
    refuse_run(output)
    refuse_inputs(inputs, plan, output)
    return prepare(inputs, data)


def refuse_run(output: Path) -> None:
    """Raise `UsageError` for a file, or a folder that holds a finished run."""
    refuse_file(output)
    if (output / "report.html").exists():
        raise UsageError(f"{place(output)}: holds a finished run; name another folder, or remove it")


def refuse_inputs(inputs: Inputs, plan: FitPlan, output: Path) -> None:
    """Raise `UsageError` if a file that `fit_folder` will write is one of its inputs."""
    names = [f"{member}/{name}" for member in plan.members for name in MEMBER_FILES]
    paths = [output / name for name in ("dataset.h5", "controls.json", "report.html", *names)]
    refuse_outputs(paths, (inputs.sequences, inputs.targets, inputs.genome), overwrite=True)
